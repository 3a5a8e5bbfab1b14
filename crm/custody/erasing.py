"""Erasing a patient's data: one office asks, another confirms, then the keys are destroyed.

What is destroyed does not come back, so nobody does it alone (ADR 0012).
"""

from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access_requests.selectors import patients_of_clinic
from crm.custody import selectors
from crm.custody.events import ErasureEvent
from crm.custody.models import SHORTEST_WORDS, ErasureRequest
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.audit.events import AccessEvent, Event
from privacy.custody import erasure
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.pseudonyms.rules import parse_code

State: Final = ErasureRequest.State


def ask(*, code: str, zone: str, reason: str, wish: str, actor: User) -> ErasureRequest:
    """Ask that one zone of one patient be erased. Nothing is destroyed by it.

    In: ``code`` in any spelling; ``reason`` one of ErasureReason; ``wish`` how it was asked for and
    where the paper lies, without a name. Out: the request.
    Raises: AccessDenied but for a security administrator; DomainError for a code of nobody in the
        clinic (booked), or without words; MustBeKept while the law asks for the record (R38);
        Conflict if it is erased, or asked for already.
    """
    _need(actor, Permission.ASK_ERASURE, "erasure:ask")
    known = parse_code(code) or ""
    patient = patients_of_clinic(actor, [known]).get(known)
    if patient is None:
        audit.record_denial(actor=actor, target="erasure:ask", event=AccessEvent.NOT_FOUND)
        raise DomainError(_("There is no patient with this code."))
    _need_words(wish)
    erasure.refuse_while_kept(patient.pk, zone)
    with transaction.atomic():
        held = Patient.objects.select_for_update(no_key=True, of=("self",)).get(pk=patient.pk)
        _refuse_twice(held, zone)
        asked = ErasureRequest.objects.create(
            clinic_id=actor.clinic_id, patient=held, zone=zone, reason=reason, wish=wish,
            asked_by=actor, asked_at=timezone.now(),
        )  # fmt: skip
        _book(ErasureEvent.ASKED, asked, actor, reason=wish)
    return asked


@transaction.atomic
def confirm(*, asked: ErasureRequest, code: str, actor: User) -> ErasureRequest:
    """Agree as the second person, who types the patient's code anew.

    Raises: AccessDenied but for quality control of the clinic, or for who asked; Conflict unless it
        waits for that; DomainError for another code; MustBeKept as ``ask``.
    """
    _need(actor, Permission.CONFIRM_ERASURE, asked.target)
    held = _held(asked, actor)
    if held.asked_by_id == actor.pk:
        raise AccessDenied(_("Somebody else confirms what you asked for."))
    if held.state != State.ASKED:
        raise Conflict(_("This request was decided meanwhile. Look at its state."))
    if parse_code(code) != held.patient.code:
        raise DomainError(_("This is not the patient's code. Nothing was confirmed."))
    erasure.refuse_while_kept(held.patient_id, held.zone)
    held.state, held.confirmed_by, held.confirmed_at = State.CONFIRMED, actor, timezone.now()
    held.save()
    _book(ErasureEvent.CONFIRMED, held, actor)
    return held


@transaction.atomic
def carry_out(*, asked: ErasureRequest, actor: User) -> ErasureRequest:
    """Destroy the keys that two people agreed on. There is no way back.

    Raises: AccessDenied for a role without a part in it; Conflict unless it was confirmed; what
        ``erasure.shred`` raises; it then stays confirmed.
    """
    _need_part(actor, asked)
    held = _held(asked, actor)
    if held.state != State.CONFIRMED:
        raise Conflict(_("This request does not wait for its keys to be destroyed."))
    erasure.shred(subject=held.patient, zone=held.zone, reason=held.reason, actor=actor)
    held.state, held.closed_by, held.closed_at = State.ERASED, actor, timezone.now()
    held.save()
    return held


@transaction.atomic
def call_off(*, asked: ErasureRequest, why: str, actor: User) -> ErasureRequest:
    """Stop it, by either side, as long as the keys are there.

    Raises: AccessDenied for a role without a part in it; Conflict once it is over; DomainError
        without words.
    """
    _need_part(actor, asked)
    held = _held(asked, actor)
    if not held.is_open:
        raise Conflict(_("This request is over. Nothing can be called off."))
    _need_words(why)
    held.state, held.why_not = State.CALLED_OFF, why
    held.closed_by, held.closed_at = actor, timezone.now()
    held.save()
    _book(ErasureEvent.CALLED_OFF, held, actor, reason=why)
    return held


def _held(asked: ErasureRequest, actor: User) -> ErasureRequest:
    """The request as it is now, if the actor's clinic has it, for this transaction alone."""
    rows = selectors.erasures_shown_to(actor).select_for_update(of=("self",))
    found = rows.filter(pk=asked.pk).first()
    if found is None:
        audit.record_denial(actor=actor, target=asked.target)
        raise AccessDenied(_("Your role has no part in this erasure."))
    return found


def _need(actor: Actor, permission: Permission, target: str) -> None:
    if not can(actor, permission):
        audit.record_denial(actor=actor, target=target, reason=permission.value)
        raise AccessDenied(_("Your role has no part in this erasure."))


def _need_part(actor: Actor, asked: ErasureRequest) -> None:
    if not can(actor, Permission.ASK_ERASURE):
        _need(actor, Permission.CONFIRM_ERASURE, asked.target)


def _need_words(text: str) -> None:
    if len(text.strip()) < SHORTEST_WORDS:
        raise DomainError(_("Write at least %(n)d characters.") % {"n": SHORTEST_WORDS})


def _refuse_twice(patient: Patient, zone: str) -> None:
    if zone in selectors.erased_zones(patient):
        raise Conflict(_("These data of the patient are erased already."))
    if ErasureRequest.objects.filter(
        patient=patient, zone=zone, state__in=ErasureRequest.OPEN
    ).exists():
        raise Conflict(_("Somebody asked for this erasure already."))


def _book(event: Event, held: ErasureRequest, actor: User, *, reason: str = "") -> None:
    audit.record(
        event,
        actor=actor,
        subjects=[held.patient],
        purpose=held.reason,
        reason=reason,
        target=held.target,
        detail={"zone": held.zone},
    )
