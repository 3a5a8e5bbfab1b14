"""``make bench`` runs all of them; ``make bench ARGS="patient_list"`` one."""

import importlib
import sys

ALL = ("patient_list", "regex_attacks")


def main() -> int:
    names = [name for name in sys.argv[1:] if not name.startswith("-")] or list(ALL)
    return max(importlib.import_module(f"benchmarks.{name}").main() for name in names)


if __name__ == "__main__":
    sys.exit(main())
