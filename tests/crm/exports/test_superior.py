"""The superior is taken down with the account (T13)."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from crm.staff.models import User
from privacy.access.policy import Role
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def test_an_account_is_opened_below_somebody(clinic, control, stranger, sign_in_as):
    administrator = UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)
    form = {
        "staff_no": "n001", "display_name": "新人", "role": "finance",
        "superior": f"{control.pk}", "idempotency_key": f"{uuid.uuid4()}",
    }  # fmt: skip
    browser = sign_in_as(administrator)
    assert browser.post("/staff/new/", form).status_code == 200
    assert User.objects.get(staff_no="n001").superior == control

    form |= {"staff_no": "n002", "superior": "", "idempotency_key": f"{uuid.uuid4()}"}
    browser.post("/staff/new/", form)
    assert User.objects.get(staff_no="n002").superior is None

    form |= {"staff_no": "n003", "superior": f"{stranger.pk}"}
    form["idempotency_key"] = f"{uuid.uuid4()}"
    assert browser.post("/staff/new/", form).status_code == 422


def test_nobody_is_their_own_superior(control):
    control.superior = control
    with pytest.raises(IntegrityError), transaction.atomic():
        control.save()
