"""The superior is taken down with the account (T13)."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from crm.staff.models import User
from privacy.access.policy import Role
from privacy.exports.selectors import person_of
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


@pytest.fixture
def administrator(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)


def change(browser, person: User, superior: str = "", before: str = ""):
    sent = {"superior": superior, "before": before, "idempotency_key": f"{uuid.uuid4()}"}
    return browser.post(f"/staff/{person.pk}/superior/", sent)


def test_the_superior_is_changed_later_and_the_line_with_it(
    accountant, control, clinic, administrator, sign_in_as, booked
):
    browser = sign_in_as(administrator)
    assert f"/staff/{accountant.pk}/superior/" in browser.get("/staff/").content.decode()
    assert change(browser, accountant, f"{control.pk}").status_code == 302
    accountant.refresh_from_db()
    assert person_of(accountant).above == {control.pk}
    (event,) = booked("staff.superior_changed")
    assert (event.actor, event.target) == (administrator.pk, f"staff:{accountant.staff_no}")
    assert event.detail == {"superior": control.staff_no, "before": ""}

    assert change(browser, accountant, f"{control.pk}", f"{control.pk}").status_code == 302
    assert len(booked("staff.superior_changed")) == 1  # nothing changed
    page = browser.get(f"/staff/{accountant.pk}/superior/")
    assert page.context["form"].initial["superior"] == control.pk
    assert control.display_name in browser.get("/staff/").content.decode()
    control.is_active = False
    control.save()
    assert control in page.context["form"].fields["superior"].queryset.all()
    assert change(browser, accountant, "", f"{control.pk}").status_code == 302
    accountant.refresh_from_db()
    assert accountant.superior is None


def test_what_another_administrator_set_meanwhile_is_not_undone(
    accountant, control, clinic, administrator, sign_in_as
):
    browser = sign_in_as(administrator)
    other = UserFactory.create(clinic=clinic)
    change(browser, accountant, f"{control.pk}")
    answer = change(browser, accountant, f"{other.pk}", before="")
    assert answer.status_code == 422
    assert answer.context["form"].data["superior"] == f"{other.pk}"
    accountant.refresh_from_db()
    assert accountant.superior == control


def test_nobody_stands_above_and_below(accountant, control, administrator, sign_in_as, clinic):
    browser = sign_in_as(administrator)
    top = UserFactory.create(clinic=clinic)
    change(browser, accountant, f"{control.pk}")
    change(browser, control, f"{top.pk}")
    assert change(browser, top, f"{accountant.pk}").status_code == 422
    assert change(browser, top, f"{top.pk}").status_code == 422
    top.refresh_from_db()
    assert top.superior is None


def test_a_ring_of_old_ends(accountant, control, administrator, sign_in_as, clinic):
    newcomer = UserFactory.create(clinic=clinic)
    accountant.superior, control.superior = control, accountant
    accountant.save()
    control.save()
    assert change(sign_in_as(administrator), newcomer, f"{control.pk}").status_code == 302


def test_not_ones_own_nor_across_clinics(
    administrator, accountant, control, stranger, clinic, sign_in_as
):
    browser = sign_in_as(administrator)
    assert change(browser, administrator, f"{control.pk}").status_code == 403
    assert change(browser, accountant, f"{stranger.pk}").status_code == 422
    assert change(browser, stranger, f"{control.pk}").status_code == 404
    away = UserFactory.create(clinic=stranger.clinic, role=Role.SYSTEM_ADMIN)
    assert change(sign_in_as(away), accountant).status_code == 404
    assert change(sign_in_as(control), accountant).status_code == 403
    accountant.refresh_from_db()
    assert accountant.superior is None
