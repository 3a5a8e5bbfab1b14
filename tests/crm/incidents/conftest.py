"""Who handles incidents, and one that is open."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.incidents import services
from crm.incidents.models import Incident
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
def incident(keeper: User, carer: User) -> Incident:
    """About the acts of ``carer`` since yesterday; known for ten minutes."""
    now = timezone.now()
    return services.declare(
        title="账号被他人使用",
        known_at=now - timedelta(minutes=10),
        since=now - timedelta(days=1),
        until=None,
        suspect=carer,
        actor=keeper,
    )
