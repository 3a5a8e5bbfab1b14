"""Who cares for a patient, how far things are, and corrected contact data."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.patients import selectors
from crm.patients.collecting import Fact
from crm.patients.events import PatientEvent
from crm.patients.former_models import FormerContact
from crm.patients.models import Patient, PatientContact, PatientGuard
from crm.patients.rules import name_tokens
from crm.patients.services.collecting import end_noes
from crm.patients.services.formers import set_aside
from crm.patients.services.writing import refuse_restricted
from crm.patients.team_models import SHORTEST_NOTE, CareTeamMember, place_until
from crm.staff.models import User
from privacy.access.policy import BY_REQUEST_ONLY, REVEALS_TODAY_ONLY, Permission, can
from privacy.audit import services as audit
from privacy.audit.rules import box_noted
from privacy.errors import Conflict, DomainError, Unreadable
from privacy.pseudonyms.models import Subject

Reason = CareTeamMember.Reason


def is_desk_work(*, patient: Patient, actor: User) -> bool:
    """Whether the front desk puts together who cares for one of today's patients: what it does all
    day. Everything else is one colleague letting in another (ADR 0037)."""
    at_desk = actor.role in REVEALS_TODAY_ONLY and selectors.is_of_today(patient, actor)
    return at_desk and not selectors.is_guarded(patient)


@transaction.atomic
def add_to_team(
    *, patient: Patient, member: User, reason: str, actor: User, note: str = ""
) -> CareTeamMember:
    """Let a colleague care for the patient for a year from now or from the next visit, and so see
    more than the code; a place that has ended, or soon will, is given anew.

    In: ``reason`` one of CareTeamMember.Reason but INTAKE; ``note`` in words for OTHER only.
    Whoever is to join the team of a guarded patient has been let in already: two people have
    agreed. A use of break-glass, to which nobody has, leads onto no team.
    Raises: DomainError for somebody of another clinic, suspended, whose role sees no patients or
        sees them by request only, who has no access to the guarded patient, and without a reason;
        Conflict if already on the team; Restricted (booked).
    """
    refuse_restricted(patient=patient, actor=actor)
    _check_joiner(patient, member)
    note = note.strip() if reason == Reason.OTHER else ""
    if reason not in Reason.values or reason == Reason.INTAKE:
        raise DomainError(_("Choose why the colleague joins."))
    if reason == Reason.OTHER and len(note) < SHORTEST_NOTE:
        raise DomainError(_("Say in at least 10 characters why."))
    row = _place(patient, member)
    if row.until <= timezone.now():  # it had run out: nobody held it in between
        row.joined_at = timezone.now()
    row.reason, row.note, row.added_by, row.until = reason, note, actor, place_until()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:  # of two at the same moment, the second
        raise Conflict(_("This colleague is on the care team already.")) from error
    routine = member != actor and is_desk_work(patient=patient, actor=actor)
    event = PatientEvent.JOINED_AT_DESK if routine else PatientEvent.JOINED_TEAM
    _book(event, patient, member, actor, purpose=reason, reason=note)
    return row


def _place(patient: Patient, member: User) -> CareTeamMember:
    """A new place, or the one that has run out or ends soon."""
    rows = patient.care_team.select_for_update(of=("self",))
    row = rows.filter(staff=member).first()
    if row is None:
        return CareTeamMember(patient=patient, staff=member)
    if selectors.places_that_last(patient).filter(pk=row.pk).exists():
        raise Conflict(_("This colleague is on the care team already."))
    return row


def keep_team(*, patient: Patient) -> None:
    """Whoever cares for the patient goes on for a year: a visit shows that there is something to
    care for. Since when stays as it is. Part of the transaction that books the visit."""
    patient.care_team.live().update(until=place_until(), updated_at=timezone.now())


def _check_joiner(patient: Patient, member: User) -> None:
    if member.clinic_id != patient.clinic_id or not can(member, Permission.VIEW_PATIENTS):
        raise DomainError(_("Only active colleagues of this clinic can join a care team."))
    if member.role in BY_REQUEST_ONLY:
        raise DomainError(_("Mediation joins no care team: it asks for access to the case."))
    if selectors.is_guarded(patient) and patient.pk not in _let_in(member, [patient]):
        raise DomainError(
            _("This patient is guarded: who is to join asks for access first, and two agree.")
        )


def _let_in(member: User, patients: Sequence[Patient]) -> set[UUID]:
    keys = [one.pk for one in patients]
    found = Patient.objects.let_in_by_others(member).filter(pk__in=keys)
    return set(found.values_list("pk", flat=True))


@transaction.atomic
def remove_from_team(*, patient: Patient, member_id: UUID, actor: User) -> None:
    """Take a colleague off the care team; nothing to do if they have left already."""
    row = patient.care_team.select_related("staff").filter(pk=member_id).first()
    if row is not None:
        row.delete()
        _book(PatientEvent.LEFT_TEAM, patient, row.staff, actor)


@transaction.atomic
def hand_over_team(*, leaver: User, successor: User | None, actor: User) -> tuple[int, int]:
    """Give every care-team place of somebody who leaves to the successor, or end it (W14).

    The place beside a guarded patient ends: nobody inherits what two people have to agree to.
    Out: (patients with the successor now, patients with nobody any more).
    """
    places = CareTeamMember.objects.live().filter(staff=leaver)
    patients = list(
        Patient.objects.filter(pk__in=places.values("patient")).select_related("subject")
    )
    if not patients:
        return 0, 0
    left = selectors.cared_for_alone_by(leaver)
    kept = list(PatientGuard.objects.live().filter(patient__in=patients).values_list("patient"))
    held = {key for (key,) in kept} - (_let_in(successor, patients) if successor else set())
    alone = (left.filter(pk__in=held) if successor else left).count()
    if successor:
        theirs = CareTeamMember.objects.filter(staff=successor, patient__in=patients)
        theirs.exclude(pk__in=theirs.live()).delete()  # what has run out makes room
        moving = places.exclude(patient__in=theirs.values("patient")).exclude(patient__in=held)
        moving.update(
            staff=successor, reason=Reason.HANDOVER, note="", added_by=actor, until=place_until(),
            joined_at=timezone.now(), updated_at=timezone.now(),
        )  # fmt: skip
    CareTeamMember.objects.filter(staff=leaver).delete()
    audit.record(
        PatientEvent.TEAM_HANDED_OVER,
        actor=actor,
        subjects=patients,
        target=f"staff:{leaver.staff_no}",
        detail={"to": successor.staff_no if successor else ""},
    )
    return (len(patients) - len(held) if successor else 0), alone


def _book(
    event: PatientEvent,
    patient: Patient,
    member: User,
    actor: User,
    *,
    purpose: str = "",
    reason: str = "",
) -> None:
    audit.record(
        event,
        actor=actor,
        subjects=[patient],
        purpose=purpose,
        reason=reason,
        target=f"staff:{member.staff_no}",
        detail={"role": member.role},
    )


@transaction.atomic
def change_stage(*, patient: Patient, stage: str, before: str, actor: User) -> Patient:
    """Move the talk to another stage: neutral words, no value of a person (U10).

    In: ``before`` is the stage the desk saw.
    Raises: Conflict if somebody else has moved it since; Restricted (booked).
    """
    locked = Patient.objects.select_for_update(of=("self",)).select_related("subject")
    fresh = locked.get(pk=patient.pk)
    refuse_restricted(patient=fresh, actor=actor)
    if fresh.stage != before:
        raise Conflict(_("Somebody else has just changed the stage. Please look again."))
    if fresh.stage != stage:
        fresh.stage = Patient.Stage(stage)
        fresh.save(update_fields=["stage", "updated_at"])
        audit.record(
            PatientEvent.STAGE_CHANGED,
            actor=actor,
            subjects=[fresh],
            detail={"before": before, "after": stage},
        )
    return fresh


@transaction.atomic
def advance_stage(*, patient: Patient, to: Patient.Stage, actor: User, target: str) -> None:
    """Move the stage on to at least ``to``, as part of an act that shows how far things are.

    Never backwards, and nothing if it has come as far: what a person chose stands (U10).
    In: ``target`` the act's object, such as "estimate:<uuid>"; the caller's transaction holds
    both, so neither is booked without the other.
    """
    order = Patient.Stage.values
    fresh = Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    before = fresh.stage
    if order.index(before) >= order.index(to):
        return
    fresh.stage = patient.stage = to
    fresh.save(update_fields=["stage", "updated_at"])
    audit.record(
        PatientEvent.STAGE_CHANGED,
        actor=actor,
        subjects=[patient],
        target=target,
        detail={"before": before, "after": to.value},
    )


def change_contact(*, patient: Patient, name: str, phone: str, actor: User) -> Patient:
    """Correct what is known of a person; "" keeps a value as it is.

    In: ``phone`` canonical. A provisional patient with a phone becomes active. What was declined
    in a talk and is told now no longer rests. What is written over is set aside (ADR 0039).
    Raises: Unreadable if a value to be replaced does not open: it may be all that is left, so
        nothing is written over it. The failure stays booked. Restricted (booked).
    """
    given = {field: text for field, text in (("name", name), ("phone", phone)) if text}
    if not given:
        raise DomainError(_("Nothing was filled in, so nothing was changed."))
    with transaction.atomic():
        # Locked before anything is read: a record closed meanwhile must not be opened again, and
        # of two corrections at once the second must not write back what it read before the first.
        # The subject first, as whoever erases does: nothing is written beside an erasure.
        Subject.objects.select_for_update(no_key=True).get(pk=patient.pk)
        locked = Patient.objects.select_for_update(no_key=True, of=("self",))
        fresh = locked.select_related("subject").get(pk=patient.pk)
        refuse_restricted(patient=fresh, actor=actor)
        contact = selectors.contact_of(fresh) or PatientContact(patient=fresh)
        held, failure = _opened(contact, fresh, given)
        if failure is None:
            former = {field: text for field, text in held.items() if text != given[field]}
            _correct(contact, fresh, name=name, phone=phone)
            _book_correction(fresh, contact, set_aside(fresh, former), given, actor)
            end_noes(patient=fresh, facts=[Fact(field) for field in given], actor=actor)
    if failure is not None:  # raised here: inside the block it would undo its own booking
        raise failure
    return fresh


def _correct(contact: PatientContact, patient: Patient, *, name: str, phone: str) -> None:
    if name:
        contact.set_name(name, name_tokens(name))
    if phone:
        contact.set_phone(phone)
    contact.save()
    if phone and patient.status == Patient.Status.PROVISIONAL:
        patient.status = Patient.Status.ACTIVE
        patient.save(update_fields=["status", "updated_at"])


def _book_correction(
    patient: Patient,
    contact: PatientContact,
    former: FormerContact | None,
    given: Mapping[str, str],
    actor: User,
) -> None:
    """The event names the row of what was written over, and by hash each box, before and after:
    it covers the content and holds none (ADR 0039)."""
    boxes = {field: getattr(contact, field) for field in given}
    boxes |= {f"former_{field}": getattr(former, field, None) for field in given}
    audit.record(
        PatientEvent.CONTACT_CHANGED,
        actor=actor,
        subjects=[patient],
        fields=[f"patientcontact.{field}" for field in given],
        target=former.trail_target if former else "",
        detail={key: box_noted(sealed.box) for key, sealed in boxes.items() if sealed},
    )


def _opened(
    contact: PatientContact, patient: Patient, fields: Iterable[str]
) -> tuple[dict[str, str], Unreadable | None]:
    """The texts that stand there, "" for none, and what the first that does not open says, booked:
    nothing was opened then, or None."""
    sealed = {field: getattr(contact, field) for field in fields}
    receipt = audit.record(
        PatientEvent.COMPARED,
        process="contact-change",
        subjects=[patient],
        fields=[one.path for one in sealed.values() if one],
    )
    texts: dict[str, str] = {}
    for field, one in sealed.items():
        try:
            texts[field] = one.reveal(receipt) if one else ""
        except Unreadable as error:
            audit.record_crypto_failure(path=one.path, code=str(error))
            return {}, error
    return texts, None
