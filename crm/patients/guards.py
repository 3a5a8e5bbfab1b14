"""Guarded patients as those see them who keep the guard."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from crm.patients.models import (
    HiddenDouble,
    Patient,
    PatientGuard,
    PatientQuerySet,
    person_mark,
)
from crm.staff.models import User
from privacy.access.policy import Permission, Role, can


def guards_of(patient: Patient) -> list[PatientGuard]:
    """The marks that guard the patient now, the first one first."""
    live = PatientGuard.objects.live().filter(patient=patient)
    return list(live.select_related("marked_by", "lift_asked_by").order_by("since"))


def codes_of_minors(staff: User, since: datetime, until: datetime) -> set[str]:
    """Codes of the clinic's patients who counted as under 18 at any time of the span (R18)."""
    then = Q(until__isnull=True) | Q(until__gt=since)
    marks = PatientGuard.objects.filter(
        then, kind=PatientGuard.Kind.MINOR, since__lt=until, patient__clinic_id=staff.clinic_id
    )
    return set(marks.values_list("patient__subject__code", flat=True))


def minors_until(codes: Iterable[str]) -> dict[str, datetime | None]:
    """Who of these patients was ever found to be under 18, and until when that counts; None: still.

    For a joint review, which opens nothing: no moment begins it, for whoever is found to be under
    18 was so before. It counts until somebody has lifted the mark (ADR 0030).
    """
    rows = PatientGuard.objects.filter(
        kind=PatientGuard.Kind.MINOR, patient__subject__code__in=list(codes)
    )
    latest_last = rows.order_by(F("until").asc(nulls_last=True))
    return dict(latest_last.values_list("patient__subject__code", "until"))


def guards_of_oneself(staff: User) -> QuerySet[PatientGuard]:
    """The marks in force on the record of ``staff`` as a patient here."""
    return PatientGuard.objects.live().filter(person_mark=person_mark(staff))


def codes_of_oneself(staff: User) -> set[str]:
    """The codes of ``staff`` as a patient here, whose record is shown to them nowhere (T1)."""
    return set(guards_of_oneself(staff).values_list("patient__subject__code", flat=True))


def guards_shown_to(staff: User) -> QuerySet[PatientGuard]:
    """Marks in force that this person keeps: of the patients cared for; control of the clinic."""
    return _kept(PatientGuard.objects.live(), staff).order_by("-since", "pk")


def ended_guard(staff: User, guard_id: UUID) -> PatientGuard | None:
    """A mark that has ended, kept by this person as long as it was in force: for who comes late."""
    ended = PatientGuard.objects.filter(pk=guard_id, until__isnull=False)
    return _kept(ended, staff).first()


def _kept(rows: QuerySet[PatientGuard], staff: User) -> QuerySet[PatientGuard]:
    rows = rows.select_related("patient__subject", "marked_by", "lift_asked_by")
    return rows.filter(patient__in=kept_by(staff))


def doubles_shown_to(staff: User) -> QuerySet[HiddenDouble]:
    """Registrations that nobody has compared yet with the guarded patient they resemble."""
    rows = HiddenDouble.objects.filter(same__isnull=True, patient__in=kept_by(staff))
    return rows.select_related("patient__subject", "newcomer__subject").order_by("created_at")


def kept_by(staff: User) -> PatientQuerySet:
    """The patients whose guard this person keeps: those cared for; quality control, all others'."""
    if staff.role == Role.MEDICAL_QC:
        return Patient.objects.known_to(staff)
    return Patient.objects.cared_for_by(staff)


def guards_waiting_for(staff: User) -> QuerySet[PatientGuard]:
    """The marks about which something waits for this person: the number in the side column."""
    rows = PatientGuard.objects.live()
    if not can(staff, Permission.GUARD_PATIENT):
        return rows.none()
    open_doubles = HiddenDouble.objects.filter(same__isnull=True, patient=OuterRef("patient"))
    proposed = Q(lift_asked_at__isnull=False) & ~Q(lift_asked_by=staff)
    return rows.filter(proposed | Exists(open_doubles), patient__in=kept_by(staff))


def guard_spans(codes: Iterable[str]) -> dict[str, list[tuple[datetime, datetime | None]]]:
    """From when until when these patients were ever guarded; until None: still are.

    For a joint review: a mark that was lifted since counts for what was looked at under it.
    """
    spans: dict[str, list[tuple[datetime, datetime | None]]] = {}
    rows = PatientGuard.objects.filter(patient__subject__code__in=list(codes))
    for code, since, until in rows.values_list("patient__subject__code", "since", "until"):
        spans.setdefault(code, []).append((since, until))
    return spans
