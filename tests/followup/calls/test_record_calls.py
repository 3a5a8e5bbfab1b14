"""Outcomes are mandatory, and each has its consequence."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from crm.embedded.gateway.server import GatewayServer
from crm.messaging.dispatch import dispatch_due
from crm.messaging.models import Message
from crm.patients.models import Patient
from crm.patients.services.care import change_contact
from crm.staff.models import User
from followup.calls.forms import CallForm
from followup.calls.models import CallResult
from followup.calls.services import open_call, record_call
from followup.plans.models import Plan, PlanTemplate
from followup.plans.services import PlanCannot
from followup.reminders.services import StepCannot, pause_plan, queue_due_steps, resume_plan
from followup.schedules.models import Step
from followup.schedules.services import start_plan
from privacy.consent.models import Channel, Purpose
from privacy.consent.rules import Answer
from privacy.consent.selectors import has_consent
from privacy.errors import ConsentMissing
from tests.factories.followup import PlanFactory, StepFactory
from tests.factories.messages import answer
from tests.factories.races import all_at_once, while_it_waits
from tests.factories.restrictions import close

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
Outcome = CallResult.Outcome


@pytest.fixture
def step(agreeing: Patient) -> Step:
    return StepFactory.create(plan=PlanFactory.create(patient=agreeing), call=True)


def after(step: Step) -> tuple[str, str, str]:
    fresh = Step.objects.select_related("plan").get(pk=step.pk)
    return fresh.state, fresh.plan.state, fresh.plan.reason


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.REACHED, ("done", "active", "")),
        (Outcome.UNREACHABLE, ("due", "active", "")),
        (Outcome.WRONG_NUMBER, ("skipped", "paused", "wrong_number")),
        (Outcome.COMPLAINT, ("done", "paused", "complaint")),
        (Outcome.EMERGENCY, ("done", "paused", "clinical")),
        (Outcome.STOP, ("done", "stopped", "withdrawn")),
    ],
)
def test_each_outcome_has_its_consequence(
    step: Step, agent: User, outcome: CallResult.Outcome, expected: tuple[str, str, str]
) -> None:
    StepFactory.create(plan=step.plan, due_at=timezone.now() + timedelta(days=2))
    record_call(step=step, outcome=outcome, actor=agent)
    assert after(step) == expected


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.WRONG_NUMBER, ("paused", "wrong_number", 0)),
        (Outcome.COMPLAINT, ("paused", "complaint", 0)),
        (Outcome.EMERGENCY, ("active", "", 1)),
    ],
)
def test_what_is_about_the_patient_rests_every_plan(
    gateway: GatewayServer,
    step: Step,
    agent: User,
    agreeing: Patient,
    outcome: CallResult.Outcome,
    expected: tuple[str, str, int],
) -> None:
    other = PlanFactory.create(patient=agreeing)
    StepFactory.create(plan=other)
    queue_due_steps(10)
    record_call(step=step, outcome=outcome, actor=agent)
    dispatch_due(10)
    other.refresh_from_db()
    assert (other.state, other.reason, len(gateway.ledger.newest(10))) == expected


def test_after_a_wrong_number_no_plan_runs_until_the_number_was_looked_at(
    step: Step,
    nurse: User,
    agreeing: Patient,
    first_visit: PlanTemplate,
    clock: time_machine.Traveller,
) -> None:
    other = PlanFactory.create(patient=agreeing)
    pause_plan(plan=other, reason=Plan.Reason.CLINICAL, actor=nurse)
    start = partial(
        start_plan, patient=agreeing, template=first_visit, anchor_on=timezone.localdate(),
        actor=nurse, skip_past=True,
    )  # fmt: skip
    StepFactory.create(plan=step.plan, due_at=timezone.now() + timedelta(days=2))
    record_call(step=step, outcome=Outcome.WRONG_NUMBER, actor=nurse)
    for plan in (step.plan, other):
        with pytest.raises(PlanCannot):
            resume_plan(plan=plan, actor=nurse)
    with pytest.raises(PlanCannot):
        start()

    clock.shift(60)
    change_contact(patient=agreeing, name="", phone="+8613900139000", actor=nurse)
    for plan in (step.plan, other):
        assert resume_plan(plan=plan, actor=nurse).state == Plan.State.ACTIVE
    assert start().state == Plan.State.ACTIVE


def test_the_last_call_completes_the_plan(step: Step, agent: User) -> None:
    record_call(step=step, outcome=Outcome.REACHED, actor=agent)
    assert after(step)[1] == Plan.State.COMPLETED


def test_later_moves_the_call(step: Step, agent: User) -> None:
    moment = timezone.now() + timedelta(days=1)
    record_call(step=step, outcome=Outcome.LATER, call_again_at=moment, actor=agent)
    step.refresh_from_db()
    assert (step.state, step.due_at, step.tries) == (Step.State.DUE, moment, 1)


def test_stop_ends_every_consent_and_every_plan(step: Step, agent: User, agreeing: Patient) -> None:
    other = PlanFactory.create(patient=agreeing)
    sms = StepFactory.create(plan=other, due_at=timezone.now() + timedelta(days=1))
    record_call(step=step, outcome=Outcome.STOP, actor=agent)
    for channel in (Channel.SMS, Channel.CALL):
        assert not has_consent(agreeing, Purpose.FOLLOW_UP, channel)
    assert after(sms) == ("cancelled", "stopped", "withdrawn")


def test_three_times_unreachable_ends_the_calling_with_one_neutral_sms(
    step: Step, agent: User, shipped: None
) -> None:
    other = StepFactory.create(plan=step.plan, call=True, due_at=timezone.now() + timedelta(days=2))
    for _ in range(3):
        record_call(step=step, outcome=Outcome.UNREACHABLE, actor=agent)
    for one in (step, other):
        one.refresh_from_db()
        assert (one.state, one.note) == (Step.State.SKIPPED, Step.Note.UNREACHABLE)
    message = Message.objects.get()
    assert message.template.code == "F-03"
    with pytest.raises(StepCannot):
        record_call(step=step, outcome=Outcome.REACHED, actor=agent)


def test_no_consent_no_call(step: Step, agent: User, agreeing: Patient) -> None:
    answer(agreeing, Answer.PAUSED, channel=Channel.CALL)
    with pytest.raises(ConsentMissing):
        record_call(step=step, outcome=Outcome.REACHED, actor=agent)
    assert not CallResult.objects.exists()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "outcome"),
        ({"outcome": "later"}, "call_again_at"),
        ({"outcome": "later", "call_again_at": "2020-01-01T10:00"}, "call_again_at"),
        ({"outcome": "nonsense"}, "outcome"),
    ],
)
def test_the_form_wants_an_outcome(data: dict[str, str], field: str) -> None:
    form = CallForm(data)
    assert not form.is_valid()
    assert field in form.errors


def test_the_form_drops_a_moment_that_was_not_asked_for() -> None:
    form = CallForm({"outcome": "reached", "call_again_at": "2030-01-01T10:00"})
    assert form.is_valid()
    assert form.cleaned_data["call_again_at"] is None


@pytest.mark.parametrize("status", [Patient.Status.RESTRICTED, Patient.Status.INACTIVE])
def test_a_closed_record_is_not_called(step: Step, agent: User, status: str) -> None:
    close(step.plan.patient, status)

    assert not open_call(step=step, actor=agent).agreed
    with pytest.raises(ConsentMissing):
        record_call(step=step, outcome=Outcome.REACHED, actor=agent)


@pytest.mark.django_db(transaction=True)
def test_no_call_is_recorded_after_a_withdrawal_that_came_first(
    step: Step, agent: User, agreeing: Patient
) -> None:
    """The withdrawal is under way, the call waits for it, and then sees it."""

    def withdraw() -> None:
        answer(agreeing, Answer.WITHDRAWN, channel=Channel.CALL)

    def record() -> None:
        with pytest.raises(ConsentMissing):
            record_call(step=step, outcome=Outcome.REACHED, actor=agent)

    with while_it_waits(withdraw, record):
        pass
    assert not CallResult.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_record_closed_meanwhile_takes_no_call(
    step: Step, agent: User, agreeing: Patient
) -> None:
    def close() -> None:
        Patient.objects.filter(pk=agreeing.pk).update(status=Patient.Status.INACTIVE)

    def record() -> None:
        with pytest.raises(ConsentMissing):
            record_call(step=step, outcome=Outcome.REACHED, actor=agent)

    with while_it_waits(close, record):
        pass
    assert not CallResult.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_that_hear_stop_at_once_do_not_block_each_other(agent: User, agreeing: Patient) -> None:
    steps = [
        StepFactory.create(plan=PlanFactory.create(patient=agreeing), call=True) for _ in range(2)
    ]

    def stop(step: Step) -> CallResult:
        return record_call(step=step, outcome=Outcome.STOP, actor=agent)

    told = all_at_once([partial(stop, step) for step in steps])

    assert sorted(type(one).__name__ for one in told) == ["CallResult", "ConsentMissing"]
