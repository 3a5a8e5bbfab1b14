"""Seals over row changes, and alarms for the changes nobody answers for.

A row change belongs to the events of its transaction. One without any event is a job's, if a part
of the product was connected, and UNATTRIBUTED otherwise: a shell, psql, a migration (ADR 0010).
"""

from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from privacy.audit import services as audit
from privacy.audit.horizon import alone, horizon_beyond
from privacy.audit.models import SEALER, RowSeal, acting_as
from privacy.audit.row_changes import RowEvent, digest_of

# Parts of the product, as they name themselves to the database (SUIAN_PROCESS).
PARTS: Final = ("web", "worker", "exporter", "sealer", "beat", "setup")
MOST_ALARMS: Final = 50  # events a pass; the last of them counts the rest
LOCK = "suian row sealer"
_ALARMS = """
    SELECT relation, operation, context, db_role, count(*),
           (array_agg(row_key ORDER BY id))[1]
    FROM privacy_rowchange AS change
    WHERE xid >= %s::text::xid8 AND xid < %s::text::xid8 AND context <> ALL(%s)
      AND NOT EXISTS (SELECT FROM privacy_auditevent AS event WHERE event.xid = change.xid)
    GROUP BY relation, operation, context, db_role
    ORDER BY min(id)
"""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Changes of one table from one hand that no event and no part of the product answers for."""

    relation: str
    operation: str
    context: str
    db_role: str
    rows: int
    row_key: str  # of the first of them


@transaction.atomic
def seal_row_changes() -> RowSeal | None:
    """Digest what changed since the last seal, tell it to the trail, raise what nobody answers for.

    Out: the new seal; None if nothing changed, or another sealer is at it.
    The digest stands in an event, which the trail's own checkpoints seal and sign.
    Raises: SealerBehind after a dump was restored into another server.
    """
    with acting_as(SEALER):
        if not alone(LOCK):
            return None
        last = RowSeal.objects.order_by("number").last()
        start = last.xid_to if last else 0
        end = horizon_beyond(start).until
        count, digest = digest_of(start, end) if end > start else (0, b"")
        if not count:
            return None
        alarms = _alarms(start, end)
    number = last.number + 1 if last else 1
    receipt = audit.record(
        RowEvent.SEALED,
        process="sealer",
        target=f"rows:{number}",
        detail={"from": str(start), "to": str(end), "rows": count, "sha256": digest.hex()},
    )
    _raise(alarms)
    seal = RowSeal(
        number=number,
        sealed_at=timezone.now(),
        xid_from=start,
        xid_to=end,
        count=count,
        digest=digest,
        event_id=receipt.event_id,
    )
    with acting_as(SEALER):
        RowSeal.objects.bulk_create([seal])  # plain INSERT: the role may not UPDATE
    return seal


def _alarms(start: int, end: int) -> list[Alarm]:
    with connection.cursor() as cursor:
        cursor.execute(_ALARMS, [str(start), str(end), list(PARTS)])
        return [Alarm(*row) for row in cursor.fetchall()]


def _raise(alarms: list[Alarm]) -> None:
    for place, one in enumerate(alarms[:MOST_ALARMS], 1):
        left = len(alarms) - place if place == MOST_ALARMS else 0
        audit.record(
            RowEvent.UNATTRIBUTED,
            process="sealer",
            target=f"{one.relation}:{one.row_key}"[:100],
            outcome="failed",
            detail={
                "operation": one.operation,
                "rows": one.rows,
                "context": one.context or "none",
                "db_role": one.db_role,
                **({"more": left} if left else {}),
            },
        )
