"""Asking to see patients for a time, and taking it back."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access_requests import rules, selectors
from crm.access_requests.events import AccessRequestEvent
from crm.access_requests.models import AccessRequest
from crm.patients.models import Patient
from crm.patients.restricted import patients_restricted_for
from crm.patients.selectors import is_guarded, patient_out_of_reach
from crm.patients.services.guarding import mark_minor, may_be_minor
from crm.patients.services.viewing import book_asked_in_vain
from crm.patients.services.writing import booked_restricted
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.pseudonyms.rules import display_code
from privacy.records import new_id


@transaction.atomic
def ask(
    *, actor: User, codes: Sequence[str], purpose: str, reason: str, until: date
) -> list[AccessRequest]:
    """Ask to see one to ten patients until the end of a day of clinic time.

    Each is decided on by their own care team. A code that is nobody's here gives a row like any
    other, which reaches nobody: what the asker gets to see is the same (T18). It is booked.
    Raises: AccessDenied for roles that do not ask; Conflict for what is asked already; DomainError
        for bounds that are not kept, for patients whom the actor cares for, and for whom nobody
        here could agree: all who decide stand below them; Restricted, booked (R15).
    """
    _check_asker(actor)
    codes, reason, now = list(dict.fromkeys(codes)), reason.strip(), timezone.now()
    wanted = _checked_end(codes, reason, until, now)
    # One at a time: of two windows the second sees what the first has asked.
    User.objects.select_for_update(no_key=True, of=("self",)).get(pk=actor.pk)
    _check_not_known(actor, codes, now)
    patients, batch, made = selectors.patients_of_clinic(actor, codes), new_id(), []
    for code in codes:
        before = selectors.earlier_grant(actor, code)
        patient = patients.get(code)
        made.append(
            AccessRequest.objects.create(
                batch=batch,
                clinic_id=actor.clinic_id,
                staff=actor,
                code=code,
                patient=patient,
                purpose=purpose,
                reason=reason,
                previous=before,
                renewals=before.renewals + 1 if before else 0,
                asked_at=now,
                wanted_until=wanted,
                needed=rules.approvals_needed(*_marks(patient)) if patient else 1,
            )
        )
        if patient is None:
            elsewhere = patient_out_of_reach(code)
            book_asked_in_vain(staff=actor, target=f"patient:{code}", patient=elsewhere)
    audit.record(
        AccessRequestEvent.ASKED,
        actor=actor,
        subjects=patients.values(),
        purpose=purpose,
        reason=reason,
        target=f"access:{batch}",
        detail={"asked": len(codes), "renewals": max(one.renewals for one in made)},
    )
    return made


def _check_asker(actor: User) -> None:
    if not can(actor, Permission.ASK_ACCESS):
        raise AccessDenied(_("Your role does not ask for access."))
    if selectors.asks_in_vain(actor):
        raise DomainError(
            _(
                "Nobody in this clinic may decide on what you ask for: whoever decides stands "
                "below you in line. It takes a quality controller outside your line; the system "
                "administrator opens the account."
            )
        )


def _checked_end(codes: Sequence[str], reason: str, until: date, now: datetime) -> datetime:
    if not 1 <= len(codes) <= rules.MOST_CODES:
        raise DomainError(_("Ask for one to ten patients at a time."))
    if not rules.SHORTEST_REASON <= len(reason) <= rules.LONGEST_TEXT:
        raise DomainError(_("Say in at least 10 characters what it is needed for."))
    wanted = rules.last_moment(until, now=now, zone=timezone.get_current_timezone())
    if wanted is None:
        raise DomainError(_("Choose a day from today on, 14 days ahead at most."))
    return wanted


def _check_not_known(actor: User, codes: Sequence[str], now: datetime) -> None:
    if cared_for := selectors.codes_cared_for(actor, codes):
        words = _("You care for %(codes)s and need no access.")
        raise DomainError(words % {"codes": "、".join(map(display_code, cared_for))})
    if stopped := patients_restricted_for(actor).filter(subject__code__in=codes).first():
        raise booked_restricted(patient=stopped, actor=actor)
    mine = AccessRequest.objects.filter(
        staff=actor, code__in=codes, state=AccessRequest.State.ASKED
    )
    # What nobody decided on in time makes room for the next.
    mine.filter(wanted_until__lte=now).update(
        state=AccessRequest.State.WITHDRAWN, closed_at=now, closed_by=actor, updated_at=now
    )
    if asked := sorted(mine.values_list("code", flat=True)):
        words = _("You have asked for %(codes)s already, and it is not decided yet.")
        raise Conflict(words % {"codes": "、".join(map(display_code, asked))})


def _marks(patient: Patient) -> tuple[bool, bool]:
    """Whether the patient is guarded, and whether they may be a minor nobody has marked yet."""
    if is_guarded(patient):
        return True, False
    young = may_be_minor(patient, event=AccessRequestEvent.AGE_READ, process="access-request")
    if young:
        mark_minor(patient=patient)
    return False, young


@transaction.atomic
def withdraw(*, request: AccessRequest, actor: User) -> AccessRequest:
    """Take back a request that is not decided yet.

    Raises: AccessDenied for anybody else's; Conflict if it was decided meanwhile.
    """
    held = AccessRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if held.staff_id != actor.pk:
        raise AccessDenied(_("Only who asked can withdraw a request."))
    if held.state != AccessRequest.State.ASKED:
        raise Conflict(_("This request has been decided meanwhile. Look at its state."))
    held.state = AccessRequest.State.WITHDRAWN
    held.closed_at, held.closed_by = timezone.now(), actor
    held.save(update_fields=["state", "closed_at", "closed_by", "updated_at"])
    found = selectors.patients_of_clinic(actor, [held.code]).values() if held.patient_id else []
    audit.record(
        AccessRequestEvent.WITHDRAWN, actor=actor, subjects=found, target=f"access:{held.pk}"
    )
    return held
