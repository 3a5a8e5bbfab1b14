"""All performance goals that are ratios, one measure after the other.

``make bench ARGS="goals"``; one alone by its own name, with ``--runs=``, ``--turns=``, ``--rows=``.
"""

import argparse
import importlib
import os
import sys

from benchmarks.ratios import SMALL, Goal, report, twin_database
from benchmarks.stage import adopt, inside

MEASURES = (  # and the goals they judge
    "trail_proof",  # 11, 15 (an event)
    "fields",  # 1, 3, 4, 5 (models)
    "import_ratio",  # 2
    "page_cost",  # 5, 9 (whole page)
    "trail_cost",  # 8, 9 (single read)
    "trail_load",  # 10
    "patient_size",  # 15 (a patient)
    "search_ratio",  # 6, 7
    "retention",  # 16; last: what it puts into the trail was never written by the product
)


def in_one_database() -> int:
    """All of them, small, without the cost of eight databases: for the test."""
    found: list[Goal] = []
    for name in MEASURES:
        found += importlib.import_module(f"benchmarks.{name}").measure(SMALL)
    return report(found)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.goals")
    parser.add_argument("--small", action="store_true", help="only to see that all of it runs")
    parser.add_argument("inside", nargs="*")
    options, _others = parser.parse_known_args()
    if "inside" in options.inside:
        adopt(dict(os.environ))
        return in_one_database()
    if options.small:
        with twin_database("suian_bench_goals") as environment:
            return inside("benchmarks.goals", environment)
    return max(importlib.import_module(f"benchmarks.{name}").main() for name in MEASURES)


if __name__ == "__main__":
    sys.exit(main())
