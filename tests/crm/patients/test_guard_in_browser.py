"""Guarding a patient and looking after honey, in a real browser, checked by axe."""

import re

import pytest
from playwright.sync_api import expect

from crm.honey.services import plant
from privacy.access.policy import Role
from tests.crm.access_requests.test_in_browser import look
from tests.factories.guards import WHY, doubled
from tests.factories.people import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_from_the_button_to_the_second_person(browser_of, patient, clinic, receptionist) -> None:
    doctor = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    patient.care_team.create(staff=doctor)
    control = UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)
    with browser_of(doctor) as page:
        page.goto(f"/patients/{patient.code}/")
        page.click(f"a[href='/patients/{patient.code}/guard/']")
        look(page)
        page.check("input[value=vip]")
        page.fill("#id_reason", WHY)
        page.click("main form button[type=submit]")
        expect(page).to_have_url(re.compile("/patients/guarded/$"))
        doubled(patient)
        page.reload()
        look(page)
        page.goto(f"/patients/{patient.code}/")
        look(page)
        page.goto("/patients/guarded/")
        page.click("main a.btn[href*='/patients/guarded/']")
        look(page)
        page.fill("#id_reason", "患者本人说不再需要这样了")
        page.click("main form button[type=submit]")
    with browser_of(control) as page:
        page.goto("/patients/guarded/")
        page.click("main a.btn[href*='/patients/guarded/']")
        look(page)
    with browser_of(receptionist) as page:
        page.goto("/patients/")
        look(page)


def test_honey_and_its_alert(browser_of, clinic) -> None:
    keeper = UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)
    with browser_of(keeper) as page:
        page.goto("/honey/")
        look(page)
        plant(number=2, actor=keeper)
        page.reload()
        look(page)


def test_what_is_asked_when(browser_of, patient, clinic) -> None:
    doctor = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    patient.care_team.create(staff=doctor)
    with browser_of(doctor) as page:
        page.goto("/patients/standard/")
        look(page)
        page.goto(f"/patients/{patient.code}/")
        page.click(f"a[href='/patients/{patient.code}/facts/']")
        look(page)
        page.click("main a[href$='/facts/marital_status/']")
        look(page)
        page.check("input[value=declined]")
        page.click("main form button[type=submit]")
        look(page)
        page.goto(f"/patients/{patient.code}/consultations/new/")
        look(page)
        page.click("main form button.main")
        for words in ("方便留个电话吗", "您还是留一下手机号", "怎么联系您呢"):
            page.fill("textarea[name=unsent]", words)
            page.click("label:has(input[name=speaker][value=staff])")
            page.click("#add button[type=submit]")
            expect(page.get_by_text(words)).to_be_visible()
        expect(page.locator("#names .notice")).to_be_visible()
        look(page)
