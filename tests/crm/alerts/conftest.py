"""Who looks at alerts."""

import pytest

from crm.alerts.models import Alert
from crm.alerts.watching import watch
from crm.staff.models import Clinic, User
from privacy.access.policy import Role
from tests.factories.people import ClinicFactory, UserFactory


@pytest.fixture
def keeper(clinic: Clinic) -> User:
    """The security administrator."""
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)


@pytest.fixture
def auditor(clinic: Clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.AUDITOR)


@pytest.fixture
def keeper_elsewhere(db: None) -> User:
    return UserFactory.create(clinic=ClinicFactory.create(), role=Role.SECURITY_ADMIN)


@pytest.fixture
def raised():
    """``raised()``: alerts after one more look at the trail, oldest first."""

    def look() -> list[Alert]:
        watch()
        return list(Alert.objects.order_by("created_at", "id"))

    return look
