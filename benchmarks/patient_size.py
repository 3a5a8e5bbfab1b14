"""What a sealed patient takes on disk, keys and search indexes included (half of goal 15)."""

import sys
from typing import Any

from benchmarks.ratios import Figure, Goal, Size, run_alone

PATIENTS = 20_000
BATCH = 2_000
COMMON = ("privacy_subject", "crm_patient")
OURS = (*COMMON, "privacy_subjectkey", "crm_patientcontact", "crm_patientclinical")
PLAIN = (*COMMON, "twins_plaincontact", "twins_plainclinical")


def measure(size: Size) -> list[Goal]:
    """The same people in both forms; sizes right after loading and VACUUM."""
    from benchmarks.fields import Product, Twin, bulk_of
    from benchmarks.people import bare_patients, known_people
    from benchmarks.twins.models import PlainClinical, PlainContact
    from privacy.pseudonyms.models import key_scope

    count = size.rows or size.of(PATIENTS, 50)
    people = known_people(count)
    for start in range(0, count, BATCH):
        known = people[start : start + BATCH]
        patients = bare_patients(len(known))
        bulk_of(Twin(PlainContact, PlainClinical))(patients, known)
        with key_scope():
            bulk_of(Product())(patients, known)
    ours, plain = _bytes(OURS, count), _bytes(PLAIN, count)
    figure = Figure(
        "patient with indexes, times plain bytes",
        sum(ours.values()) / sum(plain.values()),
        2.2,
        at_least=False,
    )
    return [Goal(15, "storage", [figure], [_said("product", ours), _said("plain", plain)])]


def _bytes(tables: tuple[str, ...], count: int) -> dict[str, float]:
    from django.db import connection

    found: dict[str, float] = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [table])
            found[table] = cursor.fetchone()[0] / count
    return found


def _said(name: str, sizes: dict[str, Any]) -> str:
    parts = ", ".join(f"{table} {own:.0f}" for table, own in sizes.items())
    return f"{name}: {sum(sizes.values()):.0f} B a patient ({parts})"


def main() -> int:
    return run_alone("benchmarks.patient_size")


if __name__ == "__main__":
    sys.exit(main())
