"""Who asks for an export and who agrees, in one clinic with a few patients."""

import pytest

from crm.patients.models import Patient
from crm.staff.models import Clinic, User
from privacy.access.policy import Role
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.work import work_of


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path) -> None:
    settings.EXPORTS_DIR = str(tmp_path / "exports")


@pytest.fixture
def accountant(clinic: Clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.FINANCE, display_name="冯会计")


@pytest.fixture
def control(clinic: Clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC, display_name="秦质控")


@pytest.fixture
def security(clinic: Clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN, display_name="安管理")


@pytest.fixture
def auditor(clinic: Clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.AUDITOR, display_name="沈审计")


@pytest.fixture
def patients(clinic: Clinic) -> list[Patient]:
    """Three who are the work of finance."""
    made = [
        PatientFactory.create(
            clinic=clinic, contact={"name": f"赵晓{n}", "phone": f"+8613800{n:06d}"}
        )
        for n in range(3)
    ]
    work_of(Role.FINANCE, *made)
    return made
