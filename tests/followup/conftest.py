"""Follow-up at 10:00 clinic time, with the gateway of the messaging tests."""

import pytest

from crm.messaging.services import ensure_shipped_templates
from crm.patients.models import Patient
from crm.staff.models import Clinic, User
from followup.plans.models import PlanTemplate
from followup.plans.services import ensure_shipped_plan_templates
from privacy.access.policy import Role
from tests.crm.messaging.conftest import clock, gateway
from tests.factories.messages import agreeing_patient
from tests.factories.people import UserFactory
from tests.factories.work import work_of

__all__ = ["clock", "gateway"]


@pytest.fixture
def shipped(db: None) -> None:
    ensure_shipped_templates()
    ensure_shipped_plan_templates()


@pytest.fixture
def first_visit(shipped: None) -> PlanTemplate:
    return PlanTemplate.objects.get(code="first-visit")


@pytest.fixture
def agreeing(clinic: Clinic) -> Patient:
    patient = agreeing_patient(clinic=clinic)
    work_of(Role.FOLLOWUP_AGENT, patient)
    return patient


@pytest.fixture
def agent(clinic: Clinic) -> User:
    """Follow-up agent: sees whom there is follow-up for."""
    return UserFactory.create(clinic=clinic, role=Role.FOLLOWUP_AGENT)


@pytest.fixture
def nurse(clinic: Clinic, agreeing: Patient) -> User:
    """Of the care team of ``agreeing``."""
    user = UserFactory.create(clinic=clinic, role=Role.NURSE)
    agreeing.care_team.create(staff=user)
    return user
