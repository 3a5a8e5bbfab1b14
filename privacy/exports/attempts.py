"""What somebody tried to take out of the house: the last look at who leaves (W14, step 5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from django.utils.functional import Promise

from privacy.actors import Actor
from privacy.audit import selectors as trail
from privacy.audit.events import Kind, Registry
from privacy.audit.selectors import Filter
from privacy.exports.events import ExportEvent
from privacy.exports.models import Export
from privacy.exports.rules import parse_export_code, show_export_code

SPAN: Final = timedelta(days=30)
MOST: Final = 50  # lines of one kind; who has more is looked into in the trail itself
_DONE: Final = "ok"
# Booked in the requester's name by the builder, or said about somebody else's export.
_NO_ATTEMPTS: Final = frozenset(
    {
        ExportEvent.OPENED, ExportEvent.BUILT, ExportEvent.DESTROYED,
        ExportEvent.AGREED, ExportEvent.APPROVED, ExportEvent.REFUSED,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line: when, what, of which export ("" for what names none), and whether it was let."""

    at: datetime
    what: Promise | str
    code: str
    refused: bool


def attempts_of(person: Actor, *, now: datetime) -> list[Attempt]:
    """Exports of any kind that the person asked for, took or was refused within SPAN before
    ``now``, newest first; no patients. Three statements, however many there are."""
    since = now - SPAN
    found = [*_acts(person, since), *_refusals(person, since), *_decided(person, since)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _acts(person: Actor, since: datetime) -> Iterator[Attempt]:
    wanted = Filter(
        actors=frozenset({person.pk}), kind=Kind.EXPORT.value, since=since, without=_NO_ATTEMPTS
    )
    for event in trail.find(wanted, limit=MOST).events:
        what = Registry.label(event.action)
        yield Attempt(event.at, what, _code(event.target), event.outcome != _DONE)


def _refusals(person: Actor, since: datetime) -> Iterator[Attempt]:
    """By the product: a door that is closed to the role, a field it does not see, a wrong code."""
    actors = frozenset({person.pk})
    wanted = Filter(actors=actors, kind=Kind.DENIAL.value, since=since, about="export")
    for event in trail.find(wanted, limit=MOST).events:
        what = Registry.label(event.action)
        yield Attempt(event.at, what, _code(event.target), refused=True)


def _decided(person: Actor, since: datetime) -> Iterator[Attempt]:
    """By an approver: that event is theirs, the row names the requester."""
    rows = Export.objects.filter(
        requester_id=person.pk, state=Export.State.REFUSED, closed_at__gt=since
    )
    for row in rows.order_by("-closed_at")[:MOST]:
        at = cast("datetime", row.closed_at)  # export_ends_without_a_key
        yield Attempt(at, ExportEvent.REFUSED.label, row.spaced_code, refused=True)


def _code(target: str) -> str:
    code = parse_export_code(target.removeprefix("export:"))
    return show_export_code(code) if code else ""
