"""kill -9 on Postgres while patients are registered and the trail is sealed.

``make bench ARGS="kill_postgres --kills=25"``: writers register, a sealer seals; the server is
killed with all its children at a random moment and started again. Nothing that was acknowledged
may be missing, nothing may be there twice, every change has its event, the trail verifies.
"""

import argparse
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.books import Books, check
from benchmarks.outcome import tell
from benchmarks.servers import Servers, become_part, servers

KILLS, SEED, WRITERS, PATIENCE_SECONDS = 25, 20261122, 2, 60.0
AT_LEAST = 2  # acknowledged since the last start, so that a kill meets work
LONGEST = 0.8  # seconds from there to the kill


@dataclass
class Ledger:
    """What the writers were told: the truth outside the database."""

    acknowledged: set[Any] = field(default_factory=set)
    broken_off: int = 0  # may have been committed or not
    since_start: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, key: Any) -> None:
        with self.lock:
            self.acknowledged.add(key)
            self.since_start += 1

    def note_fault(self) -> None:
        with self.lock:
            self.broken_off += 1


class Again(threading.Thread):
    """Does ``work`` again and again; a lost database is waited for. The first error that is no
    such thing is kept."""

    def __init__(self, work: Callable[[], None], on_loss: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._work, self._on_loss, self._over = work, on_loss, threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        from django.db import InterfaceError, OperationalError, connection

        while not self._over.is_set():
            try:
                self._work()
            except (OperationalError, InterfaceError):
                self._on_loss()
                connection.close()
                time.sleep(0.05)
            except Exception as fault:  # noqa: BLE001  kept, and shown by the figures
                self.error = fault
                return
        connection.close()

    def stop(self) -> None:
        self._over.set()
        self.join()


def register(actor: Any, dice: random.Random, ledger: Ledger) -> None:
    """One patient, by the service; noted once the answer is there."""
    from crm.patients.services.registration import Registration, register_or_warn

    name = "".join(chr(dice.randrange(0x4E00, 0x9FA5)) for _ in range(3))
    phone = f"+861{dice.randrange(3_000_000_000, 9_999_999_999)}"
    outcome = register_or_warn(
        registration=Registration(name=name, phone=phone, chief_complaint="复查"), actor=actor
    )
    if outcome.patient is not None:
        ledger.note(outcome.patient.pk)


def seal() -> None:
    from privacy.audit.sealing import seal_once

    seal_once()
    time.sleep(0.02)


def front_desk() -> Any:
    """Somebody who may register, without a cap on what is looked up."""
    from datetime import date

    from django.conf import settings

    from crm.staff.models import Clinic, User
    from privacy.access.policy import Role

    settings.LOOKUPS_A_MINUTE = 10**9
    clinic = Clinic.objects.create(name="演练用门诊")
    return User.objects.create_user(
        staff_no="b1", password=f"{random.SystemRandom().random()}", display_name="员工",
        role=Role.FRONT_DESK, clinic=clinic, cleared_until=date.max,
    )  # fmt: skip


def rehearse(of: Servers, *, kills: int, seed: int) -> tuple[Ledger, list[Exception]]:
    """Kill and start again, ``kills`` times, while the writers and the sealer are at it."""
    from django.db import connection

    ledger, dice, actor = Ledger(), random.Random(seed), front_desk()
    connection.close()  # this thread's own would die with the server
    throws = [random.Random(seed + n + 1) for n in range(WRITERS)]
    hands = [
        Again(lambda one=one: register(actor, one, ledger), ledger.note_fault) for one in throws
    ]
    hands.append(Again(seal, lambda: None))
    for hand in hands:
        hand.start()
    for number in range(kills):
        wait_for_work(ledger, hands)
        time.sleep(dice.uniform(0, LONGEST))
        of.postgres.kill()
        with ledger.lock:
            ledger.since_start = 0
        of.postgres_again()
        sys.stderr.write(f"\r{number + 1} kills, {len(ledger.acknowledged)} acknowledged")
    wait_for_work(ledger, hands)
    for hand in hands:
        hand.stop()
    return ledger, [hand.error for hand in hands if hand.error]


def wait_for_work(ledger: Ledger, hands: list[Again]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while ledger.since_start < AT_LEAST and not any(hand.error for hand in hands):
        if time.monotonic() > deadline:
            raise RuntimeError("nobody could write after the server came back")
        time.sleep(0.01)


def conclude(kills: int, ledger: Ledger, errors: list[Exception], books: Books) -> int:
    from crm.patients.models import Patient

    there = set(Patient.objects.values_list("pk", flat=True))
    lost, extra = len(ledger.acknowledged - there), len(there - ledger.acknowledged)
    doubled = max(0, extra - ledger.broken_off)
    bad = lost + doubled + books.bad + len(errors)
    text = (
        f"{kills} kills while {len(ledger.acknowledged)} patients were registered "
        f"({ledger.broken_off} broken off, {extra} of them committed): {lost} lost, {doubled} "
        f"more than asked for, {len(errors)} odd errors {errors or ''}; {books}"
    )
    return tell(max(0, kills - bad), kills, text)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if something was lost, doubled, or left without its event."""
    parser = argparse.ArgumentParser(prog="kill_postgres", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    with servers() as of:
        become_part(of)
        ledger, errors = rehearse(of, kills=asked.kills, seed=asked.seed)
        sys.stderr.write("\n")
        return conclude(asked.kills, ledger, errors, check(of.owner_url))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
