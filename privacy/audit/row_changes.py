"""What the second net noted, and whether it is still what was sealed (ADR 0010)."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind
from privacy.audit.models import READER, AuditEvent, RowSeal, acting_as
from privacy.audit.retired import Retired

Broken = tuple[int, UUID | None]  # number of a seal, 0 if it is gone, and its event
# Not under the net: the trail watches itself, the others hold nothing of a patient's or a rule's.
UNWATCHED: Final = {
    "privacy_auditevent": "append-only, sealed and signed by itself",
    "privacy_auditcheckpoint": "signed by itself",
    "privacy_auditseal": "covered by the checkpoints",
    "privacy_retiredmonth": "written once, with a MAC; the row in crm is watched",
    "privacy_rowchange": "the net",
    "privacy_rowseal": "the net's seal, told to the trail",
    "privacy_reconciliation": "how far the nightly comparison has come, with a MAC; what it finds "
    "is events",
    "crm_honeyrecord": "a note of the moment would lead to the invented patient; planting and "
    "retiring are events",
    "crm_trailplace": "how far the alerts have read the trail; every hour a day is read again",
    "crm_formsubmission": "keys of forms once sent, forgotten after a day",
    "crm_staffsession": "touched with every half minute of work; sign-ins, sign-outs and ends by "
    "somebody are events, running out is not; its data is signed with its own key",
    "crm_signinfailure": "the throttle's counters; each failure is an event",
}


class RowEvent(Event):
    """What the second net tells the trail."""

    SEALED = "rows.sealed", Kind.SYSTEM, _("Sealed the changes of rows")
    UNATTRIBUTED = "rows.unattributed", Kind.SYSTEM, _("Rows changed by nobody known")
    MISMATCH = "rows.mismatch", Kind.SYSTEM, _("A row is not what was last noted of it")
    RECONCILED = "rows.reconciled", Kind.SYSTEM, _("Compared all rows with their notes")
    NOTES_READ = "rows.notes_read", Kind.VIEW, _("Read who changed a row")


_ROW = """
    sha256(convert_to(jsonb_build_array(
      change.id, change.xid::text, (extract(epoch FROM change.at) * 1000000)::bigint,
      change.relation, change.operation, change.row_key, change.columns, change.boxes,
      change.context, change.db_role)::text, 'UTF8'))
"""
_NOTED = f"""
    SELECT count(*), sha256(coalesce(string_agg({_ROW}, ''::bytea ORDER BY xid, id), ''::bytea))
    FROM privacy_rowchange AS change
    WHERE xid >= %s::text::xid8 AND xid < %s::text::xid8
"""  # noqa: S608 - our own words only
_NOTED_OF_SEALS = f"""
    SELECT seal.number, noted.* FROM privacy_rowseal AS seal
    CROSS JOIN LATERAL ({_NOTED % ("seal.xid_from", "seal.xid_to")}) AS noted
    WHERE seal.number = ANY(%s)
"""  # noqa: S608 - our own words only
# What is looked at every night; of what is older a seventh, so that a week sees all of it.
LATELY: Final = timedelta(days=8)
NIGHTS: Final = 7
PAGE: Final = 500


def digest_of(start: int, end: int) -> tuple[int, bytes]:
    """How many rows changed in transactions ``start <= xid < end``, and the digest over them."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTED, [str(start), str(end)])
        count, digest = cursor.fetchone()
    return int(count), bytes(digest)


def broken_seals(retired: Retired, *, since: datetime | None = None) -> list[Broken]:
    """Seals that the rows, the order or their event no longer bear out: number and event.

    In: ``since``: of the seals before this moment only every seventh is held against its rows, on
    each day another; None: all are. The order of all of them is looked at in any case. When one
    was made is asked of its event, which is signed, and not of the row itself.
    Call it acting as the reader. Empty when all is well. The event of a seal may lie in an archive.
    """
    spoken = AuditEvent.objects.filter(action=RowEvent.SEALED.value)
    spoken = spoken.filter(at__gte=since) if since else spoken
    lately = set(spoken.values_list("id", flat=True)) if since else set()
    found: list[Broken] = []
    expected, start = 1, 0
    seals = RowSeal.objects.order_by("number").iterator()

    def is_due(seal: RowSeal) -> bool:
        turn = since is None or seal.number % NIGHTS == since.toordinal() % NIGHTS
        return turn or seal.event_id in lately

    while page := list(islice(seals, PAGE)):
        wrong = _not_borne_out([one for one in page if is_due(one)], retired)
        for seal in page:
            in_order = (seal.number, seal.xid_from) == (expected, start)
            if not in_order or seal.number in wrong:
                found.append((seal.number, seal.event_id))
            expected, start = seal.number + 1, seal.xid_to
    # A tail that was cut leaves events whose seal is gone.
    gone = ~Exists(RowSeal.objects.filter(event_id=OuterRef("pk")))  # NOT IN would be quadratic
    found += [(0, one) for one in spoken.filter(gone).values_list("id", flat=True)]
    return found


def waits_since() -> datetime | None:
    """When the oldest note without a seal was written; None if all are sealed."""
    with acting_as(READER), connection.cursor() as cursor:
        last = RowSeal.objects.order_by("number").last()
        cursor.execute(
            "SELECT min(at) FROM privacy_rowchange WHERE xid >= %s::text::xid8",
            [str(last.xid_to if last else 0)],
        )
        oldest: datetime | None = cursor.fetchone()[0]
    return oldest


def _not_borne_out(seals: list[RowSeal], retired: Retired) -> set[int]:
    """Numbers of seals whose rows, or whose event, say something else."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTED_OF_SEALS, [[seal.number for seal in seals]])
        noted = {number: (count, bytes(digest)) for number, count, digest in cursor.fetchall()}
    ids = [seal.event_id for seal in seals]
    events = AuditEvent.objects.filter(id__in=ids, action=RowEvent.SEALED.value)
    told = dict(events.values_list("id", "detail"))
    return {
        seal.number
        for seal in seals
        if noted.get(seal.number) != (seal.count, bytes(seal.digest))
        or not (
            told[seal.event_id] == _told(seal)
            if seal.event_id in told
            else retired.knows(seal.event_id)
        )
    }


def _told(seal: RowSeal) -> dict[str, Any]:
    return {
        "from": str(seal.xid_from),
        "to": str(seal.xid_to),
        "rows": seal.count,
        "sha256": bytes(seal.digest).hex(),
    }
