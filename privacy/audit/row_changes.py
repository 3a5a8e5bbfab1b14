"""The second net's own bookkeeping: seals over row changes, and the changes nobody answers for.

A row change belongs to the events of its transaction. One without any event is a job's, if a part
of the product was connected, and UNATTRIBUTED otherwise: a shell, psql, a migration (ADR 0010).
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.audit import services as audit
from privacy.audit.events import Event, Kind
from privacy.audit.models import SEALER, AuditEvent, RowSeal, acting_as
from privacy.audit.sealing import SETTLED

PARTS: Final = (
    "web",
    "worker",
    "beat",
    "setup",
)  # what signs its connections with a name (SUIAN_PROCESS)
MOST_ALARMS: Final = 50  # events a pass; the rest is counted in the last of them
LOCK = "suian row sealer"
# Not under the net: the trail watches itself, the others hold nothing of a patient's or a rule's.
UNWATCHED: Final = {
    "privacy_auditevent": "append-only, sealed and signed by itself",
    "privacy_auditcheckpoint": "signed by itself",
    "privacy_auditseal": "covered by the checkpoints",
    "privacy_rowchange": "the net",
    "privacy_rowseal": "the net's seal, told to the trail",
    "crm_formsubmission": "keys of forms once sent, forgotten after a day",
    "crm_staffsession": "touched with every half minute of work; beginnings and ends are events, "
    "and its data is signed with its own key",
    "crm_signinfailure": "the throttle's counters; each failure is an event",
}


class RowEvent(Event):
    """What the second net tells the trail."""

    SEALED = "rows.sealed", Kind.SYSTEM, _("Sealed the changes of rows")
    UNATTRIBUTED = "rows.unattributed", Kind.SYSTEM, _("Rows changed by nobody known")


@dataclass(frozen=True, slots=True)
class Alarm:
    """Changes of one table from one hand that no event and no part of the product answers for."""

    relation: str
    operation: str
    context: str
    db_role: str
    rows: int
    row_key: str  # of the first of them


_ROW = """
    sha256(convert_to(jsonb_build_array(
      change.id, change.xid::text, (extract(epoch FROM change.at) * 1000000)::bigint,
      change.relation, change.operation, change.row_key, change.columns, change.boxes,
      change.context, change.db_role)::text, 'UTF8'))
"""
_UNTIL = SETTLED + " SELECT until::text::bigint FROM horizon"  # noqa: S608 - our own words only
_DIGEST = f"""
    SELECT count(*), sha256(coalesce(string_agg({_ROW}, ''::bytea ORDER BY xid, id), ''::bytea))
    FROM privacy_rowchange AS change
    WHERE xid >= %s::text::xid8 AND xid < %s::text::xid8
"""  # noqa: S608 - our own words only
_ALARMS = """
    SELECT relation, operation, context, db_role, count(*),
           (array_agg(row_key ORDER BY id))[1]
    FROM privacy_rowchange AS change
    WHERE xid >= %s::text::xid8 AND xid < %s::text::xid8 AND context <> ALL(%s)
      AND NOT EXISTS (SELECT FROM privacy_auditevent AS event WHERE event.xid = change.xid)
    GROUP BY relation, operation, context, db_role
    ORDER BY min(id)
"""


@transaction.atomic
def seal_row_changes() -> RowSeal | None:
    """Digest what changed since the last seal, tell it to the trail, raise what nobody answers for.

    Out: the new seal; None if nothing changed, or another sealer is at it.
    The digest stands in an event, which the trail's own checkpoints seal and sign.
    """
    with acting_as(SEALER):
        if not _alone():
            return None
        last = RowSeal.objects.order_by("number").last()
        start = last.xid_to if last else 0
        end = _settled()
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


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [LOCK])
        return bool(cursor.fetchone()[0])


def _settled() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UNTIL)
        return int(cursor.fetchone()[0])


def digest_of(start: int, end: int) -> tuple[int, bytes]:
    """How many rows changed in transactions ``start <= xid < end``, and the digest over them."""
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, [str(start), str(end)])
        count, digest = cursor.fetchone()
    return int(count), bytes(digest)


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


def broken_seals() -> list[tuple[int, UUID | None]]:
    """Seals that the rows, the order or their event no longer bear out: number and event.

    Call it acting as the reader. Empty when all is well.
    """
    found: list[tuple[int, UUID | None]] = []
    expected, start = 1, 0
    for seal in RowSeal.objects.order_by("number").iterator():
        told = AuditEvent.objects.filter(id=seal.event_id, action=RowEvent.SEALED.value).first()
        sound = (
            (seal.number, seal.xid_from) == (expected, start)
            and digest_of(seal.xid_from, seal.xid_to) == (seal.count, bytes(seal.digest))
            and told is not None
            and told.detail == _told(seal)
        )
        if not sound:
            found.append((seal.number, seal.event_id))
        expected, start = seal.number + 1, seal.xid_to
    # A tail that was cut leaves events whose seal is gone.
    spoken = AuditEvent.objects.filter(action=RowEvent.SEALED.value)
    held = RowSeal.objects.values("event_id")
    found += [(0, one) for one in spoken.exclude(id__in=held).values_list("id", flat=True)]
    return found


def _told(seal: RowSeal) -> dict[str, Any]:
    return {
        "from": str(seal.xid_from),
        "to": str(seal.xid_to),
        "rows": seal.count,
        "sha256": bytes(seal.digest).hex(),
    }
