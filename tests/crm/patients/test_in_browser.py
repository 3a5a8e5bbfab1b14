"""The desk's way from a new patient to a waiting one, in a real browser, checked by axe.

With CRM_SCREENSHOTS=<folder> every page looked at is also saved there.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect

from crm.patients.models import Patient
from crm.scheduling.rooms import add_room
from privacy.consent.models import ConsentState
from tests.factories.people import PatientFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WIDTHS = [1440, 390]


@pytest.fixture(params=WIDTHS)
def page(request, chromium: Browser, live_server, receptionist, sign_in_as) -> Iterator[Page]:
    """A page of the front desk's, on a desk and on a phone."""
    client = sign_in_as(receptionist)
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": request.param, "height": 900}, base_url=live_server.url
    )
    context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": live_server.url,
            }
        ]
    )
    context.set_default_timeout(8_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "olicy" in line.text else None)
    page.on("dialog", lambda dialog: dialog.accept())
    page.on(
        "request",
        lambda sent: None if sent.url.startswith(live_server.url) else faults.append(sent.url),
    )
    with override_settings(ALLOWED_HOSTS=["*"]):
        yield page
    context.close()
    assert faults == []


@pytest.fixture
def look(page: Page) -> Callable[[str], None]:
    """``look(name)``: no fault by axe, no sideways scrolling; a picture if asked for."""

    def check(name: str) -> None:
        width = page.viewport_size["width"] if page.viewport_size else 0
        folder = os.environ.get("CRM_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        found = Axe().run(page, options=RULES).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == [], name
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} scrolls sideways"

    return check


def register(page: Page, look) -> None:
    page.fill("#id_name", "王小明")
    page.locator("#id_phone").press_sequentially("138 0013 8000")
    expect(page.locator("#similar")).to_contain_text("王※")
    page.fill("#id_chief_complaint", "备孕一年未果，想了解检查")
    page.click("summary:has-text('更多'), details:not(.who) > summary")
    look("register")
    page.click("#registration > .acts .main")
    expect(page.locator(".err-sum")).to_be_visible()
    assert page.input_value("#id_name") == "王小明"
    look("register-double")
    page.locator("input[name=set_aside_reason][value=shared_phone]").check()
    page.click("text=不是同一人，继续登记")
    page.wait_for_url("**/registered/")
    look("registered")


def ask_for_consents(page: Page, look) -> None:
    page.wait_for_url("**/consents/")
    look("consents")
    page.locator("#cell-follow_up-sms button[value=granted]").click()
    expect(page.locator(".toast")).to_contain_text("请先在上方选择")
    page.locator("#manner input[value=spoken]").check()
    page.locator("#cell-follow_up-sms button[value=granted]").click()
    expect(page.locator("#cell-follow_up-sms .badge.ok")).to_be_visible()
    page.locator("#cell-marketing-sms button[value=refused]").click()
    expect(page.locator("#cell-marketing-sms .badge")).to_contain_text("不同意")
    expect(page.locator("#consent-count")).to_contain_text("2")
    expect(page.locator("#ledger li")).to_have_count(2)
    look("consents-answered")


def reveal(page: Page, look) -> None:
    page.click("[data-open=reveal]")
    page.locator("#reveal input[value=phone]").check()
    look("reveal")
    page.click("#reveal button[name=phrase][value=call-0]")
    expect(page.locator("#reveal .main")).to_be_focused()
    expect(page.locator("#reveal input[value=phone]")).to_be_checked()
    expect(page.locator("#reveal input[value=call]")).to_be_checked()
    look("reveal-tapped")
    page.keyboard.press("Enter")
    expect(page.locator("#reveal")).to_contain_text("138 0013 8000")
    look("revealed")
    page.click("#reveal [data-close]")


def receive(page: Page, look) -> None:
    page.locator("input[name=purpose][value=first]").check()
    look("arrive")
    page.click("main form.form .main")
    expect(page.locator("#board")).to_contain_text("B-001")
    expect(page.locator(".toast form")).to_be_visible()
    look("desk")
    page.click("#board a:has-text('请入咨询室')")
    page.locator("input[name=room]").first.check()
    look("call")
    page.click("main form.form .main")
    expect(page.locator("#board .room")).to_contain_text("B-001")
    page.click(".toast form button")
    expect(page.locator("#board .room")).not_to_contain_text("B-001")


def test_from_a_new_patient_to_the_waiting_room(page: Page, look, clinic, receptionist) -> None:
    PatientFactory.create(clinic=clinic, contact={"name": "王芳"})
    for label in ("3-01", "3-02"):
        add_room(label=label, actor=receptionist)
    page.goto("/")
    look("desk-empty")
    page.click("main a[href='/patients/new/']")
    register(page, look)
    patient = Patient.objects.exclude(registered_by=None).get()
    page.click(".head .main")
    ask_for_consents(page, look)
    states = ConsentState.objects.filter(subject_id=patient.pk)
    assert dict(states.values_list("purpose", "status")) == {
        "follow_up": "granted",
        "marketing": "refused",
    }
    page.goto(f"/patients/{patient.code}/")
    look("patient")
    reveal(page, look)
    page.click(".tabs a:last-child")
    expect(page.locator("#panel table")).to_contain_text(receptionist.display_name)
    expect(page.locator(".tabs a:last-child")).to_have_attribute("aria-current", "page")
    look("who-looked")
    page.goto(f"/desk/arrivals/{patient.code}/")
    receive(page, look)


def test_papers_lists_and_search(page: Page, look, clinic) -> None:
    patients = PatientFactory.create_batch(25, clinic=clinic)
    code = patients[-1].code
    page.goto("/patients/?size=20&stage=new")
    look("list")
    page.click("tbody a.code >> nth=1")
    page.wait_for_url("**/?stage=new&at=2")
    page.keyboard.press("j")
    page.wait_for_url("**/?stage=new&at=3")
    page.keyboard.press("k")
    page.wait_for_url("**/?stage=new&at=2")
    for path in ("label", "ticket"):
        page.goto(f"/patients/{code}/{path}/")
        if path == "ticket":
            look("no-ticket")  # no number of today yet: one click gives it and leads on
            page.click("main form[action$='/ticket/'] button")
        page.wait_for_url(f"**/{path}/")
        page.wait_for_function("document.querySelector('img.qr')?.naturalWidth > 0")
        look(path)
    page.goto(f"/patients/{code}/contact/")
    look("contact")
    page.goto("/patients/")
    page.keyboard.press("/")
    page.keyboard.type("13800138000")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?answer=*")
    expect(page.locator("tbody tr")).to_have_count(25)
    look("search")
    page.fill("[data-hotkey='/']", code.lower())
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/patients/{code}/")


def test_a_refused_form_comes_back_whole_and_is_never_sent_again(page: Page, look) -> None:
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    page.goto("/patients/new/")
    page.fill("#id_name", "王小明")
    page.fill("#id_chief_complaint", "备孕一年未果")
    page.locator("#id_phone").fill("1380013")
    page.click("#registration > .acts .main")

    def comes_back() -> None:
        expect(page.locator(".err-sum")).to_be_focused()
        assert page.title().startswith("错误：")
        assert page.input_value("#id_name") == "王小明"
        assert page.input_value("#id_chief_complaint") == "备孕一年未果"

    comes_back()
    look("register-refused")
    sent = [one for one in posts if "similar" not in one]
    page.reload()
    comes_back()
    page.goto("/patients/")
    page.go_back()
    comes_back()
    assert [one for one in posts if "similar" not in one] == sent
    assert len(sent) == 1

    page.fill("#id_phone", "13900139001")
    page.click("#registration > .acts .main")
    page.wait_for_url("**/registered/")
    page.go_back()  # to the form as it was refused: sent again, it leads to the same patient
    comes_back()
    assert Patient.objects.count() == 1
