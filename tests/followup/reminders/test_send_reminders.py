"""From a step that is due to an SMS on the ledger, and everything that may stop it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from crm.embedded.gateway.server import GatewayServer
from crm.messaging.dispatch import dispatch_due
from crm.messaging.models import Message, Reason
from crm.messaging.rules import Status
from crm.patients.models import Patient
from crm.staff.models import User
from followup.plans.models import Plan
from followup.plans.services import PlanCannot
from followup.reminders.services import (
    StepCannot,
    pause_plan,
    queue_due_steps,
    resend_step,
    resume_plan,
    skip_step,
    stop_plan,
    tidy_plans,
)
from followup.schedules.models import Step
from privacy.consent.models import Channel
from privacy.consent.rules import Answer
from privacy.consent.services import stop_all_contact
from privacy.errors import Conflict
from tests.factories.followup import PlanFactory, StepFactory
from tests.factories.messages import answer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def plan(agreeing: Patient) -> Plan:
    return PlanFactory.create(patient=agreeing)


@pytest.fixture
def step(plan: Plan) -> Step:
    return StepFactory.create(plan=plan)


def fresh(step: Step) -> Step:
    return Step.objects.select_related("message", "plan").get(pk=step.pk)


def test_a_due_step_becomes_one_message_and_is_sent(gateway: GatewayServer, step: Step) -> None:
    assert queue_due_steps(10) == 1
    assert queue_due_steps(10) == 0
    assert fresh(step).state == Step.State.QUEUED
    dispatch_due(10)
    assert fresh(step).state == Step.State.SENT
    assert len(gateway.ledger.newest(10)) == 1


def test_steps_that_are_not_due_or_not_running_stay(plan: Plan, agreeing: Patient) -> None:
    StepFactory.create(plan=plan, due_at=timezone.now() + timedelta(minutes=1))
    StepFactory.create(plan=plan, call=True)
    StepFactory.create(plan=plan, state=Step.State.SKIPPED)
    paused = PlanFactory.create(
        patient=agreeing, state=Plan.State.PAUSED, reason=Plan.Reason.CLINICAL
    )
    StepFactory.create(plan=paused)
    assert queue_due_steps(10) == 0
    assert not Message.objects.exists()


def test_withdrawn_consent_cancels_the_step_before_it_becomes_a_message(
    step: Step, agreeing: Patient
) -> None:
    answer(agreeing, Answer.WITHDRAWN)
    queue_due_steps(10)
    assert (fresh(step).state, fresh(step).note) == ("cancelled", "no_consent")
    assert not Message.objects.exists()


def test_withdrawal_after_queueing_cancels_message_and_step(
    gateway: GatewayServer, step: Step, agreeing: Patient
) -> None:
    queue_due_steps(10)
    answer(agreeing, Answer.WITHDRAWN)
    assert fresh(step).message.state == Status.CANCELLED
    assert (fresh(step).state, fresh(step).note) == ("cancelled", "no_consent")
    dispatch_due(10)
    assert gateway.ledger.newest(10) == []


def test_a_patients_pause_holds_the_message_and_resuming_sends_it(
    gateway: GatewayServer, step: Step, agreeing: Patient
) -> None:
    answer(agreeing, Answer.PAUSED)
    queue_due_steps(10)
    dispatch_due(10)
    assert (fresh(step).state, fresh(step).message.reason) == ("queued", Reason.PAUSED)
    answer(agreeing, Answer.GRANTED)
    dispatch_due(10)
    assert fresh(step).state == Step.State.SENT


def test_pausing_a_plan_takes_its_messages_back(
    gateway: GatewayServer, step: Step, plan: Plan, agent: User
) -> None:
    queue_due_steps(10)
    pause_plan(plan=plan, reason=Plan.Reason.PATIENT_WISH, actor=agent, version=1)
    assert fresh(step).state == Step.State.DUE
    assert fresh(step).message is None
    dispatch_due(10)
    queue_due_steps(10)
    assert gateway.ledger.newest(10) == []
    resume_plan(plan=plan, actor=agent, version=2)
    queue_due_steps(10)
    dispatch_due(10)
    assert fresh(step).state == Step.State.SENT
    assert Message.objects.count() == 2  # the cancelled one and the one that went out
    assert len(gateway.ledger.newest(10)) == 1


def test_the_gate_asks_the_plan_even_if_its_message_was_not_taken_back(
    gateway: GatewayServer, step: Step, plan: Plan
) -> None:
    queue_due_steps(10)
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.PAUSED, reason="clinical")
    dispatch_due(10)
    assert gateway.ledger.newest(10) == []
    assert fresh(step).state == Step.State.DUE


def test_resuming_leaves_out_messages_whose_day_went_by(
    step: Step, plan: Plan, agent: User, clock: time_machine.Traveller
) -> None:
    call = StepFactory.create(plan=plan, call=True)
    pause_plan(plan=plan, reason=Plan.Reason.CLINICAL, actor=agent)
    clock.shift(timedelta(days=2))
    resume_plan(plan=plan, actor=agent)
    assert (fresh(step).state, fresh(step).note) == ("skipped", "past")
    assert fresh(call).state == Step.State.DUE


def test_stopping_ends_everything(
    gateway: GatewayServer, step: Step, plan: Plan, agent: User
) -> None:
    later = StepFactory.create(plan=plan, due_at=timezone.now() + timedelta(days=3))
    queue_due_steps(10)
    stop_plan(plan=plan, reason=Plan.Reason.SENSITIVE, actor=agent)
    assert fresh(step).state == fresh(later).state == Step.State.CANCELLED
    dispatch_due(10)
    assert gateway.ledger.newest(10) == []
    with pytest.raises(PlanCannot):
        resume_plan(plan=plan, actor=agent)


def test_two_people_changing_one_plan(plan: Plan, agent: User) -> None:
    pause_plan(plan=plan, reason=Plan.Reason.CLINICAL, actor=agent, version=1)
    with pytest.raises(Conflict):
        stop_plan(plan=plan, reason=Plan.Reason.MISTAKE, actor=agent, version=1)


def test_a_refused_message_can_be_sent_again_by_a_person(
    gateway: GatewayServer, step: Step, agent: User, clock: time_machine.Traveller
) -> None:
    gateway.company.faults.plan(send=["refused"])
    queue_due_steps(10)
    dispatch_due(10)
    assert fresh(step).state == Step.State.FAILED
    resend_step(step=step, actor=agent)
    dispatch_due(10)
    assert fresh(step).state == Step.State.SENT
    assert len(gateway.ledger.newest(10)) == 1
    with pytest.raises(StepCannot):
        resend_step(step=step, actor=agent)


def test_a_queued_step_is_not_sent_again_by_hand(step: Step, agent: User) -> None:
    queue_due_steps(10)
    with pytest.raises(StepCannot):
        resend_step(step=step, actor=agent)


def test_skipping_a_queued_step_takes_its_message_out(
    gateway: GatewayServer, step: Step, plan: Plan, agent: User
) -> None:
    queue_due_steps(10)
    skip_step(step=step, actor=agent)
    dispatch_due(10)
    assert (fresh(step).state, fresh(step).note) == ("skipped", "by_staff")
    assert gateway.ledger.newest(10) == []
    plan.refresh_from_db()
    assert plan.state == Plan.State.COMPLETED  # nothing else was open


def test_plans_that_are_done_are_completed(gateway: GatewayServer, step: Step, plan: Plan) -> None:
    queue_due_steps(10)
    dispatch_due(10)
    assert tidy_plans(10) == 1
    plan.refresh_from_db()
    assert plan.state == Plan.State.COMPLETED
    assert tidy_plans(10) == 0


def test_plans_of_patients_who_withdrew_all_are_stopped(
    step: Step, plan: Plan, agreeing: Patient
) -> None:
    answer(agreeing, Answer.WITHDRAWN, channel=Channel.SMS)
    assert tidy_plans(10) == 0  # calls are still agreed to
    stop_all_contact(subject=agreeing, actor=None)
    assert tidy_plans(10) == 1
    plan.refresh_from_db()
    assert (plan.state, plan.reason) == (Plan.State.STOPPED, Plan.Reason.WITHDRAWN)
    assert fresh(step).state == Step.State.CANCELLED


def test_a_message_nobody_could_deliver_in_time_stays_on_the_list(
    gateway: GatewayServer, step: Step, clock: time_machine.Traveller
) -> None:
    queue_due_steps(10)
    clock.shift(timedelta(hours=25))
    dispatch_due(10)
    assert fresh(step).state == Step.State.FAILED
    assert fresh(step).message.reason == Reason.TOO_LATE
