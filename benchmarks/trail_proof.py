"""Proving the whole trail against raw SHA-256 of one core (goal 11), and what an event takes on
disk with its seal and all indexes (half of goal 15).
"""

import random
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from benchmarks.ratios import Figure, Goal, Size, in_turn, run_alone, timed

EVENTS, RUN_OF = 100_000, 2_000
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
ACTIONS = ("LISTED", "OPENED", "STAGE_CHANGED", "CONTACT_CHANGED")


def measure(size: Size) -> list[Goal]:
    """Fill, seal, then prove and hash in turn.

    The product has one proof, which does all of it in one process: both bounds judge that one.
    """
    from privacy.audit.verification import verify

    events = size.rows or size.of(EVENTS, 300)
    bodies = fill_trail(events, run_of=size.of(RUN_OF, 100))

    def raw() -> float:
        return timed(lambda: [sha256(body).digest() for body in bodies]) / len(bodies)

    def proof() -> float:
        began = time.perf_counter()
        found = verify()
        taken = time.perf_counter() - began
        if not found.whole or found.events < events:
            raise RuntimeError(f"the trail does not hold: {found}")
        return taken / events

    cases = {"raw": raw, "product": proof}
    turns = in_turn(cases, replace(size, turns=size.of(3, 1)), warm=0)
    speeds = [f"{name}: {1000 / turns.milliseconds(name):,.0f} events/s" for name in cases]
    return [
        Goal(
            11,
            "proof of the trail",
            [
                turns.figure("as the chain alone, times raw", "product", "raw", 0.55),
                turns.figure("chain, contents and MACs, times raw", "product", "raw", 0.30),
            ],
            speeds,
        ),
        Goal(15, "storage", *_on_disk(events)),
    ]


def fill_trail(count: int, *, run_of: int) -> list[bytes]:
    """Events as a working day writes them, by COPY and sealed; returns their canonical bytes."""
    from django.utils import timezone

    from privacy.audit.rules import canonical
    from privacy.audit.sealing import seal_once

    dice, bodies = random.Random(3), []
    staff = [(uuid4(), uuid4(), dice.randbytes(32)) for _ in range(20)]
    for start in range(0, count, run_of):
        now = timezone.now()
        rows = [_event(dice, staff, now, number) for number in range(min(run_of, count - start))]
        _copy_events(rows)
        bodies += [canonical(row.facts()) for row in rows]
        while seal_once().more:
            pass
    return bodies


def _event(dice: random.Random, staff: list[Any], now: datetime, number: int) -> Any:
    from crm.patients.events import PatientEvent
    from privacy.audit import rules
    from privacy.audit.models import AuditEvent, mac_key
    from privacy.pseudonyms.rules import make_code

    actor, clinic, session = dice.choice(staff)
    event = PatientEvent[dice.choice(ACTIONS)]
    row = AuditEvent(
        at=now - timedelta(microseconds=number), kind=event.kind, action=event.value,
        outcome="ok", actor=actor, role="consultant", process="", clinic=clinic, ip="10.0.3.17",
        agent=AGENT, session=session, request=UUID(bytes=dice.randbytes(16)),
        codes=[make_code(dice.randrange)], fields=["patientcontact.name"], purpose="", reason="",
        target="", count=1, detail={"before": "new", "after": "follow_up"},
    )  # fmt: skip
    row.digest = rules.digest(row.facts())
    row.mac = rules.mac(mac_key(), row.digest)
    return row


def _copy_events(rows: list[Any]) -> None:
    import json

    from django.db import connection

    from privacy.audit.services import COLUMNS

    at = COLUMNS.index("detail")
    with connection.cursor() as cursor:
        command = f"COPY privacy_auditevent ({', '.join(COLUMNS)}) FROM STDIN"
        with cursor.cursor.copy(command) as copy:
            for row in rows:
                values = [getattr(row, column) for column in COLUMNS]
                values[at] = json.dumps(row.detail, ensure_ascii=False)
                copy.write_row(values)


def _on_disk(events: int) -> tuple[list[Figure], list[str]]:
    from django.db import connection

    parts = {}
    with connection.cursor() as cursor:
        for part, like in (
            ("event", "privacy_auditevent%"),
            ("seal", "privacy_auditseal"),
            ("checkpoint", "privacy_auditcheckpoint"),
        ):
            cursor.execute(
                "SELECT sum(pg_relation_size(oid) + coalesce(pg_relation_size(nullif("
                "reltoastrelid, 0)), 0)), sum(pg_indexes_size(oid)) FROM pg_class "
                "WHERE relkind = 'r' AND relname LIKE %s",
                [like],
            )
            parts[part] = [float(one) / events for one in cursor.fetchone()]
    whole = sum(sum(pair) for pair in parts.values())
    said = [f"{name}: {heap:.0f} B + indexes {own:.0f} B" for name, (heap, own) in parts.items()]
    return [Figure("bytes of an event, all in", whole, 320, at_least=False)], said


def main() -> int:
    return run_alone("benchmarks.trail_proof")


if __name__ == "__main__":
    sys.exit(main())
