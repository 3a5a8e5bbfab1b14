"""What the tests of the clearance share: documents, somebody new, and somebody who passed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from crm.clearance import selectors, services
from crm.clearance.courses import RIGHT
from crm.clearance.models import Sitting
from crm.clearance.rules import COURSES
from crm.staff.models import Clinic, User
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.factories.people import UserFactory


@pytest.fixture(autouse=True)
def documents(db: None) -> None:
    services.ensure_shipped_documents()


@pytest.fixture
def trainee(clinic: Clinic) -> User:
    """A consultant on the first day."""
    return UserFactory.create(clinic=clinic, role=Role.CONSULTANT, cleared_until=None)


@pytest.fixture
def admin(clinic: Clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)


@pytest.fixture
def guard(clinic: Clinic) -> User:
    """The security administrator, who publishes."""
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)


def sit(person: User, course: str, *, right: int = 5) -> Sitting:
    """Take a test with so many right answers."""
    sitting = services.start_test(user=person, course=course)
    keys = [key for key, _order in sitting.drawn]
    answers = {key: RIGHT if n < right else RIGHT + 1 for n, key in enumerate(keys)}
    return services.hand_in(user=person, sitting_id=sitting.pk, answers=answers)


def sign_all(person: User) -> None:
    for document in selectors.library(timezone.localdate()):
        services.sign(user=person, document=document, sha256=document.sha256, language="en")


@pytest.fixture
def clear(admin: User) -> Callable[..., User]:
    """``clear(person)`` goes the whole way through the services."""

    def go(person: User) -> User:
        sign_all(person)
        for course in COURSES:
            sit(person, course)
        for kind in {"doctor": ["physician"], "nurse": ["nurse"]}.get(person.role, []):
            services.record_licence(
                staff=person, kind=kind, number="N-1", actor=admin,
                expires_on=timezone.localdate() + timedelta(days=900),
            )  # fmt: skip
        person.refresh_from_db()
        return person

    return go


@pytest.fixture
def events():
    """``events(action)``: what was booked under that name, oldest first."""

    def read(action: str) -> list[AuditEvent]:
        with acting_as(READER):
            return list(AuditEvent.objects.filter(action=action).order_by("at", "id"))

    return read
