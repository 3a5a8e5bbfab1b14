"""What the registry, the desk and the search share in their tests."""

import pytest

from privacy.audit.models import READER, AuditEvent, acting_as


@pytest.fixture
def booked():
    """``booked(action)``: the events of that name, newest first, read as the auditor."""

    def read(action: str = "") -> list[AuditEvent]:
        with acting_as(READER):
            events = AuditEvent.objects.all()
            return list(events.filter(action=action) if action else events)

    return read
