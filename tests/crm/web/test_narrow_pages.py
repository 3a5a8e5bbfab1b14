"""On a phone nothing runs off the side: no sideways scrolling, no button that is cut."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page

from crm.scheduling import services
from crm.staff.models import Clinic, User
from privacy.access.policy import Role
from tests.factories.people import PatientFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CUT = """() => [...document.querySelectorAll('main a, main button, main input, main select')]
  .filter((one) => {
    const place = one.getBoundingClientRect();
    const shown = place.width > 1 && one.checkVisibility();
    return shown && (place.left < 0 || place.right > innerWidth + 1);
  }).map((one) => one.outerHTML.slice(0, 80))"""


@pytest.fixture
def open_as(
    chromium: Browser, live_server, sign_in_as: Callable[[User], Client]
) -> Iterator[Callable[[User, str], Page]]:
    contexts = []

    def opened(user: User, path: str) -> Page:
        cookie = sign_in_as(user).cookies["sessionid"].value
        size = {"width": 390, "height": 844}
        context = chromium.new_context(viewport=size, locale="zh-CN", base_url=live_server.url)
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate(CUT) == []


def test_the_desk_and_a_patient_fit(open_as, clinic: Clinic, receptionist: User) -> None:
    waiting, coming = PatientFactory.create_batch(2, clinic=clinic, registered_by=receptionist)
    services.register_arrival(patient=waiting, purpose="first", last_digits="", actor=receptionist)
    services.expect_today(patient=coming, purpose="return", actor=receptionist)

    desk = open_as(receptionist, "/")

    assert desk.locator("#board tbody .btn").count() == 2
    assert_fits(desk)
    assert_fits(open_as(receptionist, f"/patients/{waiting.code}/"))


def test_the_audit_list_fits(open_as, clinic: Clinic) -> None:
    auditor = UserFactory.create(clinic=clinic, role=Role.AUDITOR)
    open_as(auditor, "/audit/")

    page = open_as(auditor, "/audit/")

    assert page.locator("tbody tr").count() > 0
    assert_fits(page)


def test_the_editor_of_an_estimate_fits(open_as, clinic: Clinic) -> None:
    doctor = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    patient = PatientFactory.create(clinic=clinic)
    patient.care_team.create(staff=doctor)

    page = open_as(doctor, f"/patients/{patient.code}/estimates/new/")
    page.locator("button[value='add:basic']").click()
    page.locator("[name='line-0-item']").wait_for()

    assert_fits(page)
