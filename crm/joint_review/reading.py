"""The trail of one clinic in one period, as the grounds read it: ids, codes and times."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from crm.joint_review.models import ReviewItem
from crm.joint_review.rules import SETTLED
from crm.patients.models import Patient
from crm.staff.rules import off_hours
from crm.trail.selectors import WATCHED
from privacy.audit.events import Kind
from privacy.audit.models import (
    READER,
    AuditCheckpoint,
    AuditEvent,
    AuditSeal,
    acting_as,
    mac_key,
)
from privacy.audit.verification import genuine

CHUNK: Final = 2_000
COLUMNS: Final = ("id", "at", "kind", "action", "outcome", "actor", "role", "codes", "target",
                  "clinic")  # fmt: skip
SIGHTS: Final = frozenset({Kind.VIEW, Kind.REVEAL})


@dataclass(frozen=True, slots=True)
class Fact:
    """What an event says to the grounds."""

    id: UUID
    at: datetime
    kind: str
    action: str
    outcome: str
    actor: UUID | None
    role: str
    codes: tuple[str, ...]
    target: str

    @property
    def off_hours(self) -> bool:
        """Whether somebody looked, exported or printed while the clinic was closed."""
        return bool(self.actor) and self.kind in WATCHED and is_closed(self.at)

    @property
    def one_patient(self) -> str:
        """The code of the one patient somebody looked at; "" for lists and all other acts."""
        single = self.actor and self.kind in SIGHTS and len(self.codes) == 1
        return self.codes[0] if single else ""


def is_closed(at: datetime) -> bool:
    """Whether the clinic is closed at a moment, by its hours (whole hours of clinic time)."""
    opens, closes = settings.CLINIC_OPEN_FROM, settings.CLINIC_OPEN_UNTIL
    return off_hours(timezone.localtime(at), opens=opens, closes=closes)


def in_period(clinic_id: UUID, since: datetime, until: datetime) -> QuerySet[AuditEvent]:
    """What the clinic's console shows of a period: its own events, and jobs'. Read it under
    ``acting_as(READER)``; jobs' events on patients elsewhere are still among them."""
    rows = AuditEvent.objects.filter(at__gte=since, at__lt=until)
    return rows.filter(Q(clinic=clinic_id) | Q(clinic__isnull=True)).order_by("at", "id")


def facts_of(clinic_id: UUID, since: datetime, until: datetime) -> Iterator[Fact]:
    """The events of a period that are the clinic's, oldest first."""
    with acting_as(READER):
        rows = in_period(clinic_id, since, until).values_list(*COLUMNS)
        found = list(rows.iterator(chunk_size=CHUNK))
    own = _own(clinic_id, {code for one in found if not one[-1] for code in one[-3]})
    for key, at, kind, action, outcome, actor, role, codes, target, clinic in found:
        if clinic or not codes or not own.isdisjoint(codes):
            yield Fact(key, at, kind, action, outcome, actor, role, tuple(codes), target)


def _own(clinic_id: UUID, codes: set[str]) -> set[str]:
    if not codes:
        return set()
    patients = Patient.objects.filter(clinic_id=clinic_id, subject__code__in=codes)
    return set(patients.values_list("subject__code", flat=True))


def sights_a_day(
    clinic_id: UUID, since: datetime, until: datetime
) -> dict[tuple[UUID, str], dict[object, int]]:
    """How many views and reveals each person made on each day: (person, kind) -> day -> number."""
    found: dict[tuple[UUID, str], dict[object, int]] = {}
    with acting_as(READER):
        rows = AuditEvent.objects.filter(
            clinic=clinic_id, at__gte=since, at__lt=until, kind__in=SIGHTS, actor__isnull=False
        ).order_by()
        days = rows.annotate(day=TruncDate("at", tzinfo=timezone.get_current_timezone()))
        counted = days.values_list("actor", "kind", "day").annotate(n=Count("id"))
        for actor, kind, day, number in counted:
            if actor is not None:
                found.setdefault((actor, kind), {})[day] = number
    return found


@dataclass(frozen=True, slots=True)
class Stamp:
    """What vouches for an event: its digest, and its number in the sealed trail."""

    digest: str
    seq: int


def stamps_of(ids: Iterable[UUID], since: datetime, until: datetime) -> dict[UUID, Stamp]:
    """Digest and number of each event; the period lets the partitions do the work."""
    wanted, found = list(ids), {}
    with acting_as(READER):
        for first in range(0, len(wanted), CHUNK):
            part = wanted[first : first + CHUNK]
            events = AuditEvent.objects.filter(id__in=part, at__gte=since, at__lt=until)
            numbers = dict(
                AuditSeal.objects.filter(event_id__in=part).values_list("event_id", "seq")
            )
            for key, digest in events.values_list("id", "digest"):
                found[key] = Stamp(bytes(digest).hex(), numbers[key])
    return found


def waiting(since: datetime, until: datetime) -> bool:
    """Whether an event of the period has no seal yet: then it is too early to draw."""
    with acting_as(READER):
        sealed = AuditSeal.objects.filter(event_id=OuterRef("id"), event_at=OuterRef("at"))
        rows = AuditEvent.objects.filter(at__gte=since, at__lt=until)
        return rows.exclude(Exists(sealed)).exists()


def heads(since: datetime, until: datetime) -> tuple[int, AuditCheckpoint] | None:
    """The first checkpoint that holds an event of the period, and the one that closes it: the first
    that was sealed after its end, so that nobody chooses it by drawing sooner or later (the newest
    while there is none). None while nothing at all is sealed."""
    with acting_as(READER):
        every = AuditCheckpoint.objects.order_by("number")
        closing = every.filter(sealed_at__gte=until + SETTLED).first() or every.last()
        if closing is None:
            return None
        inside = AuditSeal.objects.filter(event_at__gte=since, event_at__lt=until)
        ends = inside.aggregate(first=Min("checkpoint"), last=Max("checkpoint"))
        if ends["last"] and ends["last"] > closing.number:
            closing = every.get(number=ends["last"])
        return ends["first"] or closing.number, closing


def checkpoint(number: int) -> AuditCheckpoint | None:
    """One signed head of the trail."""
    with acting_as(READER):
        return AuditCheckpoint.objects.filter(number=number).first()


def length(first: int, last: int) -> int:
    """How many events lie in a run of checkpoints."""
    start, end = checkpoint(first), checkpoint(last)
    return end.first_seq + end.count - start.first_seq if start and end else 0


def changed(items: Iterable[ReviewItem], since: datetime, until: datetime) -> tuple[int, ...]:
    """The numbers of those items whose event is gone, or no longer gives its digest and MAC."""
    wanted, key = list(items), mac_key()
    whole: dict[UUID, str] = {}
    with acting_as(READER):
        for first in range(0, len(wanted), CHUNK):
            part = [one.event_id for one in wanted[first : first + CHUNK]]
            for event in AuditEvent.objects.filter(id__in=part, at__gte=since, at__lt=until):
                if genuine(event, key):
                    whole[event.id] = bytes(event.digest).hex()
    return tuple(one.number for one in wanted if whole.get(one.event_id) != one.event_digest)


def events_of(items: Iterable[ReviewItem]) -> tuple[list[AuditEvent], dict[UUID, AuditSeal]]:
    """The events of some items with their seals, in the order of the items."""
    wanted = list(items)
    ids = [one.event_id for one in wanted]
    with acting_as(READER):
        events = AuditEvent.objects.filter(id__in=ids, at__in={one.event_at for one in wanted})
        found = {one.id: one for one in events}
        seals = {one.event_id: one for one in AuditSeal.objects.filter(event_id__in=ids)}
    return [found[key] for key in ids if key in found], seals
