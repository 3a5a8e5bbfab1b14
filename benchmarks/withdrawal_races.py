"""A withdrawal races the dispatcher: is anything handed over after the withdrawal committed?

``make bench ARGS="withdrawal_races"`` does 200 races with random jitter, each on a patient with
one message that is due, and as many without the lock on the consent cell, which shows that the
rehearsal would see a late hand-over. Late means: while the withdrawal held the cell and was about
to commit, the message was not handed over, and in the end it was.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.outcome import tell
from benchmarks.stage import (
    SHORT_WAITS,
    adopt,
    agreeing_patients,
    company,
    fresh_database,
    inside,
    known_wording,
)

RACES, SEED = 200, 20261121
JITTER_SECONDS, STEP_SECONDS = 0.02, 0.004
HANDED_OVER = ("handed_over", "accepted", "delivered", "unknown", "failed")


@dataclass
class Figures:
    """What the races came to."""

    races: int = 0
    handed_over_first: int = 0
    withdrawn_first: int = 0
    late: int = 0
    errors: int = 0
    lead: float = 0.01  # seconds that the sending gets ahead, so that either may win

    def __str__(self) -> str:
        return (
            f"{self.races} races: {self.late} handed over after the withdrawal; "
            f"{self.handed_over_first} were sent before it, {self.withdrawn_first} not at all; "
            f"{self.errors} errors"
        )


def race(patient: Any, message: Any, dice: random.Random, figures: Figures) -> None:
    """One withdrawal against one round of sending, each on a connection of its own."""
    start = threading.Barrier(2)
    seen: dict[str, str] = {}
    faults: list[Exception] = []
    lead = dice.uniform(figures.lead - JITTER_SECONDS, figures.lead + JITTER_SECONDS)
    pauses = max(0.0, lead), max(0.0, -lead)
    threads = [
        threading.Thread(target=_alone, args=(start, pause, work, faults))
        for pause, work in (
            (pauses[0], lambda: seen.update(state=_withdraw(patient, message))),
            (pauses[1], _send),
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    message.refresh_from_db()
    left = message.state in HANDED_OVER
    figures.races += 1
    figures.errors += len(faults)
    figures.late += left and seen.get("state") not in HANDED_OVER
    figures.handed_over_first += left and seen.get("state") in HANDED_OVER
    figures.withdrawn_first += not left
    figures.lead += -STEP_SECONDS if left else STEP_SECONDS


def _alone(start: threading.Barrier, pause: float, work: Any, faults: list[Exception]) -> None:
    from django.db import connection

    try:
        connection.ensure_connection()
        start.wait()
        time.sleep(pause)
        work()
    except Exception as fault:  # noqa: BLE001  counted, and shown by the figures
        faults.append(fault)
    finally:
        connection.close()


def _withdraw(patient: Any, message: Any) -> str:
    """Withdraw; returns the message's state as the withdrawal saw it last before its commit."""
    from django.db import transaction

    from crm.messaging.models import Message
    from privacy.consent.models import Channel, Purpose
    from privacy.consent.rules import Answer
    from privacy.consent.services import record_answer

    with transaction.atomic():
        record_answer(
            subject=patient,
            purpose=Purpose.FOLLOW_UP,
            channel=Channel.SMS,
            answer=Answer.WITHDRAWN,
            actor=None,
        )
        return str(Message.objects.values_list("state", flat=True).get(pk=message.pk))


def _send() -> None:
    from crm.messaging.dispatch import dispatch_due

    dispatch_due(10)


def rehearse(*, races: int, seed: int) -> Figures:
    """Race and count. Needs Django set up, and a company to send by."""
    from django.utils import timezone

    from crm.messaging.models import Message

    dice, wording, figures = random.Random(seed), known_wording(), Figures()
    for patient in agreeing_patients(races, seed=seed):
        now = timezone.now()
        message = Message.objects.create(
            patient=patient,
            template=wording,
            purpose=wording.purpose,
            due_at=now,
            not_before=now,
            idempotency_key=f"race:{patient.pk}",
            time_critical=True,
        )
        race(patient, message, dice, figures)
    return figures


def without_lock() -> Any:
    """The control: consent is read, but its rows are not locked."""
    from privacy.consent.models import ConsentStateQuerySet

    def unlocked(self: Any, subject_ids: Any) -> list[Any]:
        return list(self.filter(subject_id__in=list(subject_ids)))

    return patch.object(ConsentStateQuerySet, "locked_for_sending", unlocked)


def _inside(races: int, seed: int) -> int:
    with tempfile.TemporaryDirectory() as folder, company(Path(folder) / "gateway") as sms:
        adopt({**SHORT_WAITS, **sms.environment})
        figures = rehearse(races=races, seed=seed)
        print(f"with the lock:    {figures}")
        with without_lock():
            print(f"without the lock: {rehearse(races=races, seed=seed + 1)}")
    return tell(figures.races - figures.late - figures.errors, figures.races, figures)


def main(arguments: list[str] | None = None) -> int:
    """200 races with the lock and 200 without; exit code 1 if one with it came late."""
    parser = argparse.ArgumentParser(prog="withdrawal_races", description=__doc__)
    parser.add_argument("place", nargs="?", choices=["inside"], help=argparse.SUPPRESS)
    parser.add_argument("--races", type=int, default=RACES)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments or [])
    if asked.place:
        return _inside(asked.races, asked.seed)
    with fresh_database("bench_withdrawal_races") as environment:
        figures = [f"--races={asked.races}", f"--seed={asked.seed}"]
        return inside("benchmarks.withdrawal_races", environment, *figures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
