"""The people around one patient: the doctor in charge, who asks, who checks."""

import pytest

from crm.patients.models import Patient
from crm.staff.models import Clinic, User
from privacy.access.policy import Role
from tests.factories.people import UserFactory


@pytest.fixture
def doctor(clinic: Clinic, patient: Patient) -> User:
    """Of the care team."""
    user = UserFactory.create(clinic=clinic, role=Role.DOCTOR, display_name="梁医生")
    patient.care_team.create(staff=user)
    return user


@pytest.fixture
def nurse(clinic: Clinic) -> User:
    """Not on the care team."""
    return UserFactory.create(clinic=clinic, role=Role.NURSE, display_name="何护士")


@pytest.fixture
def control(clinic: Clinic) -> User:
    """Medical quality control."""
    return UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC, display_name="质控员")


@pytest.fixture
def security(clinic: Clinic) -> User:
    """The security administrator."""
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)
