"""Audit, staff and API pages in a real browser: no policy violation, no other host, axe silent."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from crm.staff.demo import demo_password
from crm.staff.models import User
from crm.staff.services import open_account
from privacy.access.policy import Role
from privacy.audit.sealing import seal_once

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = ({"width": 1440, "height": 900}, {"width": 390, "height": 844})
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


class Watched:
    """A page whose complaints are kept."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._hear)
        page.on("request", self._see)

    def _hear(self, line) -> None:
        if line.type in {"error", "warning"} and "status of 4" not in line.text:
            self.faults.append(f"{self.page.url}: {line.text}")

    def _see(self, request) -> None:
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.faults.append(f"another host: {request.url}")

    def open(self, path: str, name: str) -> None:
        self.page.goto(self.url + path)
        self.look(name)

    def look(self, name: str) -> None:
        for size in SIZES:
            self.page.set_viewport_size(size)
            found = Axe().run(self.page, options=AXE).response["violations"]
            self.faults += [
                f"{name} {size['width']}: {one['id']} {one['nodes'][0]['html'][:150]}"
                for one in found
            ]
            if folder := os.environ.get("SUIAN_SHOTS"):
                file = Path(folder) / f"{name}-{size['width']}.png"
                self.page.screenshot(path=str(file), full_page=True)
        self.page.set_viewport_size(SIZES[0])


@pytest.fixture
def watched(chromium: Browser, live_server, settings, tmp_path) -> Iterator[Watched]:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    context = chromium.new_context(locale="zh-CN", viewport=SIZES[0])
    context.set_default_timeout(10_000)
    yield Watched(context.new_page(), live_server.url)
    context.close()


def take_session(watched: Watched, client: Client) -> None:
    session = client.cookies["sessionid"].value
    watched.page.context.add_cookies([{"name": "sessionid", "value": session, "url": watched.url}])


def test_the_audit_pages(watched: Watched, auditor: User, history, sign_in_as) -> None:
    seal_once()
    take_session(watched, sign_in_as(auditor))
    page = watched.page

    watched.open("/audit/", "audit")
    page.locator("#seal button").click()
    expect(page.locator("#seal h2")).to_contain_text(re.compile("完整|is whole"))
    watched.look("audit-verified")
    page.locator("[data-open=export]").click()
    watched.look("audit-export")
    page.locator("dialog#export textarea").fill("太短")
    page.locator("dialog#export button.main").click()
    expect(page.locator("dialog#export .err-sum")).to_be_visible()
    page.locator("dialog#export textarea").fill("季度合规审计留档备查")
    with page.expect_download() as download:
        page.locator("dialog#export button.main").click()
    assert download.value.suggested_filename.startswith("audit-")
    page.goto(watched.url + "/audit/?kind=denial&range=7d")
    assert page.locator("table.tbl tbody tr").count() == 2
    page.locator("table.tbl tbody a").first.click()
    watched.look("audit-event")
    watched.open("/audit/?code=nonsense", "audit-wrong")
    watched.open("/audit/?ip=10.9.9.9", "audit-empty")
    assert watched.faults == []


def test_a_month_leaves_and_its_sheet_is_printed(
    watched: Watched, auditor: User, history, sign_in_as
) -> None:
    seal_once()
    take_session(watched, sign_in_as(auditor))
    page = watched.page

    watched.open("/audit/months/", "months")
    page.locator("#month-form button.main").click()
    expect(page.locator(".err-sum")).to_be_visible()
    watched.look("months-refused")
    page.locator("#id_reason").fill("外部审计机构逐月核对")
    with page.expect_download() as download:
        page.locator("#month-form button.main").click()
    assert download.value.suggested_filename.endswith(".zip")
    link = page.locator("#month-exports tbody a")  # the list has asked for itself again
    expect(link).to_be_visible()
    watched.look("months-exported")
    link.click()
    watched.look("months-sheet")
    assert watched.faults == []


def test_staff_account_and_api_pages(watched: Watched, clinic, carer, sign_in_as) -> None:
    admin = User.objects.create_user(
        staff_no="admin", password="x" * 12, display_name="管理甲", role=Role.SYSTEM_ADMIN,
        clinic=clinic,
    )  # fmt: skip
    take_session(watched, sign_in_as(admin))
    page = watched.page

    watched.open("/staff/", "staff")
    page.locator(f'[data-open="suspend-{carer.pk}"]').click()
    watched.look("staff-suspend")
    page.locator(f'dialog[id="suspend-{carer.pk}"] .btn.danger').click()
    expect(page.locator("table.tbl")).to_contain_text(re.compile("已停用|suspended"))
    watched.open("/staff/new/", "staff-new")
    page.fill("#id_staff_no", "n07")
    page.fill("#id_display_name", "何护士")
    page.select_option("#id_role", "nurse")
    page.locator("form .btn.main").click()
    expect(page.locator("p.mono.b")).to_have_count(1)  # the password; the code comes from another
    watched.look("staff-opened")
    watched.open("/account/", "account")
    watched.open("/account/tokens/", "tokens")
    page.fill("#id_name", "报表")
    page.locator("input[name=scopes]").first.check(force=True)
    page.locator("form .btn.main").click()
    expect(page.locator("#secret")).to_contain_text("suian_")
    watched.look("tokens-secret")
    watched.open("/api/v1/docs/", "api")
    page.locator("summary").last.click()
    watched.look("api-open")
    assert watched.faults == []


def test_one_click_into_the_demo(watched: Watched, clinic, settings) -> None:
    settings.DEMO = True
    for role in Role:
        open_account(
            clinic=clinic, staff_no=role.value, display_name=f"{role.label}甲", role=role,
            password=demo_password(role.value),
        )  # fmt: skip
    page = watched.page
    watched.open("/sign-in/", "sign-in")
    assert page.locator(".demo a").count() == len(Role)
    page.locator(".demo a").nth(3).click()
    watched.look("sign-in-filled")
    page.locator("form .btn.main").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    assert watched.faults == []
