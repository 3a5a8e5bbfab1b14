"""What the registry's tests share."""

import uuid
from typing import Any

import pytest

from crm.staff.models import User

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
