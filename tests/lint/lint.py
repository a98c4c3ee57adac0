#!/usr/bin/env python3
"""Holds the repository against its own rules: lint.py ROOT [RULE]... (rules.py; default: all).

Prints one line per fault; exit code 0 if there is none, 1 if there are, 2 for wrong usage.
"""

import sys
from pathlib import Path

from rules import RULES
from source_tree import SourceTree


def main(arguments: list[str]) -> int:
    names = arguments[1:] or list(RULES)
    if not arguments or not Path(arguments[0]).is_dir() or not set(names) <= set(RULES):
        print(f"usage: lint.py ROOT [RULE]..., rules: {' '.join(RULES)}", file=sys.stderr)
        return 2
    tree = SourceTree(Path(arguments[0]).resolve())
    if not tree.sources:
        print(f"lint.py: {arguments[0]}: no sources here", file=sys.stderr)
        return 2
    faults = [f"{fault} [{name}]" for name in names for fault in RULES[name](tree)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
