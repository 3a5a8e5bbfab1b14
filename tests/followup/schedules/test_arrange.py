"""The page on which a plan is arranged."""

import pytest
from django.urls import reverse

from crm.patients.models import Patient
from crm.staff.models import User
from crm.web.idempotency import FIELD, new_key
from followup.plans.models import PlanTemplate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.mark.parametrize("anchor", ["9999-12-31", "1900-01-01", "0001-01-01"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_day_no_plan_can_hang_on_is_told_and_kept(
    sign_in_as,
    nurse: User,
    agreeing: Patient,
    first_visit: PlanTemplate,
    anchor: str,
    method: str,
) -> None:
    asked = {"template": str(first_visit.pk), "anchor_on": anchor, FIELD: new_key()}
    page = getattr(sign_in_as(nurse), method)(
        reverse("followup:new-plan", args=[agreeing.code]), asked
    )

    assert page.status_code == (200 if method == "get" else 422)
    assert anchor in page.content.decode()
    assert "日期过远" in page.content.decode() or method == "get"
