"""Reading the trail, and refusals in one language."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from privacy.audit.models import READER, AuditEvent, acting_as


@pytest.fixture
def booked():
    """``booked(action)``: the events of that name, newest first, read as the auditor."""

    def read(action: str = "") -> list[AuditEvent]:
        with acting_as(READER):
            events = AuditEvent.objects.all()
            return list(events.filter(action=action) if action else events)

    return read


@pytest.fixture(autouse=True)
def _english(_chinese: None) -> Iterator[None]:
    """Refusals are looked for by their words."""
    with translation.override("en"):
        yield
