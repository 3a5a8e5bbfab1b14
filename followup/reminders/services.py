"""From steps that are due to messages in the outbox, and back to what became of them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.messaging.models import Message, Reason
from crm.messaging.rules import Status
from crm.messaging.services import cancel_for_sources, queue_message
from crm.patients.models import Patient
from crm.staff.models import User
from followup.plans.events import PlanEvent
from followup.plans.models import Kind, Plan
from followup.plans.rules import PlanState
from followup.plans.services import PlanCannot, locked_plan, move_plan
from followup.schedules.models import Step
from privacy.audit import services as audit
from privacy.consent.models import Channel, ConsentState, Purpose
from privacy.consent.rules import Answer
from privacy.errors import DomainError

_STANDING: Final = (Answer.GRANTED, Answer.PAUSED)


class StepCannot(DomainError):
    """The step's state does not allow this."""


# --- due steps become messages ----------------------------------------------------------------


@transaction.atomic
def queue_due_steps(limit: int) -> int:
    """Put the SMS of steps whose moment has come into the outbox. Returns how many steps moved.

    A withdrawn consent cancels the step here; a pause does not: the outbox holds the message
    as long as it is useful.
    """
    now = timezone.now()
    due = Step.objects.to_queue(now).select_related("plan__patient__subject", "message_template")
    steps = list(due.select_for_update(skip_locked=True, of=("self", "plan"))[:limit])
    standing = _standing_consents(step.plan.patient_id for step in steps)
    for step in steps:
        if step.plan.patient_id in standing:
            _queue(step)
        else:
            _settle(step, Step.State.CANCELLED, Step.Note.NO_CONSENT, now)
    return len(steps)


def _standing_consents(patient_ids: Iterable[UUID]) -> set[UUID]:
    cells = ConsentState.objects.filter(
        subject_id__in=set(patient_ids),
        purpose=Purpose.FOLLOW_UP,
        channel=Channel.SMS,
        status__in=_STANDING,
    )
    return set(cells.values_list("subject_id", flat=True))


def _queue(step: Step) -> None:
    if step.message_template is None:
        raise StepCannot(_("This step sends no message."))
    step.tries += 1
    step.message = queue_message(
        patient=step.plan.patient,
        template=step.message_template,
        due_at=step.due_at,
        idempotency_key=f"{step.source}:{step.tries}",
        source=step.source,
    )
    step.state = Step.State.QUEUED
    step.note = ""
    step.settled_at = None
    step.save(update_fields=["tries", "message", "state", "note", "settled_at", "updated_at"])


def _settle(step: Step, state: Step.State, note: str, now: datetime) -> None:
    step.state = state
    step.note = note
    step.settled_at = None if state in Step.OPEN else now
    step.save(update_fields=["state", "note", "settled_at", "updated_at"])


# --- what became of the messages --------------------------------------------------------------


def unwanted_messages(messages: list[Message]) -> Collection[UUID]:
    """The dispatcher's question: which of these belong to a plan that no longer runs?

    Locks the plans, so that a pause or stop either waits for this hand-over or prevents it.
    """
    keys = [message.pk for message in messages]
    plans = Plan.objects.select_for_update(no_key=True).filter(
        Exists(Step.objects.filter(plan=OuterRef("pk"), message__in=keys))
    )
    running = [plan.pk for plan in plans.order_by("pk") if plan.state == Plan.State.ACTIVE]
    wanted = Step.objects.filter(
        message__in=keys, plan__in=running, state=Step.State.QUEUED
    ).values_list("message_id", flat=True)
    return set(keys) - set(wanted)


def follow_messages(sender: type[Message], *, messages: list[Message], **_kwargs: object) -> None:
    """A listener of ``messages_moved``: the steps follow, inside the same transaction."""
    ours = {message.pk: message for message in messages if message.source.startswith("step:")}
    if not ours:
        return
    now = timezone.now()
    steps = Step.objects.select_for_update().filter(message__in=ours).order_by("pk")
    following: dict[tuple[Step.State, str], list[UUID]] = defaultdict(list)
    for step in steps:
        follows = _state_after(ours[step.message_id]) if step.message_id else None
        if follows and (step.is_open or step.state == Step.State.SENT):
            following[follows].append(step.pk)
    for (state, note), keys in following.items():
        changes = {
            "state": state,
            "note": note,
            "settled_at": None if state in Step.OPEN else now,
            "updated_at": now,
        }
        if state == Step.State.DUE:
            changes["message"] = None  # a plan that resumes queues it anew
        Step.objects.filter(pk__in=keys).update(**changes)


def _state_after(message: Message) -> tuple[Step.State, str] | None:
    """State and note of the step whose message has come this far; None if nothing follows."""
    if message.state in (Status.ACCEPTED, Status.DELIVERED):
        return Step.State.SENT, ""
    if message.state == Status.CANCELLED and message.reason == Reason.PLAN_CHANGED:
        return Step.State.DUE, ""
    if message.state in (Status.CANCELLED, Status.SUPPRESSED) and message.reason in (
        Reason.WITHDRAWN,
        Reason.NO_CONSENT,
    ):
        return Step.State.CANCELLED, Step.Note.NO_CONSENT
    if message.state in (Status.FAILED, Status.SUPPRESSED):
        return Step.State.FAILED, ""
    return None


# --- what staff do ----------------------------------------------------------------------------


@transaction.atomic
def pause_plan(*, plan: Plan, reason: str, actor: User, version: int | None = None) -> Plan:
    """Let a plan rest: nothing of it is sent from the commit on. Consent stays as it is.

    Raises: Conflict; PlanCannot. Source: S74.
    """
    plan = locked_plan(plan.pk, version=version)
    plan = move_plan(plan=plan, state=PlanState.PAUSED, actor=actor, reason=reason)
    _take_back(plan)
    return plan


@transaction.atomic
def resume_plan(*, plan: Plan, actor: User, version: int | None = None) -> Plan:
    """Let a paused plan go on. Messages whose day went by are left out; calls stay on the list.

    Raises: Conflict; PlanCannot.
    """
    plan = locked_plan(plan.pk, version=version)
    if plan.state != Plan.State.PAUSED:
        raise PlanCannot(_("The plan is in a state that does not allow this."))
    plan = move_plan(plan=plan, state=PlanState.ACTIVE, actor=actor, event=PlanEvent.RESUMED)
    now = timezone.now()
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    late = plan.steps.filter(kind=Kind.SMS, state__in=Step.OPEN, due_at__lt=today)
    late.update(state=Step.State.SKIPPED, note=Step.Note.PAST, settled_at=now)
    return plan


@transaction.atomic
def stop_plan(*, plan: Plan, reason: str, actor: User | None, version: int | None = None) -> Plan:
    """End a plan for good: open steps are cancelled, queued messages taken out.

    Raises: Conflict; PlanCannot. Source: S74.
    """
    plan = locked_plan(plan.pk, version=version)
    plan = move_plan(plan=plan, state=PlanState.STOPPED, actor=actor, reason=reason)
    _take_back(plan)
    plan.steps.filter(state__in=Step.OPEN).update(
        state=Step.State.CANCELLED, note=Step.Note.PLAN_ENDED, settled_at=timezone.now()
    )
    return plan


def _take_back(plan: Plan) -> None:
    queued = plan.steps.filter(state=Step.State.QUEUED)
    cancel_for_sources(sources=[step.source for step in queued])


@transaction.atomic
def pause_plans_of(*, patient: Patient, reason: str, actor: User) -> int:
    """Let every running plan of a patient rest. Returns how many."""
    running = [plan for plan in locked_plans_of(patient) if plan.state == Plan.State.ACTIVE]
    for plan in running:
        pause_plan(plan=plan, reason=reason, actor=actor)
    return len(running)


@transaction.atomic
def stop_plans_of(*, patient: Patient, reason: str, actor: User | None) -> int:
    """Stop every live plan of a patient. Returns how many."""
    live = locked_plans_of(patient)
    for plan in live:
        stop_plan(plan=plan, reason=reason, actor=actor)
    return len(live)


def locked_plans_of(patient: Patient) -> list[Plan]:
    """The live plans of a patient, locked by key: before any of their steps (lock order)."""
    return list(Plan.objects.live().filter(patient=patient).order_by("pk").select_for_update())


@transaction.atomic
def skip_step(*, step: Step, actor: User) -> Step:
    """Leave one open step out. Raises: StepCannot."""
    plan, step = locked_step(step)
    cancel_for_sources(sources=[step.source])
    step.refresh_from_db()
    _settle(step, Step.State.SKIPPED, Step.Note.BY_STAFF, timezone.now())
    _record(PlanEvent.STEP_SKIPPED, plan, step, actor)
    finish_if_done(plan)
    return step


@transaction.atomic
def resend_step(*, step: Step, actor: User) -> Step:
    """Queue a message that did not go out once more, as a new message that is due now.

    Raises: StepCannot unless the step failed, or its plan no longer runs.
    """
    plan, step = locked_step(step)
    if step.state != Step.State.FAILED or plan.state != Plan.State.ACTIVE:
        raise StepCannot(_("Only a message that did not go out can be sent again."))
    step.due_at = timezone.now()
    step.save(update_fields=["due_at", "updated_at"])
    step.plan = plan
    _queue(step)
    _record(PlanEvent.STEP_RESENT, plan, step, actor)
    return step


def locked_step(step: Step) -> tuple[Plan, Step]:
    """Plan and step under lock, in this order. Raises: StepCannot unless the step is open."""
    plan = locked_plan(step.plan_id)
    locked = Step.objects.select_for_update(of=("self",)).select_related("message_template")
    fresh = locked.get(pk=step.pk)
    if not fresh.is_open:
        raise StepCannot(_("This step is already settled."))
    return plan, fresh


def _record(event: PlanEvent, plan: Plan, step: Step, actor: User) -> None:
    audit.record(
        event,
        actor=actor,
        subjects=[plan.patient],
        target=f"plan:{plan.pk}",
        detail={"step": step.position},
    )


# --- plans that are over ----------------------------------------------------------------------


def finish_if_done(plan: Plan) -> bool:
    """Complete a locked, running plan of which no step is open. Whether it was completed."""
    if plan.state != Plan.State.ACTIVE or plan.steps.filter(state__in=Step.OPEN).exists():
        return False
    move_plan(plan=plan, state=PlanState.COMPLETED, actor=None)
    return True


def tidy_plans(limit: int) -> int:
    """Complete plans that are done, stop those whose patient withdrew. Returns how many."""
    open_steps = Step.objects.filter(plan=OuterRef("pk"), state__in=Step.OPEN)
    consents = ConsentState.objects.filter(
        subject_id=OuterRef("patient_id"), purpose=Purpose.FOLLOW_UP, status__in=_STANDING
    )
    running = Plan.objects.filter(state__in=[Plan.State.ACTIVE, Plan.State.PAUSED])
    withdrawn = running.filter(~Exists(consents))
    done = running.filter(~Exists(open_steps), Exists(consents), state=Plan.State.ACTIVE)
    return _each(withdrawn, _stop_withdrawn, limit) + _each(done, finish_if_done, limit)


def _each(plans: QuerySet[Plan], act: Callable[[Plan], bool], limit: int) -> int:
    """Act on each plan in a transaction of its own; one that somebody holds is left for later."""
    count = 0
    for plan_id in list(plans.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            plan = (
                plans.filter(pk=plan_id)
                .select_for_update(skip_locked=True, of=("self",))
                .select_related("patient__subject", "template")
                .first()
            )
            count += int(plan is not None and act(plan))
    return count


def _stop_withdrawn(plan: Plan) -> bool:
    stop_plan(plan=plan, reason=Plan.Reason.WITHDRAWN, actor=None)
    return True
