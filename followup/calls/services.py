"""Recording what came of a call, and what follows from it (W7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.messaging.gate import locked_for_contact
from crm.messaging.services import queue_message
from crm.patients.models import Patient, SealedText
from crm.patients.selectors import contact_of, team_of
from crm.patients.services.revealing import may_reveal_of
from crm.staff.models import User
from followup.calls.models import CallResult
from followup.plans.events import PlanEvent
from followup.plans.models import Kind, Plan
from followup.plans.selectors import channels_allowed, wordings
from followup.reminders.services import (
    StepCannot,
    finish_if_done,
    locked_plans_of,
    locked_step,
    pause_plan,
    pause_plans_of,
    stop_plans_of,
)
from followup.schedules.models import Step
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.consent.models import Channel
from privacy.consent.services import stop_all_contact
from privacy.errors import ConsentMissing
from privacy.receipts import Receipt

PHONE: Final = "patientcontact.phone"
MOST_TRIES: Final = 3
UNREACHABLE_WORDING: Final = "F-03"
Outcome = CallResult.Outcome
_OF_EVERY_PLAN: Final = (Outcome.STOP, Outcome.WRONG_NUMBER, Outcome.COMPLAINT)


@dataclass(frozen=True, slots=True)
class CallSheet:
    """What a caller needs: whether to call at all, and how the patient is reached.

    ``phone`` is shown in its mask against ``receipt``; None without a phone, without consent, or
    for a role that sees no contact data. ``callers``: who of the care team may see the number,
    for those who may not (``sees_number``).
    """

    agreed: bool
    receipt: Receipt
    phone: SealedText
    sees_number: bool
    callers: Sequence[User]


@transaction.atomic
def open_call(*, step: Step, actor: User) -> CallSheet:
    """Book that somebody is about to call, and say how; without consent no number at all."""
    patient = step.plan.patient
    agreed = _may_be_called(patient)
    shows = agreed and can(actor, Permission.VIEW_CONTACT)
    receipt = audit.record(
        PlanEvent.CALL_OPENED,
        actor=actor,
        subjects=[patient],
        fields=[PHONE] if shows else [],
        target=f"plan:{step.plan_id}",
    )
    contact = contact_of(patient) if shows else None
    team = [row.staff for row in team_of(patient)]
    return CallSheet(
        agreed=agreed,
        receipt=receipt,
        phone=contact.phone if contact else None,
        sees_number=can(actor, Permission.REVEAL_CONTACT) and may_reveal_of(actor, patient),
        callers=[one for one in team if can(one, Permission.REVEAL_CONTACT)],
    )


def _may_be_called(patient: Patient) -> bool:
    """Consent, and a record that is open: as for messages, a closed one gets no contact (R15)."""
    status = Patient.objects.filter(pk=patient.pk).values_list("status", flat=True).get()
    return status not in Patient.NO_CONTACT and Channel.CALL in channels_allowed(patient)


@transaction.atomic
def record_call(
    *, step: Step, outcome: CallResult.Outcome, actor: User, call_again_at: datetime | None = None
) -> CallResult:
    """Write down one try and carry out what follows from it.

    In: ``call_again_at`` aware, for LATER only. STOP withdraws every consent to contact and
    stops the patient's plans; WRONG_NUMBER and COMPLAINT let all of them rest; a third
    UNREACHABLE ends the calls of the plan.
    Raises: ConsentMissing if the patient no longer agrees to calls; StepCannot.
    """
    patient = step.plan.patient
    locked_for_contact([patient.pk])  # the answer below holds until the commit (R7)
    if not _may_be_called(patient):
        raise ConsentMissing(_("The patient does not agree to calls. Do not call."))
    if outcome == Outcome.STOP:
        stop_all_contact(subject=patient, actor=actor)  # consent cells before plans: lock order
    if outcome in _OF_EVERY_PLAN:
        locked_plans_of(patient)
    plan, step = locked_step(step)
    if step.kind != Kind.CALL:
        raise StepCannot(_("This step is not a call."))
    step.tries += 1
    result = CallResult(
        step=step,
        number=step.tries,
        outcome=outcome,
        call_again_at=call_again_at,
        operator=actor,
    )
    result.save(force_insert=True)
    audit.record(
        PlanEvent.CALL_RECORDED,
        actor=actor,
        subjects=[patient],
        target=f"plan:{plan.pk}",
        detail={"outcome": outcome.value, "try": step.tries},
    )
    _carry_on(step, outcome, call_again_at)
    _effects(plan, step, outcome, actor)
    return result


def _carry_on(step: Step, outcome: CallResult.Outcome, again: datetime | None) -> None:
    """What becomes of the step itself."""
    if outcome == Outcome.LATER and again is not None:
        step.due_at = again
    elif outcome == Outcome.UNREACHABLE and step.tries < MOST_TRIES:
        pass  # stays on the list with its number of tries
    else:
        reached = outcome not in (Outcome.UNREACHABLE, Outcome.WRONG_NUMBER)
        step.state = Step.State.DONE if reached else Step.State.SKIPPED
        step.note = "" if reached else Step.Note.UNREACHABLE
        step.settled_at = timezone.now()
    step.save(update_fields=["tries", "due_at", "state", "note", "settled_at", "updated_at"])


def _effects(plan: Plan, step: Step, outcome: CallResult.Outcome, actor: User) -> None:
    """What becomes of the plan, and of the patient's others."""
    if outcome == Outcome.STOP:
        stop_plans_of(patient=plan.patient, reason=Plan.Reason.WITHDRAWN, actor=actor)
    elif outcome == Outcome.WRONG_NUMBER:
        pause_plans_of(patient=plan.patient, reason=Plan.Reason.WRONG_NUMBER, actor=actor)
    elif outcome == Outcome.COMPLAINT:  # only the case owner contacts the patient
        pause_plans_of(patient=plan.patient, reason=Plan.Reason.COMPLAINT, actor=actor)
    elif outcome == Outcome.EMERGENCY and plan.state == Plan.State.ACTIVE:
        pause_plan(plan=plan, reason=Plan.Reason.CLINICAL, actor=actor)
    elif outcome == Outcome.UNREACHABLE and step.tries >= MOST_TRIES:
        _stop_calling(plan, step)
        finish_if_done(plan)
    else:
        finish_if_done(plan)


def _stop_calling(plan: Plan, step: Step) -> None:
    """No more calls of this plan; one neutral SMS instead, if the patient agrees to SMS."""
    plan.steps.filter(kind=Kind.CALL, state__in=Step.OPEN).update(
        state=Step.State.SKIPPED, note=Step.Note.UNREACHABLE, settled_at=timezone.now()
    )
    template = wordings([UNREACHABLE_WORDING]).get(UNREACHABLE_WORDING)
    if template and Channel.SMS in channels_allowed(plan.patient):
        queue_message(
            patient=plan.patient,
            template=template,
            due_at=timezone.now(),
            idempotency_key=f"unreachable:{step.pk}",
        )
