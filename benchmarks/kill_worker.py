"""kill -9 on the worker while reminders go out: what the company's ledger says afterwards.

``make bench ARGS="kill_worker"`` does 100 runs of 500 reminders; each run kills a real Celery
worker (prefork, with its children) once at a random moment and starts another. Counted at the
ledger: a reference taken twice is a duplicate, a reminder never taken is lost.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.outcome import tell
from benchmarks.stage import (
    SHORT_WAITS,
    Company,
    Ticks,
    Worker,
    adopt,
    agreeing_patients,
    company,
    fresh_database,
    inside,
    known_wording,
)

RUNS, REMINDERS, SEED = 100, 500, 20261121
PATIENCE_SECONDS = 90.0
SETTLED = ("accepted", "delivered", "failed", "suppressed", "cancelled")


@dataclass
class Figures:
    """What a rehearsal found."""

    runs: int = 0
    sent: int = 0
    duplicates: int = 0
    lost: int = 0
    unsettled: int = 0
    sent_again: int = 0
    left_behind: int = 0  # handed over by a worker that died before it could write the answer
    seconds: float = 0.0
    moments: list[float] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.duplicates or self.lost or self.unsettled)

    def __str__(self) -> str:
        moments = sorted(self.moments) or [0.0]
        return (
            f"{self.runs} kills while {self.sent} reminders went out: "
            f"{self.duplicates} duplicates, {self.lost} lost, {self.unsettled} undecided; "
            f"{self.left_behind} were asked after, {self.sent_again} sent again by the rule; "
            f"killed {moments[0]:.2f} to {moments[-1]:.2f} s after the first reminder; "
            f"{self.seconds:.0f} s"
        )


@dataclass
class Rehearsal:
    """Kills and counts. Needs Django set up on the same database that ``worker`` has."""

    company: Company
    worker: Worker
    queue: str
    seed: int
    figures: Figures = field(default_factory=Figures)
    span: float = 1.0  # how long a sending takes: kills fall anywhere in it

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.wording = known_wording()

    def run(self, *, runs: int, reminders: int) -> Figures:
        """``runs`` kills, each while ``reminders`` go out."""
        from crm.celery import app

        patients = agreeing_patients(reminders, seed=self.seed)
        began = time.monotonic()
        ticks = Ticks(app, self.queue)
        ticks.start()
        self.worker.start()
        try:
            for number in range(runs):
                self._kill_once(_queue(number, patients, self.wording))
                _make_room()
        finally:
            ticks.stop()
            self.worker.kill()
        self.figures.seconds = time.monotonic() - began
        return self.figures

    def _kill_once(self, keys: list[Any]) -> None:
        from crm.messaging.models import Message

        ours = Message.objects.filter(pk__in=keys)
        before = sum(self.company.taken().values())
        self._wait_until(lambda: sum(self.company.taken().values()) > before)
        first = time.monotonic()
        moment = self.dice.uniform(0, self.span)
        time.sleep(moment)
        self.strike()
        self.figures.moments.append(moment)
        self.figures.left_behind += ours.filter(state="handed_over").count()
        self.recover()
        self._wait_until(lambda: not ours.exclude(state__in=SETTLED).exists())
        self.span = max(0.3, min(4.0, (time.monotonic() - first) / 2))
        self._count(keys)

    def strike(self) -> None:
        """What is killed. A rehearsal of another kill says something else here."""
        self.worker.kill()

    def recover(self) -> None:
        self.worker.start()

    def look(self) -> None:
        """What a supervisor does all the time; here the worker is started by ``recover``."""

    def _wait_until(self, holds: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if holds():
                return True
            self.look()
            time.sleep(0.05)
        return False

    def _count(self, keys: list[Any]) -> None:
        from crm.messaging.models import Attempt, Message

        attempts = Attempt.objects.filter(message__in=keys)
        references = {one.message_id: one.reference for one in attempts}
        taken, figures = self.company.taken(), self.figures
        figures.runs += 1
        figures.sent += len(keys)
        figures.duplicates += sum(max(0, taken[one] - 1) for one in references.values())
        figures.lost += sum(1 for key in keys if not taken[references.get(key, "")])
        unsettled = Message.objects.filter(pk__in=keys).exclude(state__in=SETTLED)
        figures.unsettled += unsettled.count()
        figures.sent_again += attempts.filter(sent_again_at__isnull=False).count()
        sys.stderr.write(
            f"\r{figures.runs} kills, {figures.duplicates} duplicates, {figures.lost} lost"
        )


def _queue(number: int, patients: list[Any], wording: Any) -> list[Any]:
    from django.utils import timezone

    from crm.messaging.models import Message

    now = timezone.now()
    messages = [
        Message(
            patient=patient,
            template=wording,
            purpose=wording.purpose,
            due_at=now,
            not_before=now,
            idempotency_key=f"rehearsal:{number}:{place}",
            time_critical=True,
        )
        for place, patient in enumerate(patients)
    ]
    Message.objects.bulk_create(messages)
    return [message.pk for message in messages]


def _make_room() -> None:
    """Move what was sent ten days back: the same patients get a message in the next run, too."""
    from datetime import timedelta

    from django.db.models import F

    from crm.messaging.models import Message

    Message.objects.filter(handed_over_at__isnull=False).update(
        handed_over_at=F("handed_over_at") - timedelta(days=10)
    )


def _inside(runs: int, reminders: int, seed: int) -> int:
    queue = f"rehearsal-{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder, company(Path(folder) / "gateway") as sms:
        adopt({**SHORT_WAITS, **sms.environment})
        worker = Worker(queue, os.environ, Path(folder) / "worker.log")
        rehearsal = Rehearsal(company=sms, worker=worker, queue=queue, seed=seed)
        figures = rehearsal.run(runs=runs, reminders=reminders)
    sys.stderr.write("\n")
    harm = figures.duplicates + figures.lost + figures.unsettled
    return tell(max(0, figures.runs - harm), figures.runs, figures)


def main(arguments: list[str] | None = None) -> int:
    """100 runs of 500 reminders, or as asked; exit code 1 if one was doubled or lost."""
    parser = argparse.ArgumentParser(prog="kill_worker", description=__doc__)
    parser.add_argument("place", nargs="?", choices=["inside"], help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--reminders", type=int, default=REMINDERS)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    if asked.place:
        return _inside(asked.runs, asked.reminders, asked.seed)
    with fresh_database("bench_kill_worker") as environment:
        figures = [f"--{name}={getattr(asked, name)}" for name in ("runs", "reminders", "seed")]
        return inside("benchmarks.kill_worker", environment, *figures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
