"""Drawn, judged, found, signed by two, printed: in a real browser, checked by axe (S60)."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import Page, expect

from crm.access_requests.events import BreakGlassEvent
from crm.joint_review import rules
from crm.joint_review.models import ReviewFinding, ReviewSheet
from crm.patients.events import PatientEvent
from privacy.access.policy import Role
from privacy.audit import services as audit
from privacy.audit.sealing import seal_once
from tests.crm.patients.test_in_browser import RULES
from tests.factories.people import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKED: list[str] = []


def look(page: Page) -> None:
    """No fault by axe, no sideways scrolling; a picture if asked for."""
    if folder := os.environ.get("CRM_SCREENSHOTS"):
        LOOKED.append(page.url)
        page.screenshot(path=f"{folder}/review-{len(LOOKED):02}.png", full_page=True)
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == [], page.url
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


@pytest.fixture
def history(carer, patient, control, monkeypatch) -> None:
    """Twenty looks, one use of break-glass, its verdict; sealed, and settled at once."""
    with transaction.atomic():
        audit.record(BreakGlassEvent.USED, actor=carer, subjects=[patient], reason="术后急诊查看")
        audit.record(BreakGlassEvent.JUDGED, actor=control, subjects=[patient])
        for _ in range(40):
            audit.record(PatientEvent.OPENED, actor=carer, subjects=[patient])
    while seal_once().more:
        pass
    monkeypatch.setattr(rules, "SETTLED", rules.SETTLED * 0)


@pytest.fixture
def keeper(clinic):
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN, display_name="郑安全")


@pytest.fixture
def control(clinic):
    return UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC, display_name="许质控")


def draw(page: Page) -> None:
    page.goto("/review/")
    look(page)
    page.click("[data-open=extra]")
    page.fill("#id_reason", "收到患者投诉后复核相关访问")
    look(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/review/*-*/")
    look(page)


def judge(page: Page, sheet: ReviewSheet) -> None:
    """A finding; then the rest by Enter, the random ones by keyboard and in a batch."""
    page.goto(f"/review/{sheet.pk}/?ground=break_glass")
    page.click("table.tbl tbody td.num a >> nth=0")
    look(page)
    page.click("summary:near(form)")
    page.fill("#id_text", "未见对应的急诊记录，请科室书面说明")
    look(page)
    page.click("form.form .btn.danger")
    page.goto(f"/review/{sheet.pk}/?ground=random")
    page.locator("input[name=item]").first.focus()
    page.keyboard.press("Space")
    look(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".badge.ok .i").first).to_be_visible()
    batch = page.locator("button[name=batch]")
    while batch.count():
        batch.first.click()
        page.wait_for_load_state("networkidle")
    page.goto(f"/review/{sheet.pk}/?state=open")
    if page.locator("table.tbl td.num a").count():
        page.locator("table.tbl td.num a").first.click()
        while "/items/" in page.url and page.locator("button[autofocus]").count():
            expect(page.locator("button[autofocus]")).to_be_focused()
            before = page.url
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url, before=before: url != before)


def sign(page: Page, sheet: ReviewSheet) -> None:
    page.goto(f"/review/{sheet.pk}/")
    look(page)
    page.click("form[action$='/sign/'] .btn.main")
    expect(page.locator(".sign:not(.wait)").first).to_be_visible()
    look(page)


def test_drawn_judged_signed_and_printed(
    browser_of, history, keeper, control, auditor_of, carer
) -> None:
    with browser_of(keeper) as page:
        draw(page)
        sheet = ReviewSheet.objects.get()
        judge(page, sheet)
    with browser_of(control) as page:
        judge_rest(page, sheet)
        finding = ReviewFinding.objects.get()
        page.goto(f"/review/findings/{finding.pk}/")
        look(page)
        sign(page, sheet)
    with browser_of(keeper) as page:
        sign(page, sheet)
        page.click("form[action*='/verify/'] .btn")
        expect(page.locator("#verify .ok-t.b")).to_be_visible()
        look(page)
        page.goto("/review/")
        look(page)
    with browser_of(auditor_of) as page:
        page.goto(f"/review/{sheet.pk}/print/")
        expect(page.locator("article.sheet")).to_contain_text(sheet.chain_groups[0])
        look_at_paper(page)
    assert sheet.signatures.count() == 2


def judge_rest(page: Page, sheet: ReviewSheet) -> None:
    """What is for the other side alone."""
    for item in sheet.items.filter(verdict=""):
        page.goto(f"/review/items/{item.pk}/")
        page.keyboard.press("Enter")
        page.wait_for_load_state("networkidle")


def look_at_paper(page: Page) -> None:
    """Paper is wider than a phone; axe alone."""
    if folder := os.environ.get("CRM_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/review-paper.png", full_page=True)
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == [], page.url


@pytest.fixture
def auditor_of(clinic):
    return UserFactory.create(clinic=clinic, role=Role.AUDITOR)
