"""Old copies put back with the triggers off, one at a time: does the night find each, and only it?

``make bench ARGS="old_copies"`` does it 100 times with the rights of the database's owner: for each
of 5 patients 18 boxes alone, a whole row, and a data key that was destroyed. What was put back is
what stood there before all values of the patient were sealed anew.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.databases import with_database
from benchmarks.outcome import tell
from benchmarks.stage import adopt, fresh_database, inside

PATIENTS, BOXES, DATABASE = 5, 18, "suian_bench_old_copies"
ROW, KEYS = "crm_patientcontact", "privacy_subjectkey"
Owner = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Old:
    """One old copy: what goes back into a table, and what the comparison has to say of it."""

    table: str
    key: Any
    verdict: str
    column: str = ""  # of a box alone; else the whole row


def _copy(name: str) -> sql.Identifier:
    return sql.Identifier("old", name)


def put_away(owner: Owner, tables: set[str]) -> None:
    """Copies of whole tables as they are now, where no trigger and no comparison looks."""
    owner.execute("CREATE SCHEMA old")
    for name in tables:
        table = sql.Identifier(name)
        owner.execute(sql.SQL("CREATE TABLE {} AS SELECT * FROM {}").format(_copy(name), table))


@contextmanager
def put_back(owner: Owner, old: Old) -> Iterator[None]:
    """The old copy stands in its place for the block; afterwards what stood there before."""
    from tests.fences import fences_down

    names = {"table": sql.Identifier(old.table), "old": _copy(old.table)}
    names["column"] = sql.Identifier(old.column or "id")
    now = owner.execute(
        sql.SQL("SELECT {column} FROM {table} WHERE id = %s").format(**names), [old.key]
    ).fetchone()
    with fences_down(owner, old.table):
        if old.column:
            owner.execute(
                sql.SQL(
                    "UPDATE {table} SET {column} = (SELECT {column} FROM {old} WHERE id = %(id)s) "
                    "WHERE id = %(id)s"
                ).format(**names),
                {"id": old.key},
            )
        else:
            owner.execute(sql.SQL("CREATE TABLE old.now AS SELECT * FROM {table} WHERE id = %s")
                          .format(**names), [old.key])  # fmt: skip
            _swap(owner, names, names["old"], old.key)
    yield
    with fences_down(owner, old.table):
        if old.column and now:
            put = sql.SQL("UPDATE {table} SET {column} = %s WHERE id = %s").format(**names)
            owner.execute(put, [now[0], old.key])
        else:
            _swap(owner, names, sql.Identifier("old", "now"), old.key)
            owner.execute("DROP TABLE old.now")


def _swap(owner: Owner, names: dict[str, Any], source: sql.Identifier, key: Any) -> None:
    owner.execute(sql.SQL("DELETE FROM {table} WHERE id = %s").format(**names), [key])
    owner.execute(
        sql.SQL("INSERT INTO {table} SELECT * FROM {source} WHERE id = %s").format(
            table=names["table"], source=source
        ),
        [key],
    )


def _compare() -> list[tuple[str, str, str, tuple[str, ...]]]:
    from privacy.custody import reconciling

    run = reconciling.open_run()
    steps = reconciling.reconcile(run, process="bench")
    found = [one for step in steps for one in step.findings]
    return [(one.table, one.key, one.verdict.value, one.columns) for one in found]


def _is_found(old: Old) -> bool:
    """Whether the comparison tells of this copy and of nothing else."""
    found = _compare()
    if [one[:3] for one in found] != [(old.table, str(old.key), old.verdict)]:
        return False
    return not old.column or found[0][3] == (old.column,)


def _boxes(patient: Any) -> list[Old]:
    from privacy.encryption.keys import Zone
    from privacy.encryption.registry import sealed_columns

    found = []
    for one in (column for zone in Zone for column in sealed_columns(zone)):
        name, rows = one.field.attname, one.model._base_manager  # noqa: SLF001 - Django's public secret
        held = rows.filter(**{one.owner: patient.pk}).exclude(**{f"{name}__isnull": True})
        row = held.order_by("pk").first()
        if row is not None:
            found.append(Old(one.table, row.pk, "changed", one.field.column))
    return found[:BOXES]


def run(owner: Owner, patients: list[Any]) -> tuple[int, int, int]:
    """(put back, found, findings while nothing was put back)."""
    from privacy.custody import resealing
    from privacy.custody.rotation import ZONES
    from privacy.encryption.models import SubjectKey

    boxes = {patient.pk: _boxes(patient) for patient in patients}
    put_away(owner, {ROW, KEYS} | {one.table for held in boxes.values() for one in held})
    for patient in patients:
        for zone in ZONES:
            resealing.reencrypt(subject=patient.subject, zone=zone, process="bench")
    done, seen, alone = 0, 0, len(_compare())
    for patient in patients:
        key = SubjectKey.objects.get(subject_id=patient.pk, zone="contact", version=1)
        owner.execute("UPDATE privacy_subjectkey SET superseded_at = now() - interval '1 hour' "
                      "WHERE id = %s", [key.pk])  # fmt: skip
        resealing.finish(subject=patient.subject, zone="contact", process="bench")
        row = Old(ROW, patient.contact.pk, "changed")
        for old in (*boxes[patient.pk], row, Old(KEYS, key.pk, "back")):
            with put_back(owner, old):
                done, seen = done + 1, seen + _is_found(old)
    return done, seen, alone + len(_compare())


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.old_copies")
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("inside", nargs="*")
    options = parser.parse_args()
    if not options.inside or options.inside[-1] != "inside":
        with fresh_database(DATABASE) as environment:
            flags = ["--patients", str(options.patients)]
            return inside("benchmarks.old_copies", environment, *flags)
    adopt(dict(os.environ))
    from tests.factories.whole import whole_patient

    patients = [whole_patient(phone=f"+861380013{n:04d}") for n in range(options.patients)]
    owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    with psycopg.connect(with_database(owner, DATABASE), autocommit=True) as connection:
        done, seen, alone = run(connection, patients)
    words = f"{done} old copies put back: {seen} found, each by itself; {alone} findings of nothing"
    return tell(0 if alone else seen, done, words)


if __name__ == "__main__":
    sys.exit(main())
