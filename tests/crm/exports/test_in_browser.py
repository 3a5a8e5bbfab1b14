"""From the asking to the password in three people's browsers, on a desk and a phone, with axe."""

import io
import os

import pytest
import pyzipper
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from crm.exports.services.building import build_next
from privacy.exports.models import Export
from tests.crm.patients.test_in_browser import RULES
from tests.factories.exports import REASON, WHY, WHY_NOT

LOOKED: list[str] = []
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def looked_at(page: Page) -> None:
    """Nothing for axe to find, nothing to scroll sideways for; a picture if asked for."""
    if folder := os.environ.get("CRM_SCREENSHOTS"):
        LOOKED.append(page.url)
        page.screenshot(path=f"{folder}/exports-{len(LOOKED):02}.png", full_page=True)
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


def ask(page: Page) -> None:
    page.goto("/exports/")
    looked_at(page)
    page.goto("/exports/ask/")
    looked_at(page)
    page.locator("a[href*='data=patients']").click()
    page.locator("[name=purpose][value=quality]").check()
    page.locator("[name=reason]").fill(REASON)
    page.locator("[name=columns][value=status]").check()
    page.locator("[name=recipient_why]").fill(WHY)
    page.locator("[name=recipient]").select_option(index=1)
    looked_at(page)
    page.locator("[name=count]").click()
    expect(page.locator("#counted")).to_contain_text("3")
    looked_at(page)
    page.locator("form.form button.main").click()
    expect(page.locator("#export-state")).to_be_visible()
    looked_at(page)


def decide(page: Page, export: Export, decision: str) -> None:
    page.goto("/exports/")
    looked_at(page)
    page.goto(f"/exports/{export.pk}/")
    looked_at(page)
    page.locator(f"[name=decision][value={decision}]").check()
    page.locator("[name=refusal]").fill(WHY_NOT if decision == "refuse" else "")
    page.locator("form[action$='/decide/'] button").click()
    page.wait_for_url("**/exports/")


def test_asked_agreed_built_taken(browser_of, accountant, control, security, colleague, patients):
    with browser_of(accountant) as mine:
        ask(mine)
        export = Export.objects.get()
        for person in (control, security):
            with browser_of(person) as page:
                decide(page, export, "approve")
        mine.reload()
        expect(mine.locator("progress")).to_be_visible()
        looked_at(mine)
        assert build_next()
        expect(mine.locator("form[action$='/download/']")).to_be_visible()  # by itself
        looked_at(mine)
        with mine.expect_download() as taken:
            mine.locator("form[action$='/download/'] button").click()
        expect(mine.locator("form[action$='/password/']")).to_be_visible()  # by itself
        looked_at(mine)
        mine.locator("form[action$='/password/'] button").click()
        password = mine.locator(".mono.b").inner_text()
        looked_at(mine)
        content = taken.value.path().read_bytes()
        with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
            archive.setpassword(password.encode())
            assert patients[0].code in archive.read(f"{export.code}.csv").decode()
        mine.goto(f"/exports/{export.pk}/")
        looked_at(mine)


def test_refused_and_traced(browser_of, accountant, security, colleague, patients):
    with browser_of(accountant) as mine:
        ask(mine)
    export = Export.objects.get()
    with browser_of(security) as page:
        decide(page, export, "refuse")
        page.goto("/exports/trace/")
        looked_at(page)
        page.locator("[name=text]").fill("13900000000")
        page.locator("form.form button.main").click()
        expect(page.locator(".empty")).to_be_visible()
        looked_at(page)
        page.locator("[name=text]").fill(export.code)
        page.locator("form.form button.main").click()
        expect(page.locator("#h-marked")).to_be_visible()
        looked_at(page)
