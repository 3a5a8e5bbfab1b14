"""A little history to read."""

import pytest
from django.db import transaction

from crm.patients.models import Patient
from crm.staff.models import Clinic, User
from privacy.access.policy import Role
from privacy.audit import services as audit
from privacy.audit.context import Origin, acting_from
from privacy.audit.events import AccessEvent, AuditTrailEvent
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.factories.people import UserFactory


@pytest.fixture
def auditor(clinic: Clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.AUDITOR, display_name="审计员甲")


@pytest.fixture
def write():
    """``write(actor, n)`` books n acts, each in its own transaction."""

    def make(actor: User, count: int = 1, *, event=AuditTrailEvent.VIEWED, **facts) -> None:
        origin = Origin(ip="10.1.4.21", agent="Mozilla/5.0 Chrome/141.0 Safari/537.36")
        for _ in range(count):
            with acting_from(origin), transaction.atomic():
                audit.record(event, actor=actor, **facts)

    return make


@pytest.fixture
def events():
    """``events(action)`` in the order they were written."""

    def find(action: str) -> list[AuditEvent]:
        with acting_as(READER):
            return list(AuditEvent.objects.filter(action=action).order_by("at"))

    return find


@pytest.fixture
def history(write, carer: User, colleague: User, stranger: User, patient: Patient) -> None:
    write(carer, 3, subjects=[patient], fields=["patientcontact.phone"], reason="电话联系患者本人")
    write(colleague, 2, event=AccessEvent.DENIED, outcome="denied")
    write(stranger, 4)
