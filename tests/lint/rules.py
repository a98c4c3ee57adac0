"""The rules. Each takes a SourceTree and yields one line per fault: FILE:LINE: what is wrong."""

import re
import subprocess
from collections.abc import Iterator

from source_tree import FOLDERS, Include, Source, SourceTree

MAX_LINES = 600

# Libraries that must build, run and be tested under tsan without LibTorch.
TORCH_FREE = {
    "base", "schedule", "metrics", "federation", "storage", "zip", "tensor_file", "codec_zstd",
    "codec", "kernels",
    "security", "config", "proto", "wire", "aggregator", "aggregator_sqlite",
    "aggregator_grpc", "aggregator_runs", "admin", "admin_grpc", "site_grpc",
}

# Third-party headers that stay behind few targets: pattern -> targets that may include them.
CONFINED = {
    r"opencv2/|dcmtk/": {"imaging"},
    r"openssl/": {"security"},
    r"sqlite3\.h": {"aggregator_sqlite"},
    r"zip\.h|zipconf\.h": {"zip"},
    r"zstd\.h": {"codec_zstd"},
    r"yaml-cpp/": {"config"},
    r"spdlog/": {"logging"},
    r"boost/": {"simulations_statistics"},
    r"ATen/cuda/|c10/cuda/|torch/csrc/cuda/": {"training_cuda"},
    r"grpcpp/|grpc/|google/protobuf/|.*\.pb\.h": {"wire", "aggregator_grpc", "admin_grpc", "site_grpc"},
}

# A thing lives where its idea lives; these names say no idea.
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager"}


def _is_torch(include: Include) -> bool:
    return re.match(r"(torch|ATen|c10)/", include.path) is not None


def _is_protobuf(include: Include) -> bool:
    return re.match(r"google/protobuf/|grpcpp/|.*\.pb\.h", include.path) is not None


def _is_generated(include: Include) -> bool:
    return include.path.endswith(".pb.h")


def layers(tree: SourceTree) -> Iterator[str]:
    """Includes follow common/cmake/layers.cmake, and every source belongs to a target."""
    for source in tree.sources.values():
        if source.is_test:
            continue
        target = tree.libraries.get(source.path)
        if target is None:
            if not tree.is_of_program(source):
                yield f"{source.path}:1: is in no consilium_library() and no consilium_program()"
            continue
        allowed = tree.layers.get(target, set()) | {target}
        for include in source.includes:
            if not include.ours:
                continue
            place = f"{source.path}:{include.line}"
            if _is_generated(include):
                other = "proto"
            elif "/" not in include.path:
                continue  # written by CMake into the build folder
            elif include.path in tree.sources:
                other = tree.libraries.get(include.path)
            else:
                yield f"{place}: no such header from the root of the repository: {include.path}"
                continue
            if other is not None and other not in allowed:
                yield f"{place}: {target} may not include {include.path} of {other} (layers.cmake)"


def libraries(tree: SourceTree) -> Iterator[str]:
    """Third-party headers stay where they belong; LibTorch and protobuf never meet."""
    for source in tree.sources.values():
        target = tree.libraries.get(source.path)
        if target is not None:
            yield from _confined(source, target)
        for include in source.includes:
            if include.path == "torch/torch.h":
                yield (f"{source.path}:{include.line}: all of LibTorch costs every source seconds "
                       "(docs/decisions/0007), include the headers that are used")
        everything = tree.closure(source)
        if any(map(_is_torch, everything)):
            if any(map(_is_protobuf, everything)):
                yield f"{source.path}:1: reaches both LibTorch's and protobuf's headers"
            if target in TORCH_FREE:
                yield f"{source.path}:1: {target} must not reach LibTorch's headers"


def _confined(source: Source, target: str) -> Iterator[str]:
    for include in source.includes:
        for pattern, targets in CONFINED.items():
            if re.match(pattern, include.path) and target not in targets:
                names = ", ".join(sorted(targets))
                yield f"{source.path}:{include.line}: {include.path} is for {names} only"


def form(tree: SourceTree) -> Iterator[str]:
    """Names, lengths, openings of headers, tests that would not run."""
    for source in tree.sources.values():
        lines = source.text.splitlines()
        if len(lines) > MAX_LINES:
            yield f"{source.path}:{MAX_LINES}: has {len(lines)} lines, split it"
        if source.is_header:
            if not source.text.startswith("///"):
                yield f"{source.path}:1: a header opens with /// and what it is for"
            if "#pragma once" not in lines:
                yield f"{source.path}:1: no #pragma once"
        parts = source.path.removeprefix("tests/").rsplit(".", 1)[0].split("/")[1:]
        for word in (word for part in parts for word in part.split("_")):
            if word in EMPTY_NAMES:
                yield f"{source.path}:1: '{word}' says nothing about what is inside"
        for number, line in enumerate(lines, start=1):
            if re.search(r"\bTODO\b|\bFIXME\b", line):
                yield f"{source.path}:{number}: work left to do belongs into an issue"
            if source.is_test and re.search(r"\bGTEST_SKIP\b|\bDISABLED_", line):
                yield f"{source.path}:{number}: a test that does not run proves nothing"
    yield from _folders_without_readme(tree)


def _folders_without_readme(tree: SourceTree) -> Iterator[str]:
    folders = {tree.root / top for top in FOLDERS if top != "common"}
    folders |= {path.parent for path in (tree.root / "common").glob("*/CMakeLists.txt")}
    for folder in sorted(folders):
        if folder.is_dir() and not (folder / "README.md").is_file():
            name = folder.relative_to(tree.root).as_posix()
            yield f"{name}/README.md:1: missing: purpose, main types, what may be included"


def links(tree: SourceTree) -> Iterator[str]:
    """Relative links of the Markdown pages lead somewhere."""
    for name, text in tree.pages.items():
        page = tree.root / name
        for number, line in enumerate(text.splitlines(), start=1):
            for target in re.findall(r"\]\(([^)#\s]+)", line):
                if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
                    yield f"{name}:{number}: leads nowhere: {target}"


def formatting(tree: SourceTree) -> Iterator[str]:
    """clang-format has nothing to change."""
    names = sorted(tree.sources)
    command = ["clang-format", "--dry-run", "-Werror", "--ferror-limit=1", *names]
    done = subprocess.run(command, cwd=tree.root, capture_output=True, text=True, check=False)
    faults = re.findall(r"^(.*?:\d+):\d+: error: ", done.stderr, re.MULTILINE)
    for place in faults:
        yield f"{place}: clang-format would change this"
    if done.returncode != 0 and not faults:
        yield f"clang-format:1: {done.stderr.strip() or 'failed'}"


RULES = {
    "layers": layers,
    "libraries": libraries,
    "form": form,
    "links": links,
    "formatting": formatting,
}
