"""The nurse's part of the story: plans in every state, calls and messages of past days.

Services write the present only. What happened before today is written here as rows of the past,
and from there on by the services again: the answers of the SMS company, for one, go the usual way.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from django.utils import timezone

from crm.messaging import answers
from crm.messaging.events import MessageEvent
from crm.messaging.models import Attempt, Message, MessageTemplate
from crm.messaging.rules import Status
from crm.messaging.services import ensure_shipped_templates, queue_message
from crm.messaging.sms.provider import Answer, Fate
from crm.patients.models import Patient
from crm.staff.models import User
from followup.calls.models import CallResult
from followup.plans.events import PlanEvent
from followup.plans.models import Kind, Plan, PlanTemplate
from followup.plans.services import ensure_shipped_plan_templates
from followup.reminders import services as reminders
from followup.schedules.models import Step
from followup.schedules.services import start_plan
from privacy.audit import services as audit

Staff = Mapping[str, User]
# (patient's number, template, days from the anchor to today)
RUNNING: Final = (
    (20, "stimulation", 4), (21, "stimulation", 2), (22, "transfer", 7), (23, "stimulation", 5),
    (24, "surgery", 3), (26, "surgery", 1), (27, "transfer", 1), (28, "stimulation", 6),
    (29, "first-visit", 1), (30, "transfer", 13), (31, "first-visit", 0), (32, "surgery", 7),
    (34, "transfer", 0), (36, "first-visit", 2), (37, "surgery", 1), (38, "transfer", 14),
    (40, "first-visit", 0), (41, "stimulation", 0), (42, "surgery", 4), (46, "transfer", 2),
    (48, "surgery", 13), (49, "first-visit", 6),
)  # fmt: skip
PROPOSED: Final = ((33, "first-visit"), (35, "transfer"), (44, "surgery"))
RESTING: Final = ((38, Plan.Reason.PATIENT_WISH), (42, Plan.Reason.COMPLAINT))
STOPPED: Final = ((46, Plan.Reason.SENSITIVE), (49, Plan.Reason.CLINICAL))
COMPLETED: Final = (48,)
A_CALL: Final = timedelta(minutes=20)
# What became of past messages and calls, in turn.
FATES: Final = (
    Fate.DELIVERED, Fate.DELIVERED, Fate.FAILED, Fate.DELIVERED, Fate.UNKNOWN, Fate.ACCEPTED,
)  # fmt: skip
CALLS: Final = (
    CallResult.Outcome.REACHED, None, CallResult.Outcome.UNREACHABLE, CallResult.Outcome.REACHED,
)  # fmt: skip


def start_plans(patients: Sequence[Patient], *, staff: Staff) -> None:
    """Templates as shipped; plans that run, rest, wait, ended; their past days."""
    ensure_shipped_templates()
    ensure_shipped_plan_templates()
    templates = {one.code: one for one in PlanTemplate.objects.filter(is_current=True)}
    nurse, today = staff["hs001"], timezone.localdate()
    plans = {
        number: start_plan(
            patient=patients[number],
            template=templates[code],
            anchor_on=today - timedelta(days=days),
            actor=nurse,
            skip_past=True,
        )
        for number, code, days in RUNNING
    }
    for number, code in PROPOSED:
        start_plan(
            patient=patients[number],
            template=templates[code],
            anchor_on=today + timedelta(days=3),
            actor=nurse,
            only_propose=True,
        )
    _live_through(plans, staff)
    _end_some(plans, staff)


def queue_some(patients: Sequence[Patient]) -> None:
    """Three for the outbox: one waits, one is withdrawn later, one has no consent."""
    texts = {one.code: one for one in MessageTemplate.objects.filter(code__in=["F-02", "F-03"])}
    tomorrow = timezone.localtime().replace(hour=10, minute=0, second=0) + timedelta(days=1)
    for number, code, due_at in (
        (40, "F-02", tomorrow),
        (36, "F-03", tomorrow),
        (45, "F-03", timezone.now()),
    ):
        queue_message(
            patient=patients[number],
            template=texts[code],
            due_at=due_at,
            idempotency_key=f"demo:{number}",
        )


def _end_some(plans: Mapping[int, Plan], staff: Staff) -> None:
    for number, reason in RESTING:
        reminders.pause_plan(plan=plans[number], reason=reason, actor=staff["hs001"])
    for number, reason in STOPPED:
        reminders.stop_plan(plan=plans[number], reason=reason, actor=staff["ys001"])
    for number in COMPLETED:
        for step in plans[number].steps.filter(state__in=Step.OPEN):
            reminders.skip_step(step=step, actor=staff["hs001"])


def _live_through(plans: Mapping[int, Plan], staff: Staff) -> None:
    """Past steps, which a new plan leaves out, as if the plan had been made in time."""
    texts, calls = count(), count()
    for number, plan in plans.items():
        for step in plan.steps.filter(note=Step.Note.PAST).select_related("message_template"):
            step.plan = plan
            if step.kind == Kind.SMS:
                _sent(step, FATES[next(texts) % len(FATES)])
            else:
                outcome = CALLS[next(calls) % len(CALLS)]
                if number in COMPLETED:
                    outcome = CallResult.Outcome.REACHED
                _called(step, outcome, staff["sf001" if number % 2 else "hs001"])


def _sent(step: Step, fate: Fate) -> None:
    """A message that left on its day; the company's answer is booked by the usual service."""
    if step.message_template is None:
        raise ValueError("an SMS step has a wording")
    patient = step.plan.patient
    step.state, step.note, step.settled_at, step.tries = Step.State.QUEUED, "", None, 1
    step.message = queue_message(
        patient=patient,
        template=step.message_template,
        due_at=step.due_at,
        idempotency_key=f"{step.source}:1",
        source=step.source,
    )
    step.save()
    message = step.message
    message.state, message.handed_over_at = Status.HANDED_OVER, step.due_at
    message.save()
    receipt = audit.record(
        MessageEvent.SENT,
        process="seed_demo",
        subjects=[patient],
        purpose=message.purpose,
        target=f"message:{message.pk}",
    )
    attempt = Attempt.objects.create(
        message=message, handed_over_at=step.due_at, event_id=receipt.event_id
    )
    answers.take_answers({attempt.reference: Answer(fate, fate.value)})
    Step.objects.filter(pk=step.pk, settled_at__isnull=False).update(settled_at=step.due_at)
    if fate is Fate.UNKNOWN:
        _leave_to_a_person(message, since=step.due_at)


def _leave_to_a_person(message: Message, *, since: datetime) -> None:
    """Asked after in vain for half an hour, days ago."""
    Message.objects.filter(pk=message.pk).update(
        unknown_since=since, check_at=None, needs_person_at=since + timedelta(minutes=30)
    )


def _called(step: Step, outcome: str | None, actor: User) -> None:
    """A call of a past day: made, tried in vain, or (None) still overdue."""
    reached = outcome == CallResult.Outcome.REACHED
    step.state = Step.State.DONE if reached else Step.State.DUE
    step.note, step.settled_at = "", step.due_at + A_CALL if reached else None
    step.tries = 1 if outcome else 0
    step.save()
    if outcome is None:
        return
    CallResult.objects.create(step=step, number=1, outcome=outcome, operator=actor)
    audit.record(
        PlanEvent.CALL_RECORDED,
        actor=actor,
        subjects=[step.plan.patient],
        target=f"plan:{step.plan_id}",
        detail={"step": step.position, "outcome": str(outcome)},
    )
