"""Ways around the services: does each leave a trace, or is refused?

``make bench ARGS="bypasses"`` tries more than fifty: the ORM beside the services, migrations, a
shell, prompts as the app and as the database's owner, triggers off. A trace is an alarm "made by
nobody known", or a finding of the night's comparison; a note of the change that nobody is told of
is none.

Known limits, not among the ways: with the app's sign-in and the name of a part, what parts write by
themselves (``privacy.audit.row_sealing.OWN``) is noted without an alarm; and who owns the tables
can rewrite a readable column by ALTER TABLE, which fires no trigger, and the comparison looks at
sealed columns only (ADR 0021).
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import psycopg

from benchmarks.bypass_ways import app, owner
from benchmarks.bypass_ways.scene import Connection, Scene, Way
from benchmarks.databases import with_database
from benchmarks.outcome import tell
from benchmarks.stage import adopt, fresh_database, inside

DATABASE = "suian_bench_bypasses"
WAYS = (*app.WAYS, *owner.WAYS)


class Verdict(StrEnum):
    """What became of a way. The last three are bad: nobody is told, or the way does nothing."""

    REFUSED = "refused"
    TOLD = "told as made by nobody known"
    FOUND = "found by comparison"
    NOTED = "NOTED ONLY"
    UNSEEN = "UNSEEN"
    NOTHING = "DID NOTHING"


BAD = frozenset({Verdict.NOTED, Verdict.UNSEEN, Verdict.NOTHING})


class Watch:
    """Knows what was told, noted and found before, so that a new trace shows."""

    def __init__(self, owner: Connection) -> None:
        self._owner = owner
        self._seal()
        self._found = self._findings()
        self._alarms = self._count("privacy_auditevent WHERE action = 'rows.unattributed'")

    def settle(self) -> None:
        """What was prepared for the next way is no trace of it."""
        self._seal()
        self._alarms = self._count("privacy_auditevent WHERE action = 'rows.unattributed'")
        self._notes = self._count("privacy_rowchange")

    def verdict(self, keys: set[str]) -> Verdict:
        """The first trace that a change of the rows with these keys has left."""
        self._seal()
        alarms = self._count("privacy_auditevent WHERE action = 'rows.unattributed'")
        if alarms > self._alarms:
            return Verdict.TOLD
        noted = self._owner.execute(
            "SELECT count(*) FROM (SELECT * FROM privacy_rowchange ORDER BY id OFFSET %s) AS new "
            "WHERE row_key = ANY(%s)",
            [self._notes, list(keys)],
        ).fetchone()
        if noted and noted[0]:
            return Verdict.NOTED
        return Verdict.FOUND if self._findings() - self._found else Verdict.UNSEEN

    def get_used(self) -> None:
        """What was found stays a finding until mended: the next way has to add one."""
        self._found = self._findings()

    @staticmethod
    def _seal() -> None:
        from privacy.audit.row_sealing import seal_row_changes

        seal_row_changes()

    def _count(self, what: str) -> int:
        row = self._owner.execute(f"SELECT count(*) FROM {what}").fetchone()
        return int(row[0]) if row else 0

    @staticmethod
    def _findings() -> set[Any]:
        from privacy.custody import reconciling

        run = reconciling.open_run()
        steps = reconciling.reconcile(run, process="bench")
        return {one for step in steps for one in step.findings}


def attempt(way: Way, scene: Scene, watch: Watch) -> Verdict:
    """Try it on the scene's patient; mend what it left."""
    from django.db import DatabaseError

    watch.settle()
    before, keys, refused = scene.state(), scene.keys(), False
    try:
        way.go(scene)
    except (psycopg.Error, DatabaseError):
        refused = True
    if scene.state() == before:
        verdict = Verdict.REFUSED if refused else Verdict.NOTHING
    else:
        verdict = watch.verdict(keys | scene.keys())
    for statement in () if verdict is Verdict.REFUSED else way.mend:
        scene.owner.execute(statement)
    if verdict is Verdict.FOUND:
        watch.get_used()
    return verdict


Prompt = Callable[[], Connection]


@contextmanager
def prompts(app_prompt: Prompt, owner_prompt: Prompt) -> Iterator[tuple[Connection, Connection]]:
    """A fresh session of each: what one way sets ends with it."""
    with app_prompt() as one, owner_prompt() as other:
        yield one, other


def rehearse(app_prompt: Prompt, owner_prompt: Prompt) -> dict[str, Verdict]:
    """Every way, each with a patient of its own."""
    from tests.factories.people import PatientFactory, UserFactory

    found: dict[str, Verdict] = {}
    with owner_prompt() as lasting:
        watch = Watch(lasting)
        for way in WAYS:
            patient = PatientFactory.create()
            carer, other = (UserFactory.create(clinic=patient.clinic) for _ in range(2))
            patient.care_team.create(staff=carer)
            with prompts(app_prompt, owner_prompt) as (one, another):
                found[way.name] = attempt(way, Scene(patient, other, one, another), watch)
    return found


def told(found: dict[str, Verdict]) -> int:
    """Print the table; returns the exit code."""
    for name, verdict in found.items():
        print(f"  {name:45} {verdict}")
    counted = Counter(found.values())
    bad = sum(counted[one] for one in BAD)
    words = ", ".join(f"{number} {verdict}" for verdict, number in counted.items())
    return tell(len(found) - bad, len(found), f"{len(found)} ways around the services: {words}")


def main() -> int:
    """Exit code 1 if a way leaves no trace."""
    parser = argparse.ArgumentParser(prog="benchmarks.bypasses", description=__doc__)
    parser.add_argument("inside", nargs="*", help=argparse.SUPPRESS)
    if parser.parse_args().inside[-1:] != ["inside"]:
        with fresh_database(DATABASE) as environment:
            return inside("benchmarks.bypasses", environment)
    adopt(dict(os.environ))

    def prompt(name: str) -> Connection:
        url = os.environ.get(name) or os.environ["DATABASE_URL"]
        return psycopg.connect(with_database(url, DATABASE), autocommit=True)

    return told(rehearse(lambda: prompt("DATABASE_URL"), lambda: prompt("DATABASE_OWNER_URL")))


if __name__ == "__main__":
    sys.exit(main())
