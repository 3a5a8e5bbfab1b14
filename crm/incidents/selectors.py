"""Incidents of the viewer's clinic, their clocks, and whom they touch."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from crm.alerts.selectors import subjects_of_clinic
from crm.incidents.models import Incident, IncidentStep
from crm.incidents.rules import Clock
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit.selectors import Filter, codes_in
from privacy.pseudonyms.models import Subject


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
    codes: list[str]  # of the patients affected


def incidents_visible_to(viewer: User) -> QuerySet[Incident]:
    """The clinic's incidents, newest first."""
    rows = Incident.objects.visible_to(viewer).prefetch_related("steps__author")
    return rows.select_related("alert", "suspect", "opened_by", "closed_by")


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


def affected_by(incident: Incident, viewer: User) -> list[Subject]:
    """The clinic's patients whom the incident touches, by code.

    Those of its alert, and those in the events of the suspect in its span; once it is closed,
    those that were found at the end.
    """
    if not incident.is_open:
        return subjects_of_clinic(viewer, incident.affected)
    codes = set(incident.alert.codes) if incident.alert else set()
    if incident.suspect_id:
        codes |= codes_in(
            Filter(
                actors=frozenset({incident.suspect_id}),
                since=incident.since,
                until=incident.until,
            )
        )
    return subjects_of_clinic(viewer, sorted(codes))


def colleagues(viewer: User) -> QuerySet[User]:
    """Staff of the clinic, active or not: whose acts an incident may be about."""
    return User.objects.filter(clinic_id=viewer.clinic_id).order_by("staff_no")
