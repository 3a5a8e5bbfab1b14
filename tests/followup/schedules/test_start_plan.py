"""Making a plan: consent first, dates that make sense, nothing half-written."""

from datetime import date, datetime, timedelta

import pytest

from crm.patients.models import Patient
from crm.staff.models import User
from followup.plans.models import Plan, PlanTemplate
from followup.plans.services import PlanCannot, ensure_shipped_plan_templates
from followup.plans.shipped import TEMPLATES
from followup.schedules.models import Step
from followup.schedules.rules import template_findings
from followup.schedules.services import (
    AlreadyRuns,
    AnchorRefused,
    StepsInPast,
    activate_plan,
    preview,
    start_plan,
)
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.consent.models import Channel
from privacy.consent.rules import Answer
from privacy.errors import Conflict, ConsentMissing
from tests.crm.messaging.conftest import MORNING, SHANGHAI
from tests.factories.messages import answer
from tests.factories.people import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
TODAY = MORNING.date()


def start(patient: Patient, template: PlanTemplate, actor: User, **kwargs: object) -> Plan:
    return start_plan(
        patient=patient, template=template, actor=actor, **{"anchor_on": TODAY, **kwargs}
    )


def test_steps_fall_on_their_days(
    agreeing: Patient, first_visit: PlanTemplate, agent: User
) -> None:
    plan = start(agreeing, first_visit, agent)
    assert plan.state == Plan.State.ACTIVE
    steps = [(step.due_at.astimezone(SHANGHAI), step.kind, step.state) for step in plan.steps.all()]
    assert steps == [
        (datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI), "sms", "due"),
        (datetime(2026, 11, 26, 15, 0, tzinfo=SHANGHAI), "call", "due"),
        (datetime(2026, 11, 30, 10, 0, tzinfo=SHANGHAI), "sms", "due"),
    ]
    assert plan.steps.first().message_template.code == "F-03"
    with acting_as(READER):
        actions = set(
            AuditEvent.objects.filter(codes=[agreeing.code]).values_list("action", flat=True)
        )
    assert {"plan.proposed", "plan.activated"} <= actions


def test_without_any_consent_there_is_no_plan(
    clinic, first_visit: PlanTemplate, agent: User
) -> None:
    patient = PatientFactory.create(clinic=clinic)
    with pytest.raises(ConsentMissing):
        start(patient, first_visit, agent)
    assert not Plan.objects.exists()


def test_it_can_be_noted_down_and_started_after_the_consent(
    clinic, first_visit: PlanTemplate, agent: User
) -> None:
    patient = PatientFactory.create(clinic=clinic)
    plan = start(patient, first_visit, agent, only_propose=True)
    assert (plan.state, plan.steps.count()) == (Plan.State.PROPOSED, 0)
    with pytest.raises(ConsentMissing):
        activate_plan(plan=plan, actor=agent)
    answer(patient)
    plan = activate_plan(plan=plan, actor=agent, version=1)
    assert (plan.state, plan.version) == (Plan.State.ACTIVE, 2)


def test_a_channel_without_consent_is_left_out_and_stays_visible(
    agreeing: Patient, first_visit: PlanTemplate, agent: User
) -> None:
    answer(agreeing, Answer.WITHDRAWN, channel=Channel.CALL)
    plan = start(agreeing, first_visit, agent)
    call = plan.steps.get(kind="call")
    assert (call.state, call.note) == (Step.State.SKIPPED, Step.Note.NO_CONSENT)


def test_steps_in_the_past_need_a_word(
    agreeing: Patient, first_visit: PlanTemplate, agent: User
) -> None:
    anchor = TODAY - timedelta(days=4)
    with pytest.raises(StepsInPast) as refusal:
        start(agreeing, first_visit, agent, anchor_on=anchor)
    assert refusal.value.count == 2
    assert not Plan.objects.exists()
    plan = start(agreeing, first_visit, agent, anchor_on=anchor, skip_past=True)
    assert [step.state for step in plan.steps.all()] == ["skipped", "skipped", "due"]
    assert {step.note for step in plan.steps.all()} == {"past", ""}


@pytest.mark.parametrize(
    "anchor",
    [TODAY - timedelta(days=30), date(2020, 1, 1), date(2062, 11, 1)],
    ids=["all past", "long ago", "far ahead"],
)
def test_days_that_no_plan_can_hang_on(
    agreeing: Patient, first_visit: PlanTemplate, agent: User, anchor: date
) -> None:
    with pytest.raises(AnchorRefused):
        start(agreeing, first_visit, agent, anchor_on=anchor, skip_past=True)
    assert not Plan.objects.exists()


def test_the_same_plan_does_not_run_twice(
    agreeing: Patient, first_visit: PlanTemplate, agent: User
) -> None:
    start(agreeing, first_visit, agent)
    with pytest.raises(AlreadyRuns):
        start(agreeing, first_visit, agent)


def test_two_people_starting_one_plan(
    agreeing: Patient, first_visit: PlanTemplate, agent: User
) -> None:
    plan = start(agreeing, first_visit, agent, only_propose=True)
    activate_plan(plan=plan, actor=agent, version=1)
    with pytest.raises(Conflict):
        activate_plan(plan=plan, actor=agent, version=1)
    with pytest.raises(PlanCannot):
        activate_plan(plan=plan, actor=agent, version=2)


@pytest.mark.parametrize("draft", TEMPLATES, ids=lambda draft: draft.code)
def test_shipped_templates_are_well_formed(shipped: None, draft) -> None:
    template = PlanTemplate.objects.get(code=draft.code)
    dated = preview(template, TODAY, now=MORNING)
    assert len(dated) == len(draft.steps)
    assert template_findings([one.step for one in dated]) == []


def test_shipped_templates_come_once(shipped: None) -> None:
    assert ensure_shipped_plan_templates() == 0


@pytest.mark.parametrize(
    ("template", "stage"),
    [("first-visit", "in_conversation"), ("stimulation", "in_treatment"), ("surgery", "follow_up")],
)
def test_a_started_plan_moves_the_stage_on(
    agreeing: Patient, shipped: None, agent: User, template: str, stage: str
) -> None:
    chosen = PlanTemplate.objects.get(code=template, is_current=True)

    noted = start(agreeing, chosen, agent, only_propose=True)
    Patient.objects.filter(pk=agreeing.pk).update(stage="new")  # the plan is the agent's work now
    activate_plan(plan=noted, actor=agent)

    assert Patient.objects.get(pk=agreeing.pk).stage == stage
