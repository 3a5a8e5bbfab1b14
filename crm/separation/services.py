"""The nightly report: who stood on both sides of something nevertheless (ADR 0026)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from crm.separation import selectors
from crm.separation.events import SeparationEvent
from crm.staff.models import User
from privacy.access import separation
from privacy.access.separation import PAIRS, Breach, Pair
from privacy.audit import services as audit
from privacy.audit.models import AuditEvent
from privacy.audit.unhurried import unhurried

LONGEST: Final = timedelta(days=31)  # a worker that was away looks back no further


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of the last months, for the page."""

    event: AuditEvent
    pair: str
    who: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page of the separation of duties shows."""

    pairs: tuple[tuple[Pair, bool], ...]  # and whether a search looks for it
    checks: int
    last: AuditEvent | None
    found: list[Finding]


@unhurried()
@transaction.atomic
def search(*, process: str) -> list[Breach]:
    """Search what happened since the last report, a day back at least; book what is found.

    Each breach is an event, and each such event an alert.
    """
    until, last = timezone.now(), selectors.last_check()
    since = until - timedelta(days=1)
    if last is not None:
        since = max(min(since, last.at), until - LONGEST)
    found = separation.breaches(since, until)
    clinics = dict(User.objects.filter(pk__in=[one.person for one in found]).values_list(
        "pk", "clinic_id"))  # fmt: skip
    for one in found:
        audit.record(
            SeparationEvent.BREACH,
            process=process,
            clinic=clinics.get(one.person),
            target=f"staff:{one.person}",
            outcome="failed",
            detail={"pair": one.pair, "person": str(one.person), "what": one.target},
        )
    audit.record(
        SeparationEvent.CHECKED,
        process=process,
        outcome="failed" if found else "ok",
        detail={"found": len(found), "checks": len(separation.checks())},
    )
    return found


@transaction.atomic
def open_page(*, viewer: User) -> Overview:
    """The table and what was found lately; the look is an event."""
    audit.record(SeparationEvent.VIEWED, actor=viewer)
    events = selectors.found_lately(viewer)
    names = selectors.people_of(events)
    found = [
        Finding(one, str(one.detail.get("pair", "")), names.get(str(one.detail.get("person")), ""))
        for one in events
    ]
    pairs = tuple((pair, separation.is_searched(pair)) for pair in PAIRS)
    return Overview(pairs, len(separation.checks()), selectors.last_check(), found)
