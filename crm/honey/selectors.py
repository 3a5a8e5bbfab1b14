"""Which records are honey, and who went for them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crm.honey import rules
from crm.honey.models import HoneyRecord, mark_of
from crm.staff.models import User
from privacy.audit.selectors import Filter, walk
from privacy.errors import Unreadable


def live_marks() -> frozenset[bytes]:
    """The marks of all records that watch now, of every clinic: for the alerts."""
    return frozenset(
        bytes(one) for one in HoneyRecord.objects.live().values_list("mark", flat=True)
    )


def honey_among(codes: list[str], marks: frozenset[bytes]) -> list[str]:
    """Those of the codes that are honey by ``marks``."""
    return [code for code in codes if mark_of(code) in marks]


def planted_in(viewer: User) -> frozenset[str]:
    """The codes of all invented patients of the viewer's clinic, those that watch no more as well.

    By their boxes, not by marks: a mark of every code of a large clinic takes seconds.
    """
    return frozenset(filter(None, map(_code, HoneyRecord.objects.visible_to(viewer))))


@dataclass(frozen=True, slots=True)
class Watch:
    """One record as the page shows it; ``code`` is "" if its box does not open."""

    row: HoneyRecord
    code: str
    touched_at: datetime | None
    touched_by: User | None


def watches_of(viewer: User) -> list[Watch]:
    """All records of the viewer's clinic, those that watch first, with who last went for each."""
    rows = HoneyRecord.objects.visible_to(viewer).select_related("planted_by", "retired_by")
    ordered = rows.order_by("-retired_on", "-planted_on", "pk")
    codes = {one.pk: _code(one) for one in ordered}
    last = _last_touches(frozenset(filter(None, codes.values())))
    people = User.objects.in_bulk({actor for _at, actor in last.values()})
    found = []
    for row in ordered:
        at, actor = last.get(codes[row.pk], (None, None))
        found.append(Watch(row, codes[row.pk], at, people.get(actor) if actor else None))
    return sorted(found, key=lambda one: one.row.retired_on is not None)


def _code(row: HoneyRecord) -> str:
    try:
        return row.plain_code()
    except Unreadable:
        return ""


def _last_touches(codes: frozenset[str]) -> dict[str, tuple[datetime, UUID]]:
    last: dict[str, tuple[datetime, UUID]] = {}
    if not codes:
        return last
    for events in walk(Filter(codes=codes, without=rules.IN_PASSING, by_people=True)):
        for event in events:
            if event.actor is not None and rules.is_touch(event.action, event.detail):
                for code in codes.intersection(event.codes):
                    last.setdefault(code, (event.at, event.actor))
        if len(last) == len(codes):
            break
    return last
