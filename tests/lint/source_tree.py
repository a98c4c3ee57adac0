"""The sources of the repository as the rules see them: files, their targets, their includes.

Which target a file belongs to is read from the consilium_library() and consilium_program() calls
of the CMakeLists.txt files, which dependencies a target may have from common/cmake/layers.cmake.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

FOLDERS = ("aggregator", "common", "simulations", "site_client", "tests")
KEYWORDS = {
    "NAME", "SRCS", "HDRS", "DEPS", "EXTERNAL", "PUBLIC_EXTERNAL", "TORCH", "LABELS", "TIMEOUT",
}


@dataclass(frozen=True)
class Include:
    line: int
    path: str
    ours: bool  # in quotes: a header of this project, or one generated for it


@dataclass
class Source:
    path: str  # relative to the root, with /
    text: str
    includes: list[Include] = field(default_factory=list)

    @property
    def is_header(self) -> bool:
        return self.path.endswith(".h")

    @property
    def is_test(self) -> bool:
        return self.path.startswith("tests/")


def _read_includes(text: str) -> list[Include]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            found.append(Include(number, match[2], match[1] == '"'))
    return found


def _calls(cmake: str, function: str) -> list[dict[str, list[str]]]:
    """The arguments of each call of `function`, by keyword."""
    cmake = re.sub(r"#.*", "", cmake)
    calls = []
    for match in re.finditer(rf"\b{function}\s*\(([^)]*)\)", cmake):
        arguments: dict[str, list[str]] = {}
        keyword = ""
        for word in match[1].split():
            if word in KEYWORDS:
                keyword = word
                arguments.setdefault(keyword, [])
            else:
                arguments.setdefault(keyword, []).append(word)
        calls.append(arguments)
    return calls


class SourceTree:
    def __init__(self, root: Path):
        self.root = root

    @cached_property
    def sources(self) -> dict[str, Source]:
        found = {}
        for folder in FOLDERS:
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in (".h", ".cc") and path.is_file():
                    name = path.relative_to(self.root).as_posix()
                    text = path.read_text(encoding="utf-8")
                    found[name] = Source(name, text, _read_includes(text))
        return found

    @cached_property
    def pages(self) -> dict[str, str]:
        """The Markdown pages outside build folders."""
        found = {}
        for top in sorted(self.root.iterdir()):
            if top.name == "build" or top.name.startswith("."):
                continue
            pages = [top] if top.suffix == ".md" else sorted(top.rglob("*.md"))
            for path in pages:
                name = path.relative_to(self.root).as_posix()
                found[name] = path.read_text(encoding="utf-8")
        return found

    @cached_property
    def layers(self) -> dict[str, set[str]]:
        """Target -> targets it may include, from layers.cmake."""
        table = (self.root / "common/cmake/layers.cmake").read_text(encoding="utf-8")
        table = re.sub(r"#.*", "", table)
        found = {}
        for match in re.finditer(r"set\(CONSILIUM_LAYER_(\w+)\s+([^)]*)\)", table):
            found[match[1]] = set(match[2].replace('"', " ").split())
        return found

    def _owners(self, function: str) -> dict[str, str]:
        found = {}
        for folder in FOLDERS:
            for cmake in sorted((self.root / folder).rglob("CMakeLists.txt")):
                prefix = cmake.parent.relative_to(self.root).as_posix()
                for call in _calls(cmake.read_text(encoding="utf-8"), function):
                    for name in call.get("SRCS", []) + call.get("HDRS", []):
                        found[f"{prefix}/{name}"] = call["NAME"][0]
        return found

    @cached_property
    def libraries(self) -> dict[str, str]:
        """Source -> name of the library that it is part of."""
        return self._owners("consilium_library")

    @cached_property
    def programs(self) -> dict[str, str]:
        return self._owners("consilium_program")

    def is_of_program(self, source: Source) -> bool:
        """A program lists its .cc files; the header beside one of them is its own too."""
        return source.path in self.programs or source.path.removesuffix(".h") + ".cc" in self.programs

    def closure(self, source: Source) -> list[Include]:
        """All includes of `source`, those of this project's headers followed."""
        seen = {source.path}
        waiting = [source]
        found = []
        while waiting:
            for include in waiting.pop().includes:
                found.append(include)
                header = self.sources.get(include.path) if include.ours else None
                if header and header.path not in seen:
                    seen.add(header.path)
                    waiting.append(header)
        return found
