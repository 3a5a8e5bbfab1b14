"""``make bench`` runs those of ALL; ``make bench ARGS="kill_web --kills 5"`` one with options."""

import importlib
import itertools
import sys

ALL = ("patient_list", "regex_attacks")


def main() -> int:
    """The words before the first option are measurements; the rest is for each of them."""
    names = list(itertools.takewhile(lambda word: not word.startswith("-"), sys.argv[1:]))
    options, codes = sys.argv[1 + len(names) :], []
    for name in names or ALL:
        sys.argv = [name, *options]
        codes.append(importlib.import_module(f"benchmarks.{name}").main())
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
