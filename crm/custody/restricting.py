"""Stopping the use of a patient's record, and letting it be used again (R15, ADR 0040).

Restricting protects the patient, so one person does it at once. Lifting takes two of two offices.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access_requests.selectors import patients_of_clinic
from crm.custody import selectors
from crm.custody.events import RestrictionEvent
from crm.custody.models import SHORTEST_WORDS, Restriction
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.audit.events import AccessEvent
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.pseudonyms.rules import parse_code


def restrict(*, code: str, ground: str, wish: str, actor: User) -> Restriction:
    """Keep a patient's record from now on and use it no more.

    In: ``code`` in any spelling; ``ground`` one of RESTRICTION_GROUNDS; ``wish`` how it was asked
    for and where the paper lies, without a name. The trigger of the table sets the status.
    Raises: AccessDenied but for a security administrator; DomainError for a code of nobody in the
        clinic (booked), or without words; Conflict if the record is restricted already.
    Source: R15, PIPL art. 47.
    """
    _need(actor, Permission.ASK_ERASURE, "restriction:begin")
    known = parse_code(code) or ""
    patient = patients_of_clinic(actor, [known]).get(known)
    if patient is None:
        audit.record_denial(actor=actor, target="restriction:begin", event=AccessEvent.NOT_FOUND)
        raise DomainError(_("There is no patient with this code."))
    _need_words(wish)
    with transaction.atomic():
        try:
            with transaction.atomic():
                made = Restriction.objects.create(
                    clinic_id=actor.clinic_id, patient=patient, ground=ground, wish=wish,
                    restricted_by=actor, restricted_at=timezone.now(),
                )  # fmt: skip
        except IntegrityError as error:
            raise Conflict(_("The record is restricted already.")) from error
        made.refresh_from_db(fields=["status_before"])  # of the trigger
        _book(RestrictionEvent.RESTRICTED, made, actor, reason=wish)
    return made


@transaction.atomic
def ask_to_lift(*, held: Restriction, why: str, actor: User) -> Restriction:
    """Ask that the record may be used again. Nothing changes by it.

    Raises: AccessDenied but for a security administrator of the clinic; Conflict if it was lifted,
        or asked for already; DomainError without words.
    """
    _need(actor, Permission.ASK_ERASURE, held.target)
    row = _locked(held, actor)
    if not row.is_live or row.waits:
        raise Conflict(_("This was decided meanwhile. Look at its state."))
    _need_words(why)
    row.lift_why, row.lift_asked_by, row.lift_asked_at = why, actor, timezone.now()
    row.save()
    _book(RestrictionEvent.LIFT_ASKED, row, actor, reason=why)
    return row


@transaction.atomic
def lift(*, held: Restriction, code: str, actor: User) -> Restriction:
    """Agree as the second person, who types the patient's code anew; the use goes on from now.

    Raises: AccessDenied but for quality control of the clinic, or for who asked; Conflict unless it
        waits for that; DomainError for another code.
    """
    _need(actor, Permission.CONFIRM_ERASURE, held.target)
    row = _locked(held, actor)
    if row.lift_asked_by_id == actor.pk:
        raise AccessDenied(_("Somebody else confirms what you asked for."))
    _need_waiting(row)
    if parse_code(code) != row.patient.code:
        raise DomainError(_("This is not the patient's code. Nothing was confirmed."))
    row.lifted_by, row.lifted_at = actor, timezone.now()
    row.save()
    _book(RestrictionEvent.LIFTED, row, actor)
    return row


@transaction.atomic
def keep(*, held: Restriction, why: str, actor: User) -> Restriction:
    """Answer a request to lift with no, by either side; the trail keeps who asked and why not.

    Raises: AccessDenied for a role without a part in it; Conflict unless it waits; DomainError
        without words.
    """
    if not can(actor, Permission.ASK_ERASURE):
        _need(actor, Permission.CONFIRM_ERASURE, held.target)
    row = _locked(held, actor)
    _need_waiting(row)
    _need_words(why)
    row.lift_why, row.lift_asked_by, row.lift_asked_at = "", None, None
    row.save()
    _book(RestrictionEvent.KEPT, row, actor, reason=why)
    return row


def _locked(held: Restriction, actor: User) -> Restriction:
    """The restriction as it is now, if the actor's clinic has it, for this transaction alone."""
    rows = selectors.restrictions_shown_to(actor).select_for_update(of=("self",))
    found = rows.filter(pk=held.pk).first()
    if found is None:
        audit.record_denial(actor=actor, target=held.target)
        raise AccessDenied(_("Your role has no part in this restriction."))
    return found


def _need(actor: User, permission: Permission, target: str) -> None:
    if not can(actor, permission):
        audit.record_denial(actor=actor, target=target, reason=permission.value)
        raise AccessDenied(_("Your role has no part in this restriction."))


def _need_waiting(row: Restriction) -> None:
    if not row.waits:
        raise Conflict(_("This was decided meanwhile. Look at its state."))


def _need_words(text: str) -> None:
    if len(text.strip()) < SHORTEST_WORDS:
        raise DomainError(_("Write at least %(n)d characters.") % {"n": SHORTEST_WORDS})


def _book(event: RestrictionEvent, row: Restriction, actor: User, *, reason: str = "") -> None:
    audit.record(
        event,
        actor=actor,
        subjects=[row.patient],
        purpose=row.ground,
        reason=reason,
        target=row.target,
    )
