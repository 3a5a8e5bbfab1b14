"""Twelve ways to change a box, in every sealed field: is each refused, and never saved as blank?

``make bench ARGS="field_tamper"`` does it to 20 fields of 5 patients with the rights of the
database's owner: 1,200 changes. Refused means that the value raises; a blank would be a form that
saves the row and loses the box.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from benchmarks.databases import with_database
from benchmarks.outcome import tell
from benchmarks.stage import adopt, fresh_database, inside

PATIENTS, FIELDS, DATABASE = 5, 20, "suian_bench_tamper"
Box = bytes
# (own box, another row's, another field's, another patient's) -> what stands there instead
MUTATIONS: Mapping[str, Callable[[Box, Box, Box, Box], Box]] = {
    "bit of the form": lambda box, *_: bytes([box[0] ^ 1]) + box[1:],
    "algorithm": lambda box, *_: box[:1] + b"\x02" + box[2:],
    "key version": lambda box, *_: box[:5] + bytes([box[5] ^ 1]) + box[6:],
    "bit of the nonce": lambda box, *_: box[:6] + bytes([box[6] ^ 1]) + box[7:],
    "bit of the text": lambda box, *_: box[:30] + bytes([box[30] ^ 4]) + box[31:],
    "bit of the tag": lambda box, *_: box[:-1] + bytes([box[-1] ^ 1]),
    "cut short": lambda box, *_: box[:-1],
    "made longer": lambda box, *_: box + b"\0",
    "emptied": lambda *_: b"",
    "of another row": lambda _box, row, *_: row,
    "of another field": lambda _box, _row, field, _patient: field,
    "of another patient": lambda _box, _row, _field, patient: patient,
}


def _columns() -> list[Any]:
    from privacy.encryption.keys import Zone
    from privacy.encryption.registry import sealed_columns

    return [one for zone in Zone for one in sealed_columns(zone)][:FIELDS]


def _all(column: Any) -> Any:
    return column.model._base_manager  # noqa: SLF001 - Django's public secret


def _row(column: Any, patient: Any) -> Any:
    name = column.field.attname
    rows = _all(column).filter(**{column.owner: patient.pk})
    return rows.exclude(**{f"{name}__isnull": True}).order_by("pk").first()


def _receipt(patients: list[Any], columns: list[Any]) -> Any:
    from django.db import transaction

    from privacy.audit import services as audit
    from privacy.audit.events import AuditTrailEvent

    with transaction.atomic():
        return audit.record(
            AuditTrailEvent.VERIFIED,
            process="bench",
            subjects=patients,
            fields=[one.path for one in columns],
        )


def _refused(column: Any, row: Any, receipt: Any) -> bool:
    from privacy.errors import Unreadable

    fresh = _all(column).get(pk=row.pk)
    try:
        getattr(fresh, column.field.name).reveal(receipt)
    except Unreadable:
        return True
    return False


def _saved_blank(column: Any, row: Any) -> bool:
    """Save the row as a form would that did not touch the field; is the box gone?"""
    from django.db import DatabaseError, transaction

    fresh = _all(column).get(pk=row.pk)
    try:
        with transaction.atomic():
            fresh.save()
    except DatabaseError:
        return False  # a locked record refuses any save
    held = _all(column).values_list(column.field.attname, flat=True)
    return held.get(pk=row.pk) is None


def _stranger(column: Any, row: Any) -> Box:
    """A box of another row under the same key: the same text, sealed for another place."""
    other = type(row)(**{column.owner.split("__")[0]: getattr(row, column.owner.split("__")[0])})
    return bytes(column.field.seal_for(other, "another row"))


def run(owner: psycopg.Connection[Any], patients: list[Any]) -> Counter[str]:
    """All mutations of all fields of all patients."""
    columns, counted = _columns(), Counter[str]()
    receipt = _receipt(patients, columns)
    for column in columns:
        owner.execute(f"ALTER TABLE {column.table} DISABLE TRIGGER USER")
    boxes = {
        (one.path, patient.pk): bytes(_row(one, patient).__dict__[one.field.attname])
        for one in columns
        for patient in patients
    }
    for number, patient in enumerate(patients):
        other = patients[(number + 1) % len(patients)]
        for place, column in enumerate(columns):
            row, box = _row(column, patient), boxes[column.path, patient.pk]
            beside = boxes[columns[place - 1].path, patient.pk]
            sources = (box, _stranger(column, row), beside, boxes[column.path, other.pk])
            for change in MUTATIONS.values():
                put = f"UPDATE {column.table} SET {column.field.column} = %s WHERE id = %s"
                owner.execute(put, [change(*sources), row.pk])
                counted["changes"] += 1
                counted["refused"] += _refused(column, row, receipt)
                counted["blank"] += _saved_blank(column, row)
                owner.execute(put, [box, row.pk])
    return counted


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.field_tamper")
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("inside", nargs="*")
    options = parser.parse_args()
    if not options.inside or options.inside[-1] != "inside":
        with fresh_database(DATABASE) as environment:
            flags = ["--patients", str(options.patients)]
            return inside("benchmarks.field_tamper", environment, *flags)
    adopt(dict(os.environ))
    from tests.factories.whole import whole_patient

    patients = [whole_patient(phone=f"+861380013{n:04d}") for n in range(max(2, options.patients))]
    owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    with psycopg.connect(with_database(owner, DATABASE), autocommit=True) as connection:
        counted = run(connection, patients)
    return tell(
        counted["refused"] - counted["blank"],
        counted["changes"],
        f"{counted['changes']} changes of boxes: {counted['refused']} refused, "
        f"{counted['blank']} blanks saved",
    )


if __name__ == "__main__":
    sys.exit(main())
