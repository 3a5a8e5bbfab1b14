"""A consent to follow-up is good until the plan ends, as its text says, and not for the next."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.embedded.gateway.server import GatewayServer
from crm.messaging.dispatch import dispatch_due
from crm.messaging.models import Message, Reason
from crm.patients.models import Patient
from crm.staff.models import User
from followup.plans.models import Plan, PlanTemplate
from followup.reminders import tasks
from followup.reminders.services import pause_plan, skip_step, stop_plan
from followup.schedules.models import Step
from followup.schedules.services import start_plan
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.consent.models import Channel, ConsentEntry, ConsentState, Purpose
from privacy.consent.rules import Answer
from privacy.consent.selectors import has_consent
from privacy.errors import ConsentMissing
from tests.factories.followup import PlanFactory, StepFactory
from tests.factories.messages import MessageFactory, answer
from tests.factories.people import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
LATER = timedelta(days=1)


@pytest.fixture
def plan(agreeing: Patient, clock: time_machine.Traveller) -> Plan:
    """The only plan, begun a day after the patient agreed."""
    clock.shift(LATER)
    plan: Plan = PlanFactory.create(patient=agreeing)
    StepFactory.create(plan=plan, due_at=timezone.now() + LATER)
    return plan


def complete(plan: Plan, actor: User) -> None:
    for step in plan.steps.filter(state__in=Step.OPEN):
        skip_step(step=step, actor=actor)
    plan.refresh_from_db()
    assert plan.state == Plan.State.COMPLETED


def agrees(patient: Patient, channel: Channel = Channel.SMS) -> bool:
    return has_consent(patient, Purpose.FOLLOW_UP, channel)


def start(patient: Patient, template: PlanTemplate, actor: User) -> Plan:
    return start_plan(
        patient=patient, template=template, anchor_on=timezone.localdate(), actor=actor
    )


def test_after_the_only_plan_the_next_one_needs_a_new_yes(
    plan: Plan, agreeing: Patient, first_visit: PlanTemplate, nurse: User, clock
) -> None:
    complete(plan, nurse)
    clock.shift(LATER)
    tasks.end_consents()
    assert not agrees(agreeing)
    assert not agrees(agreeing, Channel.CALL)
    with pytest.raises(ConsentMissing), transaction.atomic():
        start(agreeing, first_visit, nurse)
    with acting_as(READER):
        ended = list(AuditEvent.objects.filter(action="consent.ended"))
    assert {event.target for event in ended} == {"consent:follow_up/sms", "consent:follow_up/call"}
    assert {(event.process, *event.codes) for event in ended} == {("follow-up", agreeing.code)}

    clock.shift(LATER)
    answer(agreeing)
    tasks.end_consents()
    assert agrees(agreeing)
    assert start(agreeing, first_visit, nurse).state == Plan.State.ACTIVE


def test_a_run_ends_each_consent_once(plan: Plan, nurse: User, clock) -> None:
    complete(plan, nurse)
    for _run in range(2):
        clock.shift(LATER)
        tasks.end_consents()
    assert ConsentEntry.objects.filter(answer="ended").count() == 2


@pytest.mark.parametrize("state", [Plan.State.ACTIVE, Plan.State.PAUSED, Plan.State.PROPOSED])
def test_another_plan_that_lives_keeps_it(
    plan: Plan, agreeing: Patient, nurse: User, clock, state: Plan.State
) -> None:
    reason = Plan.Reason.CLINICAL if state == Plan.State.PAUSED else ""
    other = PlanFactory.create(patient=agreeing, state=state, reason=reason)
    StepFactory.create(plan=other, call=True)
    complete(plan, nurse)
    clock.shift(LATER)
    tasks.end_consents()
    assert agrees(agreeing)
    stop_plan(plan=other, reason=Plan.Reason.CLINICAL, actor=nurse)
    tasks.end_consents()
    assert not agrees(agreeing)


def test_what_is_agreed_to_after_the_end_is_for_the_next_plan(
    plan: Plan, agreeing: Patient, nurse: User, clock
) -> None:
    complete(plan, nurse)
    clock.shift(LATER)
    answer(agreeing)
    tasks.end_consents()
    assert agrees(agreeing)
    assert not agrees(agreeing, Channel.CALL)


def test_without_any_plan_yet_nothing_ends(agreeing: Patient, clock) -> None:
    clock.shift(timedelta(days=400))
    tasks.end_consents()
    assert agrees(agreeing)


def test_a_plan_that_rests_has_not_ended(plan: Plan, agreeing: Patient, nurse: User, clock) -> None:
    pause_plan(plan=plan, reason=Plan.Reason.CLINICAL, actor=nurse)
    clock.shift(LATER)
    tasks.end_consents()
    assert agrees(agreeing)


@pytest.mark.parametrize(
    ("reason", "stays"), [(Plan.Reason.CLINICAL, False), (Plan.Reason.MISTAKE, True)]
)
def test_a_plan_that_is_stopped_ends_it_unless_it_was_a_mistake(
    plan: Plan, agreeing: Patient, nurse: User, clock, reason: Plan.Reason, stays: bool
) -> None:
    stop_plan(plan=plan, reason=reason, actor=nurse)
    clock.shift(LATER)
    tasks.end_consents()
    assert agrees(agreeing) is stays


def test_a_proposal_that_was_dropped_never_was_the_plan(
    agreeing: Patient, nurse: User, clock
) -> None:
    clock.shift(LATER)
    plan = PlanFactory.create(patient=agreeing, state=Plan.State.PROPOSED)
    stop_plan(plan=plan, reason=Plan.Reason.CLINICAL, actor=nurse)
    tasks.end_consents()
    assert agrees(agreeing)


def test_other_purposes_and_other_patients_are_left_alone(
    plan: Plan, agreeing: Patient, nurse: User, clock
) -> None:
    answer(agreeing, purpose=Purpose.RESEARCH, channel=Channel.NONE)
    neighbour = PatientFactory.create(clinic=agreeing.clinic)
    answer(neighbour)
    clock.shift(LATER)
    complete(plan, nurse)
    tasks.end_consents()
    assert has_consent(agreeing, Purpose.RESEARCH, Channel.NONE)
    assert agrees(neighbour)


def test_one_that_rests_ends_too_and_is_not_resumed(
    plan: Plan, agreeing: Patient, nurse: User, clock
) -> None:
    answer(agreeing, Answer.PAUSED)
    clock.shift(LATER)
    complete(plan, nurse)
    tasks.end_consents()
    clock.shift(LATER)
    answer(agreeing)
    assert ConsentState.objects.get(channel=Channel.SMS).expires_at is None


def test_the_plans_last_message_goes_out_before(
    gateway: GatewayServer, plan: Plan, agreeing: Patient, nurse: User, clock
) -> None:
    complete(plan, nurse)
    clock.shift(timedelta(minutes=1))
    message: Message = MessageFactory.create(patient=agreeing)
    tasks.end_consents()
    dispatch_due(10)
    assert len(gateway.ledger.newest(10)) == 1
    tasks.end_consents()
    late: Message = MessageFactory.create(patient=agreeing)
    dispatch_due(10)
    late.refresh_from_db()
    assert late.reason == Reason.NO_CONSENT
    assert message.pk != late.pk


def test_the_desk_shows_that_it_has_ended(
    plan: Plan, agreeing: Patient, nurse: User, clock, sign_in_as
) -> None:
    complete(plan, nurse)
    clock.shift(LATER)
    tasks.end_consents()
    page = sign_in_as(nurse).get(
        f"/patients/{agreeing.code}/consents/", headers={"Accept-Language": "en"}
    )
    text = page.content.decode()
    assert f"Ended on {timezone.localdate():%Y-%m-%d}" in text
    assert "Ended · by the system" in text


def test_an_end_is_nobodys_answer(agreeing: Patient, nurse: User) -> None:
    line = {"subject": agreeing.subject, "purpose": Purpose.FOLLOW_UP, "channel": Channel.SMS}
    for wrong in ({"manner": "spoken"}, {"operator": nurse}):
        with pytest.raises(IntegrityError, match="end_is_nobodys_answer"), transaction.atomic():
            ConsentEntry.objects.create(**line, answer="ended", **wrong)
    with pytest.raises(IntegrityError, match="end_is_nobodys_answer"), transaction.atomic():
        ConsentEntry.objects.create(**line, answer="refused", manner="")
