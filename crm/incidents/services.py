"""Declaring incidents, noting what is done, closing them. All of it stands in the trail (R23)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.alerts import selectors as alerts
from crm.incidents import rules, selectors
from crm.incidents.events import IncidentEvent
from crm.incidents.models import Incident, IncidentStep
from crm.incidents.selectors import Opened
from crm.staff.models import User
from crm.web.cells import BOM, csv_text
from privacy.audit import services as audit
from privacy.errors import AccessDenied, DomainError

Kind = IncidentStep.Kind


@transaction.atomic
def book_list(*, viewer: User) -> None:
    """Book the look at the list."""
    audit.record(IncidentEvent.LISTED, actor=viewer)


@transaction.atomic
def declare(
    *,
    title: str,
    known_at: datetime,
    since: datetime,
    until: datetime | None,
    suspect: User | None,
    actor: User,
    alert_id: UUID | None = None,
) -> Incident:
    """Open an incident; its clocks run from ``known_at`` (aware, not in the future).

    Raises: DomainError for a moment to come; Alert.DoesNotExist if the alert is not for the actor.
    """
    if known_at > timezone.now():
        raise DomainError(_("This moment has not come yet."))
    incident = Incident.objects.create(
        clinic=actor.clinic,
        alert=alerts.alert_of(actor, alert_id) if alert_id else None,
        title=title,
        known_at=known_at,
        triage_due_at=known_at + rules.TRIAGE,
        report_due_at=known_at + rules.REPORT,
        suspect=suspect,
        since=since,
        until=until,
        opened_by=actor,
    )
    audit.record(
        IncidentEvent.OPENED,
        actor=actor,
        target=incident.target,
        reason=title,
        detail={"alert": str(alert_id or ""), "suspect": str(suspect.pk if suspect else "")},
    )
    return incident


@transaction.atomic
def open_incident(*, viewer: User, incident_id: UUID) -> Opened:
    """One incident with clocks, steps and affected codes; the look names the codes it shows.

    Raises: Incident.DoesNotExist if it is not there for this viewer.
    """
    incident = selectors.incident_of(viewer, incident_id)
    subjects = selectors.affected_by(incident, viewer)
    audit.record(IncidentEvent.VIEWED, actor=viewer, target=incident.target, subjects=subjects)
    return Opened(
        row=selectors.row_of(incident),
        steps=list(incident.steps.all()),
        codes=[one.code for one in subjects],
    )


@transaction.atomic
def add_step(*, incident_id: UUID, kind: str, text: str, actor: User) -> IncidentStep:
    """Note what was done. Raises: DomainError once it is closed; Incident.DoesNotExist."""
    incident = _locked_open(incident_id, actor)
    step = IncidentStep(incident=incident, author=actor, kind=kind, text=text)
    step.save(force_insert=True)
    audit.record(
        IncidentEvent.STEP_ADDED,
        actor=actor,
        target=incident.target,
        reason=text,
        detail={"kind": kind},
    )
    return step


@transaction.atomic
def close(*, incident_id: UUID, summary: str, actor: User) -> Incident:
    """End the incident, with the affected patients as they are known now.

    Raises: DomainError while one of the clocks runs, or once it is closed; AccessDenied for
        whose acts it is about (ADR 0026); Incident.DoesNotExist.
    """
    incident = _locked_open(incident_id, actor)
    if incident.suspect_id == actor.pk:
        raise AccessDenied(_("It is about you: somebody else closes it."))
    row = selectors.row_of(incident)
    if not (row.triage.clock.stopped_at and row.report.clock.stopped_at):
        raise DomainError(
            _("Note the internal report first, and the report to the authority or why none is due.")
        )
    subjects = selectors.affected_by(incident, actor)
    incident.affected = [one.code for one in subjects]
    incident.closed_by, incident.closed_at = actor, timezone.now()
    incident.summary = summary
    incident.save()
    audit.record(
        IncidentEvent.CLOSED,
        actor=actor,
        target=incident.target,
        reason=summary,
        subjects=subjects,
    )
    return incident


@transaction.atomic
def export_codes(*, viewer: User, incident_id: UUID) -> str:
    """The affected patients' codes as CSV. Raises: Incident.DoesNotExist."""
    incident = selectors.incident_of(viewer, incident_id)
    subjects = selectors.affected_by(incident, viewer)
    audit.record(
        IncidentEvent.CODES_EXPORTED, actor=viewer, target=incident.target, subjects=subjects
    )
    return csv_text([("code",), *((one.code,) for one in subjects)], start=BOM)


def _locked_open(incident_id: UUID, actor: User) -> Incident:
    incident = Incident.objects.visible_to(actor).select_for_update().get(pk=incident_id)
    if not incident.is_open:
        raise DomainError(_("This incident is closed."))
    return incident
