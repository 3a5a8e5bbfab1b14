"""Whoever is to call sees how: the number for some roles, who puts them through for the others."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from crm.patients.models import Patient
from crm.staff.models import User
from followup.schedules.models import Step
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.consent.models import Channel
from privacy.consent.rules import Answer
from tests.factories.followup import PlanFactory, StepFactory
from tests.factories.messages import answer
from tests.factories.people import ClinicFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
SignIn = Callable[[User], Client]


@pytest.fixture
def step(agreeing: Patient) -> Step:
    return StepFactory.create(plan=PlanFactory.create(patient=agreeing), call=True)


def fields_booked() -> list[str]:
    with acting_as(READER):
        return AuditEvent.objects.get(action="call.opened").fields


def page_of(client: Client, step: Step) -> str:
    return client.get(f"/followups/steps/{step.pk}/call/").content.decode()


def test_a_nurse_finds_the_number_behind_a_button(
    step: Step, nurse: User, sign_in_as: SignIn
) -> None:
    page = page_of(sign_in_as(nurse), step)

    assert "·········" in page
    assert 'data-open="reveal"' in page
    assert f'action="/patients/{step.plan.patient.code}/reveal/"' in page
    chosen = re.findall(r'name="(field|purpose)" value="(\w+)"[^>]*checked', page)
    assert chosen == [("field", "phone"), ("purpose", "call")]
    assert fields_booked() == ["patientcontact.phone"]


def test_an_agent_reads_who_puts_the_call_through(
    step: Step, agent: User, nurse: User, sign_in_as: SignIn
) -> None:
    doctor = UserFactory.create(clinic=agent.clinic, role=Role.DOCTOR)
    step.plan.patient.care_team.create(staff=doctor)

    page = page_of(sign_in_as(agent), step)

    assert "·········" in page
    assert 'id="reveal"' not in page
    assert nurse.display_name in page
    assert doctor.display_name not in page  # a doctor sees no numbers either


def test_an_agent_is_told_when_nobody_can_put_the_call_through(
    step: Step, agent: User, sign_in_as: SignIn
) -> None:
    assert 'class="notice warn"' in page_of(sign_in_as(agent), step).split('id="h-reach"')[1]


def test_without_consent_no_number_is_shown_or_booked(
    step: Step, nurse: User, sign_in_as: SignIn
) -> None:
    answer(step.plan.patient, Answer.WITHDRAWN, channel=Channel.CALL)

    page = page_of(sign_in_as(nurse), step)

    assert "·········" not in page
    assert "reveal" not in page
    assert fields_booked() == []


def test_another_clinics_agent_finds_nothing(step: Step, sign_in_as: SignIn) -> None:
    stranger = UserFactory.create(clinic=ClinicFactory.create(), role=Role.FOLLOWUP_AGENT)

    answer_ = sign_in_as(stranger).get(f"/followups/steps/{step.pk}/call/")

    assert answer_.status_code == 404
