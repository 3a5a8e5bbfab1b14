"""Who plants, and who might harvest."""

import pytest

from crm.alerts.models import Alert
from crm.alerts.watching import watch
from crm.honey import services
from crm.patients.models import Patient
from crm.staff.models import Clinic, User
from privacy.access.policy import Role
from tests.factories.people import UserFactory


@pytest.fixture
def keeper(clinic: Clinic) -> User:
    """The security administrator."""
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)


@pytest.fixture
def honey(keeper: User) -> Patient:
    """An invented patient of the clinic."""
    services.plant(number=1, actor=keeper)
    return Patient.objects.filter(clinic=keeper.clinic).latest("created_at")


@pytest.fixture
def alarms():
    """``alarms()``: honey alerts after one more look at the trail."""

    def look() -> list[Alert]:
        watch()
        return list(Alert.objects.filter(kind=Alert.Kind.HONEY))

    return look
