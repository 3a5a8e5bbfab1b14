"""Letting somebody look for a time, or not; and ending it early."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access_requests import rules, selectors
from crm.access_requests.events import AccessRequestEvent
from crm.access_requests.models import AccessApproval, AccessRequest
from crm.patients.models import Patient
from crm.patients.selectors import is_guarded
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import AccessDenied, Conflict, DomainError

State = AccessRequest.State


@transaction.atomic
def approve(*, request: AccessRequest, actor: User, until: date) -> AccessRequest:
    """Agree until the end of a day of clinic time; open it if enough people have agreed.

    The end is the earliest that anybody agreed to, and never later than what was asked for.
    Raises: AccessDenied for who does not decide on it, the asker first of all; Conflict if it was
        decided or withdrawn meanwhile; DomainError for a day out of bounds.
    """
    held, now = _held(request.pk, actor), timezone.now()
    zone = timezone.get_current_timezone()
    end = rules.last_moment(until, now=now, zone=zone)
    if end is None or until > rules.last_day(held.wanted_until, zone=zone):
        raise DomainError(_("Choose a day from today on, not later than what was asked for."))
    AccessApproval.objects.create(request=held, approver=actor, until=min(end, held.wanted_until))
    given = list(held.approvals.values_list("until", flat=True))
    needed = held.needed
    if held.patient and is_guarded(held.patient):
        needed = rules.FOR_GUARDED  # since it was asked for, it may be
    event = AccessRequestEvent.AGREED
    if len(given) >= needed:
        event = AccessRequestEvent.APPROVED
        make_room(staff=held.staff, patient_id=held.patient_id, now=now)
        held.state, held.until = State.APPROVED, min(given)
        held.decided_at, held.decided_by = now, actor
        held.save(update_fields=["state", "until", "decided_at", "decided_by", "updated_at"])
    _book(event, held, actor, given=len(given), needed=needed)
    return held


@transaction.atomic
def refuse(*, request: AccessRequest, actor: User, reason: str) -> AccessRequest:
    """Refuse, with a reason that is kept and shown to who asked. One "no" is enough.

    Raises: AccessDenied, Conflict as ``approve``; DomainError without at least 10 characters.
    """
    reason = reason.strip()
    if not rules.SHORTEST_REASON <= len(reason) <= rules.LONGEST_TEXT:
        raise DomainError(_("Say in at least 10 characters why not."))
    held = _held(request.pk, actor)
    held.state, held.refusal = State.REFUSED, reason
    held.decided_at, held.decided_by = timezone.now(), actor
    held.save(update_fields=["state", "refusal", "decided_at", "decided_by", "updated_at"])
    _book(AccessRequestEvent.REFUSED, held, actor, reason=reason)
    return held


@transaction.atomic
def end_early(*, request: AccessRequest, actor: User) -> AccessRequest:
    """End what is open; the next page of who looked by it is "not found".

    Raises: AccessDenied for who may not; Conflict if it is not open any more.
    """
    held = _locked(request.pk)
    if held.state != State.APPROVED or not AccessRequest.objects.live().filter(pk=held.pk):
        raise Conflict(_("This access is over already."))
    if not selectors.endable_by(actor).filter(pk=held.pk).exists():
        raise AccessDenied(_("Only the care team and who agreed can end this access."))
    _close(held, at=timezone.now(), by=actor)
    _book(AccessRequestEvent.ENDED, held, actor)
    return held


def end_what_one_approved(*, patient: Patient, actor: User | None) -> None:
    """Close what opens a patient who is guarded from now on, unless two had agreed to it.

    In: ``actor`` None where the age was found, by nobody.

    Break-glass runs out by itself within half an hour.
    """
    live = AccessRequest.objects.live().filter(patient=patient, kind=AccessRequest.Kind.ASKED)
    for one in live.select_for_update(of=("self",)).select_related("staff", "patient__subject"):
        if one.approvals.count() < rules.FOR_GUARDED:
            _close(one, at=timezone.now(), by=actor if actor != one.staff else None)
            _book(AccessRequestEvent.ENDED, one, actor)


def make_room(*, staff: User, patient_id: UUID | None, now: datetime) -> None:
    """Close what the same person has of the same patient, before it is replaced: one at a time.

    What has run out is closed with the moment it ran out. Takes the person's row, so that an
    approval and a use of break-glass at the same moment come one after the other.
    """
    User.objects.select_for_update(no_key=True, of=("self",)).get(pk=staff.pk)
    older = AccessRequest.objects.filter(staff=staff, patient=patient_id, state=State.APPROVED)
    for one in older.select_for_update(of=("self",)):
        _close(one, at=min(now, one.until or now), by=None)


def _close(held: AccessRequest, *, at: datetime, by: User | None) -> None:
    held.state, held.closed_at, held.closed_by = State.ENDED, at, by
    held.save(update_fields=["state", "closed_at", "closed_by", "updated_at"])


def _locked(request_id: UUID) -> AccessRequest:
    rows = AccessRequest.objects.select_for_update(of=("self",))
    return rows.select_related("staff", "patient__subject").get(pk=request_id)


def _held(request_id: UUID, actor: User) -> AccessRequest:
    """The request as it is now, locked; the actor may decide on it."""
    held = _locked(request_id)
    if held.state != State.ASKED:
        raise Conflict(_("This request has been decided meanwhile. Look at its state."))
    if held.wanted_until <= timezone.now():
        raise Conflict(_("Nobody decided in time, so this request has lapsed."))
    if held.approvals.filter(approver=actor).exists():
        raise Conflict(_("You have agreed already. Another person has to agree as well."))
    if not selectors.decidable_by(actor).filter(pk=held.pk).exists():
        raise AccessDenied(
            _(
                "The patient's consultant or doctor decides, never who asked or works below them; "
                "where the care team has nobody else, medical quality control."
            )
        )
    return held


def _book(
    event: AccessRequestEvent,
    held: AccessRequest,
    actor: User | None,
    reason: str = "",
    **detail: int,
) -> None:
    patient: Patient | None = held.patient
    audit.record(
        event,
        actor=actor,
        process="" if actor else "age",
        clinic=None if actor else held.clinic_id,
        subjects=[patient] if patient else [],
        purpose=held.purpose,
        reason=reason,
        target=f"access:{held.pk}",
        detail={"staff": held.staff.staff_no, "renewals": held.renewals, **detail},
    )
