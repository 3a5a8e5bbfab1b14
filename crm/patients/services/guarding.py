"""Guarding a patient: a named care team, nobody else, and two people to undo it (T1, R18)."""

from collections.abc import Iterable
from typing import Final

from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.patients import guards, rules, selectors
from crm.patients.events import PatientEvent
from crm.patients.models import HiddenDouble, Patient, PatientGuard, SealedText, person_mark
from crm.patients.team_models import CareTeamMember
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.audit.events import Event
from privacy.errors import AccessDenied, Conflict, DomainError, Unreadable
from privacy.minimisation.numbers import id_birth_date
from privacy.receipts import Receipt

Kind = PatientGuard.Kind
SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 300
AGE_FIELDS: Final = ("patientclinical.birth_year", "patientcontact.id_number")
BY_ONE: Final = frozenset({Kind.OTHER})  # grounds that one person may take back

# Sent inside the transaction with ``patient`` and ``actor`` (None where age was found): rooms above
# close what no longer fits.
guarded = Signal()


@transaction.atomic
def guard(
    *, patient: Patient, kind: str, reason: str, actor: User, person: User | None = None
) -> PatientGuard:
    """Keep a patient to their care team from now on.

    In: ``person`` is the colleague who is the patient, for kind "staff": they see their own record
    nowhere, and leave its care team.
    Raises: AccessDenied for whoever does not care for the patient; DomainError for a reason under
        10 characters, for age (that ground is found, not chosen) and for oneself; Conflict if the
        patient is guarded on this ground already.
    """
    _check_keeper(actor, patient)
    reason = _checked(reason)
    if kind not in {Kind.VIP, Kind.STAFF, Kind.OTHER}:
        raise DomainError(_("Choose why this patient is guarded."))
    if (kind == Kind.STAFF) != (person is not None):
        raise DomainError(_("Name the colleague who is the patient, and only then."))
    if person is not None and (person == actor or person.clinic_id != patient.clinic_id):
        raise DomainError(_("Somebody else of this clinic is marked as a patient, not oneself."))
    made = _mark(patient, Kind(kind), reason=reason, actor=actor, person=person)
    if person is not None:
        CareTeamMember.objects.filter(patient=patient, staff=person).delete()
    audit.record(
        PatientEvent.GUARDED,
        actor=actor,
        subjects=[patient],
        purpose=kind,
        target=made.trail_target,
        fields=["patientguard.reason"],
    )
    guarded.send(PatientGuard, patient=patient, actor=actor)
    return made


def _mark(
    patient: Patient, kind: Kind, *, reason: str, actor: User | None, person: User | None = None
) -> PatientGuard:
    made = PatientGuard(
        patient=patient,
        kind=kind,
        reason=reason or None,
        person_mark=person_mark(person) if person else None,
        since=timezone.now(),
        marked_by=actor,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("This patient is guarded on this ground already.")) from error
    return made


def _check_keeper(actor: User, patient: Patient) -> None:
    mine = Patient.objects.cared_for_by(actor).filter(pk=patient.pk)
    if not can(actor, Permission.GUARD_PATIENT) or not mine.exists():
        raise AccessDenied(
            _("Consultants, doctors and quality control guard patients in their care.")
        )


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise DomainError(_("Say in at least 10 characters why. It is sealed."))
    return reason


# --- age --------------------------------------------------------------------------------------


@transaction.atomic
def mark_if_minor(*, patient: Patient, birth_year: str, id_number: str) -> bool:
    """Guard a patient who may be under 18 by what was just said; whether that is so (R18).

    In: ``birth_year`` digits, "declined" or ""; ``id_number`` canonical or "".
    """
    young = rules.may_be_minor(
        birth_date=id_birth_date(id_number) if id_number else None,
        birth_year=int(birth_year) if birth_year.isdecimal() else None,
        today=timezone.localdate(),
    )
    if young:
        mark_minor(patient=patient)
    return young


@transaction.atomic
def mark_minor(*, patient: Patient) -> None:
    """Guard a patient who was found to be under 18; nothing to do where that is known."""
    if PatientGuard.objects.live().filter(patient=patient, kind=Kind.MINOR).exists():
        return
    made = _mark(patient, Kind.MINOR, reason="", actor=None)
    audit.record(
        PatientEvent.GUARDED,
        process="age",
        clinic=patient.clinic_id,
        subjects=[patient],
        purpose=Kind.MINOR,
        target=made.trail_target,
    )
    guarded.send(PatientGuard, patient=patient, actor=None)


def may_be_minor(patient: Patient, *, event: Event, process: str) -> bool:
    """By birth year or ID number, read under ``event`` as an act of ``process``.

    What does not open counts as a minor, the careful side; of whom nothing is known does not.
    """
    clinical, contact = selectors.clinical_of(patient), selectors.contact_of(patient)
    year: SealedText = clinical.birth_year if clinical else None
    number: SealedText = contact.id_number if contact else None
    if year is None and number is None:
        return False
    receipt = audit.record(
        event, process=process, clinic=patient.clinic_id, subjects=[patient], fields=AGE_FIELDS
    )
    try:
        born, digits = _opened(number, receipt), _opened(year, receipt)
    except Unreadable:
        return True
    return rules.may_be_minor(
        birth_date=id_birth_date(born) if born else None,
        birth_year=int(digits) if digits.isdecimal() else None,
        today=timezone.localdate(),
    )


def _opened(value: SealedText, receipt: Receipt) -> str:
    return value.reveal(receipt) if value is not None else ""


# --- lifting ----------------------------------------------------------------------------------


@transaction.atomic
def ask_to_lift(*, mark: PatientGuard, reason: str, actor: User) -> PatientGuard:
    """Propose to lift a mark; another person has to agree. What one person may take back, and what
    age has taken back, is lifted at once.

    Raises: AccessDenied for whoever does not keep the guard; DomainError for a reason under 10
        characters; Conflict if it was lifted, or its lifting proposed, meanwhile.
    """
    held, reason = _held(mark, actor), _checked(reason)
    if held.lift_asked_at is not None:
        raise Conflict(_("Somebody has proposed this already."))
    held.lift_reason, held.lift_asked_by, held.lift_asked_at = reason, actor, timezone.now()
    if held.kind in BY_ONE or _is_of_age(held):
        held.until, held.lifted_by = timezone.now(), actor
    held.save()
    event = PatientEvent.GUARD_LIFTED if held.until else PatientEvent.GUARD_LIFT_ASKED
    _book(event, held, actor)
    return held


@transaction.atomic
def decide_lift(*, mark: PatientGuard, agree: bool, actor: User) -> PatientGuard:
    """The second person's word: lift the mark, or keep it.

    Raises: AccessDenied for whoever does not keep the guard, and for who proposed it; Conflict if
        nothing is proposed any more.
    """
    held = _held(mark, actor)
    if held.lift_asked_at is None:
        raise Conflict(_("Nobody proposes to lift this mark any more."))
    if held.lift_asked_by_id == actor.pk:
        raise AccessDenied(_("A second person decides on what you proposed."))
    if agree:
        held.until, held.lifted_by = timezone.now(), actor
    else:
        held.lift_reason = held.lift_asked_by = held.lift_asked_at = None
    held.save()
    _book(PatientEvent.GUARD_LIFTED if agree else PatientEvent.GUARD_KEPT, held, actor)
    return held


def _is_of_age(held: PatientGuard) -> bool:
    if held.kind != Kind.MINOR:
        return False
    return not may_be_minor(held.patient, event=PatientEvent.AGE_READ, process="age")


def _held(mark: PatientGuard, actor: User) -> PatientGuard:
    rows = PatientGuard.objects.select_for_update(of=("self",)).select_related("patient__subject")
    held = rows.get(pk=mark.pk)
    if not can(actor, Permission.GUARD_PATIENT) or not (
        guards.kept_by(actor).filter(pk=held.patient_id).exists()
    ):
        raise AccessDenied(_("The care team's consultant or doctor, or quality control, decides."))
    if held.until is not None:
        raise Conflict(_("This mark has been lifted meanwhile."))
    return held


def _book(event: PatientEvent, held: PatientGuard, actor: User) -> None:
    audit.record(
        event,
        actor=actor,
        subjects=[held.patient],
        purpose=held.kind,
        target=held.trail_target,
        fields=["patientguard.lift_reason"] if held.lift_reason else [],
    )


# --- registered once more ---------------------------------------------------------------------


@transaction.atomic
def tell_care_team(*, newcomer: Patient, resembled: Iterable[Patient]) -> None:
    """Lay a registration before those who care for the guarded patients it resembles.

    Whoever registered is told nothing, here or in the trail: the event is the system's.
    """
    for patient in resembled:
        HiddenDouble.objects.get_or_create(patient=patient, newcomer=newcomer)
        audit.record(
            PatientEvent.HIDDEN_DOUBLE,
            process="doubles",
            clinic=patient.clinic_id,
            subjects=[patient, newcomer],
        )


@transaction.atomic
def settle_double(*, double: HiddenDouble, same: bool, actor: User) -> HiddenDouble:
    """Say whether a registration is the guarded patient again. Raises: AccessDenied, Conflict.

    The event is the guarded patient's alone: on the registration's own timeline it would tell
    whoever registered them that somebody like them is kept from their eyes (T1).
    """
    held = HiddenDouble.objects.select_for_update(of=("self",)).get(pk=double.pk)
    if not can(actor, Permission.GUARD_PATIENT) or not (
        guards.kept_by(actor).filter(pk=held.patient_id).exists()
    ):
        raise AccessDenied(_("The care team's consultant or doctor, or quality control, decides."))
    if held.same is not None:
        raise Conflict(_("Somebody else has answered this."))
    held.same, held.settled_by, held.settled_at = same, actor, timezone.now()
    held.save()
    audit.record(
        PatientEvent.DOUBLE_SETTLED,
        actor=actor,
        subjects=[held.patient],
        target=f"double:{held.pk}",
        detail={"same": int(same)},
    )
    return held
