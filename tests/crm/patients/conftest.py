"""What the registry's tests share."""

import uuid
from typing import Any

import pytest

from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.factories.people import UserFactory

TYPED = {"name": "王小明", "phone": "138 0013 8000", "chief_complaint": "备孕一年未果"}


@pytest.fixture
def typed():
    """``typed(phone="…")``: a form as the desk sends it, with a key of its own."""

    def make(**changes: Any) -> dict[str, Any]:
        return {**TYPED, "idempotency_key": str(uuid.uuid4()), **changes}

    return make


@pytest.fixture
def desk(receptionist: User, sign_in_as):
    """A browser at the front desk."""
    return sign_in_as(receptionist)


@pytest.fixture
def booked():
    """``booked(action)``: the events of that name, newest first, read as the auditor."""

    def read(action: str = "") -> list[AuditEvent]:
        with acting_as(READER):
            events = AuditEvent.objects.all()
            return list(events.filter(action=action) if action else events)

    return read


@pytest.fixture
def nurse(clinic, patient: Patient) -> User:
    """Of the care team of ``patient``."""
    user = UserFactory.create(clinic=clinic, role=Role.NURSE)
    patient.care_team.create(staff=user)
    return user
