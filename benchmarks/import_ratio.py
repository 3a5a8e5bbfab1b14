"""Taking in patients by COPY, keys and blind indexes included, against the plain bulk_create of
Django (goal 2). The same two rows a patient as in ``benchmarks.fields``.
"""

import sys
from typing import Any

from benchmarks.fields import BATCH, OURS, PLAIN, Product, Twin, _creating, bulk_of
from benchmarks.ratios import Goal, Size, in_turn, run_alone


class Imported(Product):
    """The product's patient, stored by COPY."""

    def store(self, rows: list[Any]) -> None:
        from privacy.records import store_many

        store_many(rows)


def measure(size: Size) -> list[Goal]:
    """Both in turn."""
    from benchmarks.people import known_people
    from benchmarks.twins.models import PlainClinical, PlainContact

    people = known_people(size.of(BATCH, 10))
    kinds = {PLAIN: Twin(PlainContact, PlainClinical), OURS: Imported()}
    turns = in_turn({name: _creating(bulk_of(one), people) for name, one in kinds.items()}, size)
    rates = [
        f"{name}: {1000 * len(people) / turns.milliseconds(name):,.0f} patients/s" for name in kinds
    ]
    figure = turns.figure("by COPY, times plain bulk_create", OURS, PLAIN, 1.2)
    return [Goal(2, "import", [figure], rates)]


def main() -> int:
    return run_alone("benchmarks.import_ratio")


if __name__ == "__main__":
    sys.exit(main())
