"""A page whose session is over does not go on showing what it showed (ASVS 14.3.1, R28)."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from crm.staff import sessions
from crm.staff.models import User
from crm.staff.rules import End

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/patients/"
FORM = "/account/"


@pytest.fixture
def page(
    chromium: Browser, live_server, carer: User, sign_in_as: Callable[[User], Client]
) -> Iterator[Page]:
    cookie = sign_in_as(carer).cookies["sessionid"].value
    context = chromium.new_context(locale="zh-CN", base_url=live_server.url)
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.clock.install()
    yield page
    context.close()


def end_sessions(person: User) -> None:
    sessions.end_everything(user=person, actor=None, process="test", why=End.BY_ADMINISTRATOR)


def test_what_was_shown_goes_and_the_sign_in_comes(page: Page, carer: User, patient) -> None:
    page.goto(LIST)
    with page.expect_response("**/api/v1/me/") as asked:
        page.clock.run_for(61_000)
    assert asked.value.status == 200
    expect(page.locator("main")).to_contain_text(patient.code[:4])
    end_sessions(carer)
    page.clock.run_for(61_000)
    page.wait_for_url("**/sign-in/**")
    assert patient.code[:4] not in page.content()


def test_asking_keeps_no_session_alive(page: Page, carer: User) -> None:
    page.goto(LIST)
    seen = carer.sessions.get().seen_at
    for _ in range(3):
        with page.expect_response("**/api/v1/me/"):
            page.clock.run_for(61_000)
    assert carer.sessions.get().seen_at == seen


def test_unsent_words_stay_covered(page: Page, carer: User) -> None:
    page.goto(FORM)
    page.locator("[name=old]").fill("half a word")
    end_sessions(carer)
    page.clock.run_for(61_000)
    expect(page.locator("#curtain")).to_be_visible()
    assert page.locator("[name=old]").input_value() == "half a word"


def test_without_network_for_long_it_goes_as_well(page: Page, patient) -> None:
    page.goto(LIST)
    page.context.set_offline(True)
    page.clock.run_for(14 * 60_000)
    expect(page.locator("main")).to_contain_text(patient.code[:4])
    page.clock.run_for(3 * 60_000)
    expect(page.locator("main")).to_have_count(0)
