"""From the request to the patient's page and back, in a real browser, checked by axe."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.crm.patients.test_in_browser import RULES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKED: list[str] = []


def look(page: Page) -> None:
    """No fault by axe, no sideways scrolling; a picture if asked for."""
    if folder := os.environ.get("CRM_SCREENSHOTS"):
        LOOKED.append(page.url)
        page.screenshot(path=f"{folder}/access-{len(LOOKED):02}.png", full_page=True)
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == [], page.url
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def ask(page: Page, code: str) -> None:
    """By keyboard alone."""
    page.goto("/access/")
    look(page)
    page.click("a[href='/access/ask/']")
    expect(page.locator("#id_codes")).to_be_focused()
    page.keyboard.type(code.lower())
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("同事休假，代为接诊这位患者")
    look(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/access/")
    expect(page.locator("#h-mine")).to_be_visible()


def approve(page: Page) -> None:
    page.goto("/access/")
    expect(page.locator(".side a[href='/access/'] .n")).to_have_text("1")
    page.click("section:has(#h-waiting) a.btn")
    page.locator("input[name=decision][value=approve]").check()
    look(page)
    page.click("main form.form .main")
    page.wait_for_url("**/access/")
    look(page)


def break_glass(page: Page, code: str) -> None:
    page.goto(f"/access/break-glass/?code={code}")
    page.fill("#id_reason", "患者术后突发剧烈腹痛，需要立即查看用药记录")
    look(page)
    page.click("main form.form .main")
    page.wait_for_url(f"**/patients/{code}/")
    expect(page.locator("main .notice.bad")).to_be_visible()
    look(page)


def judge(page: Page) -> None:
    page.goto("/access/")
    look(page)
    page.click("section:has(#h-unjudged) a.btn")
    page.locator("input[name=justified][value=yes]").check()
    page.fill("#id_words", "与急诊记录一致，查看范围合理")
    look(page)
    page.click("main form.form .main")
    page.wait_for_url("**/access/")
    expect(page.locator("#h-judged")).to_be_visible()


def test_asked_approved_seen_ended_broken_judged(browser_of, nurse, doctor, control, patient):
    with browser_of(nurse) as page:
        ask(page, patient.code)
    with browser_of(doctor) as page:
        approve(page)
    with browser_of(nurse) as page:
        page.goto(f"/patients/{patient.code}/")
        expect(page.locator("main .notice.warn")).to_contain_text("梁医生")
        look(page)
    with browser_of(doctor) as page:
        page.goto("/access/")
        page.click("section:has(#h-open) button")
        expect(page.locator("#h-open")).to_have_count(0)
    with browser_of(nurse) as page:
        break_glass(page, patient.code)
    with browser_of(control) as page:
        judge(page)
