"""Incidents of the viewer's clinic, their clocks, and whom they touch."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from crm.alerts.events import AlertEvent
from crm.honey.selectors import planted_in
from crm.incidents.events import IncidentEvent
from crm.incidents.models import DataKind, Incident, IncidentStep
from crm.incidents.rules import Clock
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit.row_changes import RowEvent
from privacy.audit.selectors import Filter, codes_in
from privacy.exports.events import ExportEvent
from privacy.exports.models import Export

# Looks at alerts and incidents name patients because they are affected, not the other way round.
ABOUT: Final = frozenset({*AlertEvent, *IncidentEvent})


@dataclass(frozen=True, slots=True)
class ClockShown:
    """One clock at one moment, as a page shows it. ``left`` is never negative; ``late`` says."""

    clock: Clock
    now: datetime

    @property
    def tone(self) -> str:
        return self.clock.tone(self.now)

    @property
    def late(self) -> bool:
        return self.clock.is_late(self.now)

    @property
    def left(self) -> timedelta:
        return abs(self.clock.left(self.now))


@dataclass(frozen=True, slots=True)
class Row:
    """An incident with both clocks."""

    incident: Incident
    triage: ClockShown
    report: ClockShown


@dataclass(frozen=True, slots=True)
class Opened:
    """One incident as its page shows it."""

    row: Row
    steps: list[IncidentStep]
    codes: list[str]  # of the patients affected, the first ones
    affected: int  # how many there are


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice is filled with; it names nobody."""

    incident: Incident
    affected: int
    kinds: list[str]  # codes of DataKind
    labels: list[str]  # their words, in the language of the notice
    steps: dict[str, list[IncidentStep]]  # by kind


def incidents_visible_to(viewer: User) -> QuerySet[Incident]:
    """The clinic's incidents, newest first."""
    rows = Incident.objects.visible_to(viewer).prefetch_related("steps__author").defer("affected")
    return rows.select_related(
        "alert", "suspect", "opened_by", "closed_by", "export", "span_person", "clinic"
    )


def incident_of(viewer: User, incident_id: UUID) -> Incident:
    """Raises: Incident.DoesNotExist also for one of another clinic."""
    return incidents_visible_to(viewer).get(pk=incident_id)


def row_of(incident: Incident) -> Row:
    """The incident with its clocks as they stand now."""
    now, steps = timezone.now(), list(incident.steps.all())
    return Row(
        incident,
        ClockShown(Clock(incident.triage_due_at, _first(steps, IncidentStep.STOPS_TRIAGE)), now),
        ClockShown(Clock(incident.report_due_at, _first(steps, IncidentStep.STOPS_REPORT)), now),
    )


def _first(steps: list[IncidentStep], kinds: tuple[IncidentStep.Kind, ...]) -> datetime | None:
    return min((one.created_at for one in steps if one.kind in kinds), default=None)


def run_out(now: datetime) -> list[tuple[Incident, str]]:
    """Open incidents of every clinic with a clock, "triage" or "report", that was not stopped in
    time (R23)."""
    found: list[tuple[Incident, str]] = []
    for clock, due, stops in (
        ("triage", "triage_due_at", IncidentStep.STOPS_TRIAGE),
        ("report", "report_due_at", IncidentStep.STOPS_REPORT),
    ):
        stopped = IncidentStep.objects.filter(incident=OuterRef("pk"), kind__in=stops)
        late = Incident.objects.open().filter(~Exists(stopped), **{f"{due}__lt": now})
        found += [(one, clock) for one in late]
    return found


def open_within(begins: datetime, ends: datetime) -> bool:
    """Whether an incident is open whose acts may lie in this time, of any clinic."""
    return Incident.objects.open().filter(since__lt=ends).exclude(until__lte=begins).exists()


def count_open(viewer: User) -> int:
    """Incidents that are not closed; 0 for whoever may not see them."""
    if not can(viewer, Permission.VIEW_ALERTS):
        return 0
    return Incident.objects.visible_to(viewer).open().count()


def affected_codes(incident: Incident, viewer: User) -> list[str]:
    """The codes of the clinic's patients whom the incident touches, in order.

    As chosen on its page, all that was chosen together; once it is closed, as it was at the end.
    Records that were invented to watch are nobody (T2).
    """
    if not incident.is_open:
        return sorted(incident.affected)
    own = Patient.objects.filter(clinic_id=viewer.clinic_id)
    if not incident.all_patients:
        own = own.filter(subject__code__in=_chosen(incident))
    return sorted({*own.values_list("subject__code", flat=True)} - planted_in(viewer))


def _chosen(incident: Incident) -> set[str]:
    codes = set(incident.listed)
    if incident.by_trail and incident.alert:
        codes |= set(incident.alert.codes)
    if incident.by_trail and incident.suspect_id:
        codes |= _in_events(incident.suspect_id, incident.since, incident.until)
    if incident.export:
        opened = Filter(
            action=ExportEvent.OPENED,
            target=incident.export.target,
            since=incident.export.asked_at,
        )
        codes |= codes_in(opened)
    if incident.span_since:
        codes |= _in_events(incident.span_person_id, incident.span_since, incident.span_until)
    return codes


def _in_events(person: UUID | None, since: datetime, until: datetime | None) -> set[str]:
    """Whom the acts of one person name, or those of everybody: of people, and rows that were
    changed by nobody known. What jobs do every day touches everybody and says nothing."""
    if person:
        return codes_in(Filter(actors=frozenset({person}), since=since, until=until))
    people = Filter(by_people=True, without=ABOUT, since=since, until=until)
    nobody = Filter(action=RowEvent.UNATTRIBUTED, since=since, until=until)
    return codes_in(people) | codes_in(nobody)


def notice_of(incident: Incident, viewer: User) -> Notice:
    """The facts of a notice as they stand now, or as they were at the end."""
    steps: dict[str, list[IncidentStep]] = {}
    for one in incident.steps.all():
        steps.setdefault(one.kind, []).append(one)
    labels = [str(kind.label) for kind in DataKind if kind in incident.data_kinds]
    affected = len(affected_codes(incident, viewer))
    return Notice(incident, affected, incident.data_kinds, labels, steps)


def exports_of(viewer: User) -> QuerySet[Export]:
    """The clinic's exports of which a file was built, newest first."""
    built = Export.objects.filter(clinic=viewer.clinic_id, built_at__isnull=False)
    return built.order_by("-built_at")


def colleagues(viewer: User) -> QuerySet[User]:
    """Staff of the clinic, active or not: whose acts an incident may be about."""
    return User.objects.filter(clinic_id=viewer.clinic_id).order_by("staff_no")
