"""Finding patients, always through the eyes of one viewer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Now
from django.utils import timezone

from crm.patients import reach
from crm.patients.duplicates import Person
from crm.patients.models import (
    Patient,
    PatientClinical,
    PatientContact,
    PatientContactQuerySet,
    PatientGuard,
    PatientQuerySet,
    SealedText,
)
from crm.patients.reach import Holds
from crm.patients.restricted import restricted_among
from crm.patients.rules import TokenKind, fold_name
from crm.patients.team_models import CareTeamMember
from crm.staff.models import User
from crm.web.numbers import day_after
from privacy.access.policy import CLINIC_WIDE
from privacy.audit.events import ROUTINE, Kind, Registry
from privacy.audit.models import AuditEvent
from privacy.audit.selectors import trail_of
from privacy.pseudonyms.models import VisitCode
from privacy.pseudonyms.rules import parse_code, parse_visit_code, visit_code

CAP: Final = 10_000  # rows that a list counts and pages through; beyond it one filters
MOST_CANDIDATES: Final = 300
RENEWED_WITHIN: Final = timedelta(days=30)  # of its end a place on a care team is given anew
LISTED: Final = (
    "pk", "subject__code", "status", "stage", "created_at", "visit_number", "team", "total", "shut",
)  # fmt: skip
CONTACT_LISTED: Final = ("contact__pk", "contact__name")
CONTACT_FIELDS: Final = ("patientcontact.name", "patientcontact.phone")
SHOWN_IN_TIMELINE: Final = (
    Kind.CHANGE,
    Kind.REVEAL,
    Kind.PRINT,
    Kind.SEND,
    Kind.EXPORT,
    Kind.IMPORT,
    Kind.ACCESS,
    Kind.BREAK_GLASS,
)
STAFF: Final = "staff:"  # what the target of an event about a colleague begins with
LOOKING: Final = (Kind.VIEW, Kind.REVEAL, Kind.PRINT, Kind.EXPORT)


def patients_visible_to(staff: User) -> QuerySet[Patient]:
    """The patients that ``staff`` may see, with their codes."""
    return Patient.objects.visible_to(staff).select_related("subject")


def patients_queued_for(staff: User) -> QuerySet[Patient]:
    """Whose number ``staff`` may call: for roles with the whole clinic the guarded ones too."""
    if staff.role in CLINIC_WIDE:
        return Patient.objects.known_to(staff).select_related("subject")
    return patients_visible_to(staff)


def patient_by_code(staff: User, code: str) -> Patient:
    """One patient by code.

    Raises: Patient.DoesNotExist also when the patient exists and ``staff`` may not know it.
    """
    return patients_visible_to(staff).get(subject__code=code)


def patient_by_any_code(staff: User, text: str, *, queued: bool = False) -> Patient | None:
    """The patient whose lasting code, or code of today, was typed or said, visible but for a
    restriction. ``queued``: among all whose number ``staff`` may call, the guarded too."""
    met = Patient.objects.met_by(staff).select_related("subject")
    among = patients_queued_for(staff) if queued else met
    code = parse_code(text)
    if code is not None:
        return among.filter(subject__code=code).first()
    number = parse_visit_code(text, staff.clinic.visit_letter)
    if number is None:
        return None
    today = VisitCode.objects.filter(site=staff.clinic_id, day=timezone.localdate(), number=number)
    return among.filter(pk__in=today.values("subject")).first()


def patient_out_of_reach(code: str) -> Patient | None:
    """A patient whoever may see it: only for booking that somebody asked in vain."""
    return Patient.objects.select_related("subject").filter(subject__code=code).first()


def contact_of(patient: Patient) -> PatientContact | None:
    """The contact row; None once it was erased."""
    return PatientContact.objects.filter(patient=patient).first()


def clinical_of(patient: Patient) -> PatientClinical | None:
    """The clinical row, if there is one."""
    return PatientClinical.objects.filter(patient=patient).first()


def team_of(patient: Patient) -> list[CareTeamMember]:
    """Who cares for the patient now, longest first."""
    return list(patient.care_team.live().select_related("staff").order_by("created_at"))


def places_that_last(patient: Patient) -> QuerySet[CareTeamMember]:
    """Places on the care team that are not to be given anew yet: the others end within a month."""
    return patient.care_team.filter(until__gt=Now() + RENEWED_WITHIN)


# --- the list --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to. Dates are days of registration, clinic time, both included."""

    stage: str = ""
    status: str = ""
    mine: bool = False
    alone: bool = False
    since: date | None = None
    until: date | None = None
    open_only: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: a patient as far as a line tells, also to the trail.

    ``shut`` leaves the code alone: the patient is guarded, and the viewer is not of their team.
    """

    pk: UUID
    code: str
    status: str
    stage: str
    created_at: datetime
    name: SealedText
    visit_code: str
    team: Sequence[str]
    shut: bool = False
    restricted: bool = False

    @classmethod
    def shut_of(cls, row: Any, *, restricted: bool) -> "Row":
        """The line of a guarded patient, or of one whose record is restricted."""
        return cls(
            row.pk, row.subject__code, "", "", row.created_at, name=None, visit_code="", team=(),
            shut=True, restricted=restricted,
        )  # fmt: skip


class _CountOf(Subquery):
    """The number of rows of a query, as a column: one statement less a page."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _cared_for(*, besides: User | None = None) -> Exists:
    """Somebody who still works here, other than ``besides``, is on the care team."""
    places = CareTeamMember.objects.live()
    team = places.filter(patient_id=OuterRef("pk"), staff__is_active=True)
    return Exists(team.exclude(staff=besides) if besides else team)


def cared_for_alone_by(staff: User) -> QuerySet[Patient]:
    """Patients with ``staff`` on their care team and nobody else who works here."""
    theirs = CareTeamMember.objects.live().filter(staff=staff).values("patient")
    return Patient.objects.filter(pk__in=theirs).exclude(_cared_for(besides=staff))


def matching(staff: User, filters: Filters) -> PatientQuerySet:
    """Visible patients that the filters let through, newest first, and the codes of those whose
    record is restricted: not where it would say how far things are, or a program asks.

    Without a filter the codes of guarded patients stand among them; a filter would tell of each
    whether it fits, so it leaves them out.
    """
    if filters == Filters() and staff.role in CLINIC_WIDE:
        return Patient.objects.known_to(staff).order_by("-created_at", "pk")
    tells = bool(filters.stage) or filters.open_only
    found = Patient.objects.visible_to(staff) if tells else Patient.objects.met_by(staff)
    if filters.stage:
        found = found.filter(stage=filters.stage)
    if filters.status:
        found = found.filter(status=filters.status)
    if filters.mine:
        found = found.filter(Holds(reach.on_team(staff)))
    if filters.alone:
        found = found.exclude(_cared_for())
    if filters.since:
        found = found.filter(created_at__gte=_midnight(filters.since))
    if filters.until:
        found = found.filter(created_at__lt=_midnight(day_after(filters.until)))
    return found.order_by("-created_at", "pk")


def listed(
    staff: User, filters: Filters, *, start: int, size: int, with_contact: bool
) -> tuple[list[Row], int]:
    """Rows from ``start`` on and how many match, up to CAP + 1: one statement, however long the
    list, because the page is cut before names and codes of the day are fetched."""
    rows = matching(staff, filters)
    found = (
        Patient.objects.filter(pk__in=rows.values("pk")[start : start + size])
        .with_shut(staff)
        .annotate(
            visit_number=Subquery(_codes_today(staff).values("number")[:1]),
            team=ArraySubquery(
                CareTeamMember.objects.live()
                .filter(patient_id=OuterRef("pk"))
                .order_by("created_at")
                .values("staff__display_name")
            ),
            total=_CountOf(rows.order_by().annotate(one=Value(1)).values("one")[: CAP + 1]),
        )
        .order_by("-created_at", "pk")
        .values_list(*LISTED, *(CONTACT_LISTED if with_contact else ()), named=True)
    )
    letter, total, page = staff.clinic.visit_letter, 0, []
    stopped = restricted_among(staff, found)
    for one in found:
        total, number, contact = one.total, one.visit_number, None
        if one.shut:
            page.append(Row.shut_of(one, restricted=one.pk in stopped))
            continue
        if with_contact and one.contact__pk:  # one that was erased leaves no name
            contact = PatientContact(pk=one.contact__pk, patient_id=one.pk, name=one.contact__name)
        page.append(
            Row(
                pk=one.pk,
                code=one.subject__code,
                status=one.status,
                stage=one.stage,
                created_at=one.created_at,
                name=contact.name if contact else None,
                visit_code=visit_code(number, letter) if number else "",
                team=one.team,
            )
        )
    return page, total


def count_matching(staff: User, filters: Filters) -> int:
    """How many match, up to CAP + 1: for a page past the end."""
    return matching(staff, filters)[: CAP + 1].count()


def codes_around(staff: User, filters: Filters, position: int) -> tuple[list[str], int]:
    """The codes before, at and after a place (1, 2, ...) of the list, and how many match.

    "" stands for a neighbour of whom the viewer may know no more than that.
    """
    start = max(position - 2, 0)
    rows = matching(staff, filters)
    found = (
        rows.with_shut(staff)
        .annotate(total=_CountOf(rows.order_by().annotate(one=Value(1)).values("one")[: CAP + 1]))
        .values_list("subject__code", "total", "shut")[start : position + 1]
    )
    codes = ["" if shut else code for code, _total, shut in found]
    return codes, found[0][1] if codes else 0


def _codes_today(staff: User) -> QuerySet[VisitCode]:
    return VisitCode.objects.filter(
        subject_id=OuterRef("pk"), site=staff.clinic_id, day=timezone.localdate()
    )


def visit_code_today(patient: Patient, staff: User) -> str:
    """The patient's code of today at the viewer's site, or ""."""
    number = (
        VisitCode.objects.filter(
            subject_id=patient.pk, site=staff.clinic_id, day=timezone.localdate()
        )
        .values_list("number", flat=True)
        .first()
    )
    return visit_code(number, staff.clinic.visit_letter) if number else ""


def is_of_today(patient: Patient, staff: User) -> bool:
    """Whether the patient is one of today's at the viewer's site, clinic time: today's code is
    given out at registration, when somebody is expected, at their arrival, with a ticket (S53)."""
    return bool(visit_code_today(patient, staff))


# --- possible doubles -------------------------------------------------------------------------


def tells_who(person: Person) -> bool:
    """Whether enough is given to look for the person: a number, or a name with a year of birth."""
    named = bool(person.birth_year and fold_name(person.name))
    return bool(person.phone or person.id_number or named)


def possible_doubles(staff: User, person: Person) -> list[PatientContact]:
    """Contacts of the clinic that may belong to ``person``: by fingerprints, not yet compared.

    Those of guarded patients too: ``staff`` is not told of them, but their care team is.
    """
    contacts = PatientContact.objects
    wanted: list[PatientContactQuerySet] = []
    if person.phone:
        wanted.append(contacts.may_have_phone(person.phone))
    if person.id_number:
        wanted.append(contacts.may_have_id_number(person.id_number))
    if person.birth_year and fold_name(person.name):
        wanted.append(contacts.may_be_named([(TokenKind.WHOLE, fold_name(person.name))]))
    if not wanted:
        return []
    # Joined by OR, not by sub-queries: Postgres then adds up the bitmaps of the three indexes.
    found = reduce(or_, wanted).filter(patient__clinic_id=staff.clinic_id)
    return list(
        found.select_related("patient__subject", "patient__clinical").order_by("-created_at")[
            :MOST_CANDIDATES
        ]
    )


def seen_among(staff: User, contacts: Iterable[PatientContact]) -> set[UUID]:
    """Keys of those of the contacts' patients whom ``staff`` sees."""
    keys = [one.patient_id for one in contacts]
    seen = Patient.objects.visible_to(staff).filter(pk__in=keys)
    return set(seen.values_list("pk", flat=True))


# --- guarded patients -------------------------------------------------------------------------


def is_guarded(patient: Patient) -> bool:
    """Whether the patient is kept to a named care team now."""
    return PatientGuard.objects.live().filter(patient=patient).exists()


# --- the trail --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trace:
    """One event of the trail with the name of who did it, and of the colleague it was about."""

    event: AuditEvent
    by: User | None
    about: User | None = None


def _with_names(events: list[AuditEvent]) -> list[Trace]:
    numbers = {event.target.removeprefix(STAFF) for event in events if _is_about_staff(event)}
    wanted = Q(pk__in={event.actor for event in events if event.actor})
    people = User.objects.filter(wanted | Q(staff_no__in=numbers))
    by_id = {one.pk: one for one in people}
    by_number = {one.staff_no: one for one in by_id.values()}
    return [
        Trace(
            event,
            by_id.get(event.actor) if event.actor else None,
            by_number.get(event.target.removeprefix(STAFF)) if _is_about_staff(event) else None,
        )
        for event in events
    ]


def _is_about_staff(event: AuditEvent) -> bool:
    return event.target.startswith(STAFF)


def timeline_of(patient: Patient, *, by: str = "") -> list[Trace]:
    """What happened to the patient, newest first; ``by`` is "staff", "system" or "" for both.

    Autosaves and the like are in the trail and not here: twenty a talk would hide the rest.
    """
    routine = Registry.marked(ROUTINE)
    events = trail_of(patient, kinds=SHOWN_IN_TIMELINE, without=routine, limit=100)
    if by:
        events = [event for event in events if bool(event.actor) == (by == "staff")]
    return _with_names(events)


def who_looked(patient: Patient) -> list[Trace]:
    """Who saw anything of the patient, newest first (S59)."""
    return _with_names(trail_of(patient, kinds=LOOKING, limit=100))
