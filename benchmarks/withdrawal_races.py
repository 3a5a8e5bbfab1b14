"""A no races the dispatcher: is anything handed over after the no committed?

``make bench ARGS="withdrawal_races --races 1000 --switches 200"`` lets withdrawals race the sending
with random jitter, each on a patient with one message that is due, and some without the lock on
the consent cell, which shows that the rehearsal would see a late hand-over. Switches are the other
ways to a no while sending: a pause, everything stopped or paused with one tap, the record closed
to contact. Late means: while the no held its locks and was about to commit, the
message was not handed over, and in the end it was. (Hours are settings of a process, and the
clearance of staff is no matter of a message: neither can be switched while one is on its way.)
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.figures import conclude
from benchmarks.stage import (
    SHORT_WAITS,
    adopt,
    agreeing_patients,
    company,
    fresh_database,
    inside,
    known_wording,
)

RACES, SWITCHES, CONTROLS, SEED = 200, 0, 40, 20261121
No = Callable[[Any], None]
JITTER_SECONDS, STEP_SECONDS = 0.02, 0.004
ADJUSTING = 20  # races until either side wins about as often
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


def race(patient: Any, message: Any, dice: random.Random, figures: Figures, no: No) -> None:
    """One no against one round of sending, each on a connection of its own."""
    start = threading.Barrier(2)
    seen: dict[str, str] = {}
    faults: list[Exception] = []
    lead = dice.uniform(figures.lead - JITTER_SECONDS, figures.lead + JITTER_SECONDS)
    pauses = max(0.0, lead), max(0.0, -lead)
    threads = [
        threading.Thread(target=_alone, args=(start, pause, work, faults))
        for pause, work in (
            (pauses[0], lambda: seen.update(state=_say(no, patient, message))),
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
    figures.late += left and "state" in seen and seen["state"] not in HANDED_OVER
    figures.handed_over_first += left and seen.get("state") in HANDED_OVER
    figures.withdrawn_first += not left
    step = STEP_SECONDS * (5 if figures.races < ADJUSTING else 1)  # machines differ in speed
    figures.lead += -step if left else step


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


def _say(no: No, patient: Any, message: Any) -> str:
    """Say no; returns the message's state as seen last before the commit."""
    from django.db import transaction

    from crm.messaging.models import Message

    with transaction.atomic():
        no(patient)
        return str(Message.objects.values_list("state", flat=True).get(pk=message.pk))


def _withdraw(patient: Any) -> None:
    _answer(patient, "withdrawn")


def _pause(patient: Any) -> None:
    _answer(patient, "paused")


def _answer(patient: Any, word: str) -> None:
    from privacy.consent.models import Channel, Purpose
    from privacy.consent.rules import Answer
    from privacy.consent.services import record_answer

    record_answer(
        subject=patient,
        purpose=Purpose.FOLLOW_UP,
        channel=Channel.SMS,
        answer=Answer(word),
        actor=None,
    )


def _stop_all(patient: Any) -> None:
    from privacy.consent.services import stop_all_contact

    stop_all_contact(subject=patient, actor=None)


def _pause_all(patient: Any) -> None:
    from privacy.consent.services import stop_all_contact

    stop_all_contact(subject=patient, actor=None, pause=True)


def _restrict(patient: Any) -> None:
    """As the page does it; the database sets the status under the lock on the patient's row."""
    from django.utils import timezone

    from crm.custody.restricting import restrict
    from crm.staff.models import User
    from privacy.access.policy import Role

    keeper = User.objects.filter(clinic_id=patient.clinic_id, role=Role.SECURITY_ADMIN).first()
    if keeper is None:
        keeper = User.objects.create(
            staff_no="races", clinic_id=patient.clinic_id, role=Role.SECURITY_ADMIN,
            display_name="withdrawal-races", cleared_until=timezone.localdate(),
        )  # fmt: skip
    restrict(
        code=patient.code, ground="wish", wish="Stopped in the rehearsal of races", actor=keeper
    )


OTHER_WAYS: tuple[No, ...] = (_pause, _stop_all, _pause_all, _restrict)


def _send() -> None:
    from crm.messaging.dispatch import dispatch_due

    dispatch_due(10)


def rehearse(*, races: int, seed: int, ways: Sequence[No] = (_withdraw,)) -> Figures:
    """Race and count, each way to a no in turn. Needs Django set up, and a company to send by."""
    from django.utils import timezone

    from crm.messaging.models import Message

    dice, wording, figures = random.Random(seed), known_wording(), Figures()
    for number, patient in enumerate(agreeing_patients(races, seed=seed)):
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
        race(patient, message, dice, figures, ways[number % len(ways)])
    return figures


def without_lock() -> Any:
    """The control: consent is read, but its rows are not locked."""
    from privacy.consent.models import ConsentStateQuerySet

    def unlocked(self: Any, subject_ids: Any) -> list[Any]:
        return list(self.filter(subject_id__in=list(subject_ids)))

    return patch.object(ConsentStateQuerySet, "locked_for_sending", unlocked)


def _inside(races: int, switches: int, seed: int) -> int:
    with tempfile.TemporaryDirectory() as folder, company(Path(folder) / "gateway") as sms:
        adopt({**SHORT_WAITS, **sms.environment})
        figures = rehearse(races=races, seed=seed)
        print(f"withdrawals: {figures}")
        switched = rehearse(races=switches, seed=seed + 1, ways=OTHER_WAYS)
        print(f"switches: {switched}")
        with without_lock():
            control = rehearse(races=min(races, CONTROLS), seed=seed + 2)
        print(f"withdrawals without the lock: {control}")
    both = figures, switched
    return conclude(
        sum(one.races - one.late - one.errors for one in both),
        sum(one.races for one in both),
        f"withdrawals: {figures}; switches: {switched}",
        races=figures.races,
        switches=switched.races,
        late=figures.late + switched.late,
        errors=figures.errors + switched.errors,
        control=[control.races, control.late],
        seed=seed,
    )


def main(arguments: list[str] | None = None) -> int:
    """Races with the lock, and some without; exit code 1 if one with it came late."""
    parser = argparse.ArgumentParser(prog="withdrawal_races", description=__doc__)
    parser.add_argument("place", nargs="?", choices=["inside"], help=argparse.SUPPRESS)
    parser.add_argument("--races", type=int, default=RACES)
    parser.add_argument("--switches", type=int, default=SWITCHES)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    if asked.place:
        return _inside(asked.races, asked.switches, asked.seed)
    with fresh_database("bench_withdrawal_races") as environment:
        figures = [f"--races={asked.races}", f"--switches={asked.switches}", f"--seed={asked.seed}"]
        return inside("benchmarks.withdrawal_races", environment, *figures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
