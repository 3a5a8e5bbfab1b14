"""Who changed a row and when, as far as the second net can tell (ADR 0010).

A note belongs to the events of its transaction: it bears their numbers. Where there is none it is a
part's own bookkeeping, was laid down by setting up, may lie in an archive, or is UNATTRIBUTED.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.audit.models import READER, RowSeal, acting_as
from privacy.audit.retired import Retired
from privacy.audit.row_changes import RowEvent
from privacy.audit.row_sealing import own_reason

# An event bears the moment of its writing, a note that of the change: one transaction, two months.
NEAR_A_BORDER: Final = timedelta(hours=1)
EMPTIED, WHOLE_TABLE = "T", "*"  # operation and key of the note that a table was emptied
_NOTES = """
    SELECT at, operation, columns, context, db_role, xid::text::bigint
    FROM privacy_rowchange WHERE relation = %s AND row_key = ANY(%s) ORDER BY id
"""
_EVENTS = """
    SELECT event.xid::text::bigint, event.id, seal.seq, event.action, event.actor, event.process,
           event.clinic
    FROM privacy_auditevent AS event LEFT JOIN privacy_auditseal AS seal
      ON seal.event_id = event.id
    WHERE event.xid = ANY(%s::text[]::xid8[]) ORDER BY event.xid, event.id
"""


class Origin(StrEnum):
    """What answers for a change."""

    EVENTS = "events"
    OWN = "own"  # a part's bookkeeping, as listed
    SET_UP = "set_up"  # before the first seal of notes
    ARCHIVED = "archived"  # its events, if there are any, left with a retired month
    UNATTRIBUTED = "unattributed"


@dataclass(frozen=True, slots=True)
class Act:
    """An event of the same transaction. ``seq``: its number, None before its seal."""

    event_id: UUID
    seq: int | None
    action: str
    actor: UUID | None
    process: str
    clinic: UUID | None


@dataclass(frozen=True, slots=True)
class Note:
    """One change of the row. ``at`` is UTC; ``operation`` I, U, D, or T for the whole table."""

    at: datetime
    operation: str
    columns: list[str]
    context: str
    db_role: str
    xid: int
    origin: Origin
    acts: list[Act]
    why: str = ""  # of a part's own bookkeeping, or the month of the archive


@transaction.atomic
def read_notes(*, relation: str, row_key: str, actor: Actor) -> list[Note]:
    """All notes of one row, the oldest first; the look is booked.

    What was typed stands in the trail only if there are notes of that row: anything else might be
    a patient's number, entered in the wrong place.
    """
    with acting_as(READER):
        notes = _notes_of(relation, row_key)
    own = any(one.operation != EMPTIED for one in notes)
    target = f"{relation}:{row_key}"[:100] if own else "rows"
    audit.record(RowEvent.NOTES_READ, actor=actor, target=target, detail={"notes": len(notes)})
    return notes


def _notes_of(relation: str, row_key: str) -> list[Note]:
    with connection.cursor() as cursor:
        cursor.execute(_NOTES, [relation, [row_key, WHOLE_TABLE]])
        rows = cursor.fetchall()
    acts = _acts({row[-1] for row in rows})
    first = RowSeal.objects.order_by("number").first()
    retired = Retired.load()
    notes = []
    for at, operation, columns, context, db_role, xid in rows:
        its = acts.get(xid, [])
        own = own_reason(
            relation=relation, operation=operation, columns=columns, context=context,
            db_role=db_role,
        )  # fmt: skip
        set_up = context == "setup" and (first is None or xid < first.xid_to)
        months = _months_near(retired, at)
        origin, why = _origin(its, own=own, set_up=set_up, months=months)
        notes.append(Note(at, operation, columns, context, db_role, xid, origin, its, why))
    return notes


def _origin(
    acts: Sequence[Act], *, own: str, set_up: bool, months: Sequence[str]
) -> tuple[Origin, str]:
    if acts:
        return Origin.EVENTS, ""
    if own:
        return Origin.OWN, own
    if set_up:
        return Origin.SET_UP, ""
    if months:
        return Origin.ARCHIVED, " ".join(months)
    return Origin.UNATTRIBUTED, ""


def _months_near(retired: Retired, at: datetime) -> list[str]:
    """Retired months in which the events of a change at this moment may lie."""
    near = (at - NEAR_A_BORDER, at + NEAR_A_BORDER)
    return [one.month for one in retired.months if one.begins <= near[1] and near[0] < one.ends]


def _acts(xids: set[int]) -> dict[int, list[Act]]:
    found: dict[int, list[Act]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, [[str(one) for one in sorted(xids)]])
        for xid, *facts in cursor.fetchall():
            found[xid].append(Act(*facts))
    return found
