"""What the trail costs one writer and one reader (goal 8, the single read of goal 9).

The product's side is all it does: the event in the transaction of the change, and the note that
the net of triggers takes of the row. Every operation is a slice of its own.
"""

import random
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from benchmarks.ratios import Case, Figure, Goal, Size, Turns, in_turn, run_alone, timed

NOTES = 2_000
PLAIN, OURS, EVENT, LOGGED = "unaudited", "product", "product without the net", "django-auditlog"
TEXT = "复诊：想先了解费用和流程，下周再联系，请用短信。"


def measure(size: Size) -> list[Goal]:
    """One operation of each kind in turn."""
    stage = Stage(size.of(NOTES, 5))
    often = replace(size, turns=size.of(size.turns * 20, 3))
    writes = in_turn(stage.writes(), often, warm=20)
    reads = in_turn(stage.reads(), often, warm=20)
    figures = [writes.latency("audited write, p50", OURS, PLAIN, 1.25)]
    if LOGGED in writes.seconds:
        figures.append(_share(writes, OURS, 0.25))
    return [
        Goal(8, "write", figures, _times(writes)),
        Goal(
            9,
            "single read",
            [reads.latency("audited read, p50", OURS, PLAIN, 1.9)],
            _times(reads),
        ),
    ]


def _share(turns: Turns, case: str, bound: float) -> Figure:
    """What a case adds to the plain write, as a share of what django-auditlog adds."""
    plain, own, theirs = (turns.milliseconds(one) for one in (PLAIN, case, LOGGED))
    return Figure(
        "added, of what auditlog adds", (own - plain) / (theirs - plain), bound, at_least=False
    )


def _times(turns: Turns) -> list[str]:
    return [f"{name}: {turns.times(name)}" for name in turns.seconds]


class Stage:
    """A clinic with notes of each kind, and somebody who works there."""

    def __init__(self, notes: int) -> None:
        from benchmarks.people import bare_patients
        from benchmarks.twins.models import LoggedNote, PlainNote, WatchedNote
        from crm.staff.models import User
        from privacy.access.policy import Role

        patients = bare_patients(notes)
        self.keys: dict[Any, list[Any]] = {}
        for model in (PlainNote, WatchedNote, LoggedNote):
            rows = model.objects.bulk_create(model(patient=one, text=TEXT) for one in patients)
            self.keys[model] = [row.pk for row in rows]
        self.plain, self.watched, self.logged = PlainNote, WatchedNote, LoggedNote
        self.dice = random.Random(5)
        self.actor = User.objects.create_user(
            staff_no=f"bench-{random.randrange(10**6)}",
            password=self.dice.randbytes(12).hex(),
            display_name="员工",
            role=Role.CONSULTANT,
            clinic=patients[0].clinic,
        )

    def writes(self) -> dict[str, Case]:
        found: dict[str, Case] = {
            PLAIN: self.write(self.plain, None),
            OURS: self.write(self.watched, self.record),
            EVENT: self.write(self.plain, self.record),
        }
        if find_spec("auditlog"):
            found[LOGGED] = self.write(self.logged, None, logged=True)
        return found

    def reads(self) -> dict[str, Case]:
        return {PLAIN: self._read(None), OURS: self._read(self.record)}

    def write(
        self, model: Any, record: Callable[[Any], None] | None, *, logged: bool = False
    ) -> Case:
        from django.db import transaction

        def act() -> None:
            with transaction.atomic():
                note = model.objects.select_related("patient__subject").get(pk=key)
                note.status += 1
                note.save(update_fields=["status", "updated_at"])
                if record:
                    record(note)

        def slice_of_it() -> float:
            nonlocal key
            key = self.dice.choice(self.keys[model])
            with self._named() if logged else nullcontext():
                return timed(act)

        key = None
        return slice_of_it

    def _read(self, record: Callable[[Any], None] | None) -> Case:
        from django.db import transaction

        def act() -> None:
            if not record:
                self.plain.objects.select_related("patient__subject").get(pk=key)
                return
            with transaction.atomic():
                record(self.plain.objects.select_related("patient__subject").get(pk=key))

        def slice_of_it() -> float:
            nonlocal key
            key = self.dice.choice(self.keys[self.plain])
            return timed(act)

        key = None
        return slice_of_it

    def _named(self) -> Any:
        from auditlog.context import set_actor

        return set_actor(self.actor, remote_addr="10.0.0.1")

    def record(self, note: Any) -> None:
        from crm.patients.events import PatientEvent
        from privacy.audit import services as audit

        audit.record(
            PatientEvent.STAGE_CHANGED,
            actor=self.actor,
            subjects=[note.patient],
            target=f"note:{note.pk}",
            detail={"before": note.status - 1, "after": note.status},
        )


def main() -> int:
    return run_alone("benchmarks.trail_cost")


if __name__ == "__main__":
    sys.exit(main())
