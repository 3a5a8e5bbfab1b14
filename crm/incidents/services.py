"""Declaring incidents, noting what is done, closing them. All of it stands in the trail (R23)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.alerts import selectors as alerts
from crm.incidents import rules, selectors
from crm.incidents.events import IncidentEvent
from crm.incidents.models import Incident, IncidentStep
from crm.incidents.selectors import Notice, Opened
from crm.staff.models import User
from crm.web.cells import BOM, csv_text
from privacy.audit import services as audit
from privacy.errors import AccessDenied, DomainError
from privacy.exports.models import Export
from privacy.pseudonyms.models import Subject

Kind = IncidentStep.Kind
SHOWN: Final = 200  # codes on a page
PART: Final = 1000  # codes in one event


@dataclass(frozen=True, slots=True)
class Scope:
    """Who is affected: all that is chosen counts together. Moments are aware; None: not chosen."""

    by_trail: bool = True  # the alert's patients, and those in the events of the account
    all_patients: bool = False
    listed: tuple[str, ...] = ()  # codes
    export: Export | None = None  # the patients of its rows
    span_since: datetime | None = None  # seen or changed in this time
    span_until: datetime | None = None
    span_person: User | None = None  # by this person; None: by anybody


@dataclass(frozen=True, slots=True)
class Description:
    """What the notices tell besides (PIPL 57): kinds of data, why, what may come of it, whom to
    ask; to patients also what happened and what was done, in words written for them."""

    data_kinds: tuple[str, ...] = ()
    cause: str = ""
    harm: str = ""
    told_happened: str = ""
    told_done: str = ""
    contact: str = ""


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
    codes = selectors.affected_codes(incident, viewer)
    subjects = alerts.subjects_of_clinic(viewer, codes[:SHOWN])
    audit.record(IncidentEvent.VIEWED, actor=viewer, target=incident.target, subjects=subjects)
    return Opened(
        row=selectors.row_of(incident),
        steps=list(incident.steps.all()),
        codes=codes[:SHOWN],
        affected=len(codes),
    )


@transaction.atomic
def choose_scope(*, incident_id: UUID, scope: Scope, actor: User) -> Incident:
    """Choose how the affected are found; they are counted anew at every look.

    Raises: DomainError once it is closed, and for a span that is none; AccessDenied for whose acts
        it is about; Incident.DoesNotExist.
    """
    incident = _locked_open(incident_id, actor)
    _refuse_the_suspect(incident, actor)
    since, until = scope.span_since, scope.span_until
    if since is None and (until or scope.span_person):
        raise DomainError(_("Say from when on."))
    if since and until and until <= since:
        raise DomainError(_("The end lies before the beginning."))
    incident.by_trail, incident.all_patients = scope.by_trail, scope.all_patients
    incident.listed, incident.export = sorted(scope.listed), scope.export
    incident.span_since, incident.span_until = since, until
    incident.span_person = scope.span_person
    incident.save()
    audit.record(
        IncidentEvent.SCOPED,
        actor=actor,
        target=incident.target,
        detail={
            "trail": int(scope.by_trail),
            "all": int(scope.all_patients),
            "listed": len(scope.listed),
            "export": scope.export.code if scope.export else "",
            "since": since.isoformat() if since else "",
            "until": until.isoformat() if until else "",
            "staff": scope.span_person.staff_no if scope.span_person else "",
            "affected": len(selectors.affected_codes(incident, actor)),
        },
    )
    return incident


@transaction.atomic
def describe(*, incident_id: UUID, told: Description, actor: User) -> Incident:
    """Write what the notices tell. Raises: DomainError once it is closed, or for numbers of people
    in it; Incident.DoesNotExist.
    """
    incident = _locked_open(incident_id, actor)
    incident.data_kinds, incident.contact = list(told.data_kinds), told.contact
    incident.cause, incident.harm = told.cause, told.harm
    incident.told_happened, incident.told_done = told.told_happened, told.told_done
    incident.save()
    audit.record(
        IncidentEvent.DESCRIBED,
        actor=actor,
        target=incident.target,
        reason="\n".join(filter(None, [told.told_happened, told.cause, told.harm, told.told_done])),
        detail={"kinds": " ".join(told.data_kinds)},
    )
    return incident


@transaction.atomic
def open_notice(*, viewer: User, incident_id: UUID, notice: str) -> Notice:
    """A notice with the incident's facts, to be printed; the look is a print (R23).

    In: ``notice`` which text in which language, for the event. It names nobody.
    Raises: Incident.DoesNotExist.
    """
    incident = selectors.incident_of(viewer, incident_id)
    audit.record(
        IncidentEvent.NOTICE_PRINTED,
        actor=viewer,
        target=incident.target,
        detail={"notice": notice},
    )
    return selectors.notice_of(incident, viewer)


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
    _refuse_the_suspect(incident, actor)
    row = selectors.row_of(incident)
    if not (row.triage.clock.stopped_at and row.report.clock.stopped_at):
        raise DomainError(
            _("Note the internal report first, and the report to the authority or why none is due.")
        )
    codes = selectors.affected_codes(incident, actor)
    incident.affected, incident.affected_sha256 = codes, rules.digest_of(codes)
    incident.closed_by, incident.closed_at = actor, timezone.now()
    incident.summary = summary
    incident.save()
    facts: dict[str, str | int] = {"affected": len(codes), "sha256": incident.affected_sha256}
    for part, subjects in enumerate(_in_parts(codes, actor), 1):
        audit.record(
            IncidentEvent.CLOSED,
            actor=actor,
            target=incident.target,
            reason=summary,
            subjects=subjects,
            detail={**facts, "part": part},
        )
    return incident


@transaction.atomic
def export_codes(*, viewer: User, incident_id: UUID) -> str:
    """The affected patients' codes as CSV. Raises: Incident.DoesNotExist."""
    incident = selectors.incident_of(viewer, incident_id)
    codes = selectors.affected_codes(incident, viewer)
    for part, subjects in enumerate(_in_parts(codes, viewer), 1):
        audit.record(
            IncidentEvent.CODES_EXPORTED,
            actor=viewer,
            target=incident.target,
            subjects=subjects,
            detail={"affected": len(codes), "part": part},
        )
    return csv_text([("code",), *((code,) for code in codes)], start=BOM)


def _in_parts(codes: list[str], viewer: User) -> Iterator[list[Subject]]:
    """The patients of the codes, so many as one event names; at least one part."""
    for first in range(0, max(len(codes), 1), PART):
        yield alerts.subjects_of_clinic(viewer, codes[first : first + PART])


def _refuse_the_suspect(incident: Incident, actor: User) -> None:
    if incident.suspect_id == actor.pk:
        raise AccessDenied(_("It is about you: somebody else does this."))


def _locked_open(incident_id: UUID, actor: User) -> Incident:
    incident = Incident.objects.visible_to(actor).select_for_update().get(pk=incident_id)
    if not incident.is_open:
        raise DomainError(_("This incident is closed."))
    return incident
