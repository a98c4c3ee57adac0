"""Each rule finds the fault that it is there for, and nothing in a sound tree."""

import tempfile
import unittest
from pathlib import Path

from rules import RULES
from source_tree import SourceTree

SOUND = {
    "common/cmake/layers.cmake": 'set(CONSILIUM_LAYER_base "")\nset(CONSILIUM_LAYER_nn base)\n',
    "common/base/CMakeLists.txt": "consilium_library(NAME base HDRS a.h)\n",
    "common/base/README.md": "# base\n",
    "common/base/a.h": "/// Says what it is for.\n#pragma once\n",
    "common/nn/CMakeLists.txt": "consilium_library(NAME nn SRCS net.cc HDRS net.h DEPS base TORCH)\n",
    "common/nn/README.md": "# nn\n",
    "common/nn/net.h": '/// A net.\n#pragma once\n\n#include "common/base/a.h"\n',
    "common/nn/net.cc": '#include "common/nn/net.h"\n\n#include <torch/types.h>\n',
}


class LintTest(unittest.TestCase):
    def faults(self, rule: str, changes: dict[str, str]) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (SOUND | changes).items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return list(RULES[rule](SourceTree(Path(folder))))

    def assert_fault(self, rule: str, changes: dict[str, str], part: str) -> None:
        faults = self.faults(rule, changes)
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(part, faults[0])

    def test_sound_tree_has_no_fault(self):
        for rule in RULES:
            self.assertEqual(self.faults(rule, {}), [], rule)

    def test_include_against_the_layers_is_found(self):
        upward = '/// Up.\n#pragma once\n\n#include "common/nn/net.h"\n'
        self.assert_fault("layers", {"common/base/a.h": upward}, "base may not include")

    def test_header_that_does_not_exist_is_found(self):
        wrong = '#include "common/base/b.h"\n'
        self.assert_fault("layers", {"common/nn/net.cc": wrong}, "no such header")

    def test_source_that_nothing_builds_is_found(self):
        self.assert_fault("layers", {"common/nn/lost.cc": ""}, "is in no consilium_library()")

    def test_torch_in_a_torch_free_library_is_found(self):
        torch = "/// A.\n#pragma once\n\n#include <torch/types.h>\n"
        self.assert_fault("libraries", {"common/base/a.h": torch}, "base must not reach LibTorch")

    def test_all_of_torch_is_found(self):
        torch = "#include <torch/torch.h>\n"
        self.assert_fault("libraries", {"common/nn/net.cc": torch}, "include the headers that are")

    def test_torch_beside_protobuf_through_a_header_is_found(self):
        test = '#include "common/nn/net.h"\n#include "consilium/v1/messages.pb.h"\n'
        header = '/// A net.\n#pragma once\n\n#include <torch/types.h>\n'
        changes = {"tests/nn_test.cc": test, "common/nn/net.h": header}
        self.assert_fault("libraries", changes, "reaches both")

    def test_opencv_outside_imaging_is_found(self):
        source = "#include <opencv2/core.hpp>\n"
        self.assert_fault("libraries", {"common/nn/net.cc": source}, "for imaging only")

    def test_header_without_pragma_once_is_found(self):
        self.assert_fault("form", {"common/nn/net.h": "/// A net.\n"}, "no #pragma once")

    def test_header_without_opening_is_found(self):
        self.assert_fault("form", {"common/nn/net.h": "#pragma once\n"}, "opens with ///")

    def test_long_file_is_found(self):
        self.assert_fault("form", {"common/nn/net.cc": "int a;\n" * 601}, "split it")

    def test_empty_name_is_found(self):
        self.assert_fault("form", {"common/nn/net_utils.cc": ""}, "'utils' says nothing")

    def test_skipped_test_is_found(self):
        source = "void F() { GTEST_SKIP(); }\n"
        changes = {"tests/a_test.cc": source, "tests/README.md": "# tests\n"}
        self.assert_fault("form", changes, "does not run")

    def test_folder_without_readme_is_found(self):
        cmake = "consilium_library(NAME base)\n"
        self.assert_fault("form", {"common/more/CMakeLists.txt": cmake}, "more/README.md:1: missing")

    def test_dead_link_is_found(self):
        page = "[here](base/README.md) and [there](gone.md), [away](https://example.org)\n"
        self.assert_fault("links", {"common/README.md": page}, "leads nowhere: gone.md")

    def test_unformatted_source_is_found(self):
        self.assert_fault("formatting", {"common/nn/net.cc": "int  a ;\n"}, "would change this")


if __name__ == "__main__":
    unittest.main()
