"""A whole clinic for the browser: pages, worker and clock as processes, the SMS company beside."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from crm.embedded.gateway.server import GatewayServer, Manners
from crm.staff.models import Clinic, User
from crm.staff.services import codes_around, open_account
from privacy.access.policy import Role
from privacy.encryption.canaries import plant
from tests.factories.people import through_the_gate

PASSWORD = "journey of a thousand li"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
AXE = {
    "runOnly": [
        "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
    ]
}  # fmt: skip


@dataclass
class Stage:
    """Where a journey plays: the address, who works there, and what the browser complained of."""

    url: str
    gateway: GatewayServer
    clinic: Clinic
    staff: dict[str, User]
    shots: Path | None
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Keep what the console says and every request to another host."""

        def hear(message: ConsoleMessage) -> None:
            # Chromium also reports forms that the server sent back for a good reason.
            refused = "status of 409" in message.text or "status of 422" in message.text
            # htmx says so when leaving the page ends a look-up that was still under way.
            left = message.text.startswith(("htmx:afterRequest", "htmx:sendAbort"))
            if message.type in {"error", "warning"} and not (refused or left):
                self.complaints.append(f"{page.url}: {message.text}")

        def see(request: Request) -> None:
            if not request.url.startswith((self.url, "blob:", "data:")):
                self.foreign.append(request.url)

        page.on("console", hear)
        page.on("request", see)

    def look(self, page: Page, name: str) -> None:
        """axe on this page at both widths, and a picture where pictures are asked for."""
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            found = Axe().run(page, options=AXE)
            self.violations += [
                f"{name} at {size['width']}: {one['id']} {one['nodes'][0]['html'][:120]}"
                for one in found.response["violations"]
            ]
            if self.shots:
                file = self.shots / f"{name}-{size['width']}.png"
                page.screenshot(path=str(file), full_page=True)
        page.set_viewport_size(DESK)


def worker_environment(server: GatewayServer, folder: Path) -> dict[str, str]:
    """What the worker's process gets: this test's database, as the app's role."""
    at = connection.settings_dict
    address = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "crm.settings.test",
        "DATABASE_URL": address,
        "DATABASE_ROLE": "suian_app",
        "SMS_GATEWAY_URL": server.url,
        "SMS_GATEWAY_KEY_ID": "clinic",
        "SMS_GATEWAY_SECRET": "rehearsal",
        "CLINIC_OPEN_FROM": "0",  # the tests run at any hour
        "CLINIC_OPEN_UNTIL": "24",
        "AUDIT_ANCHOR_FILE": str(folder / "anchors.jsonl"),
    }


@pytest.fixture
def stage(transactional_db, live_server, tmp_path: Path, settings) -> Iterator[Stage]:
    """The clinic with one account a role, its worker and clock, and the SMS company."""
    plant()
    clinic = Clinic.objects.create(name="江岸院区", site_label="一楼前台")
    staff = {
        role.value: open_account(
            clinic=clinic, staff_no=role.value, display_name=f"{role.label}甲", role=role,
            password=PASSWORD,
        )[0]
        for role in Role
    }  # fmt: skip
    for user in staff.values():
        through_the_gate(user)
    shots = os.environ.get("SUIAN_SHOTS")
    manners = Manners(receipt_delay=0)
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    with GatewayServer(
        folder=tmp_path / "gateway", key_id="clinic", secret="rehearsal", manners=manners
    ) as server:
        settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_KEY_ID = server.url, "clinic"
        settings.SMS_GATEWAY_SECRET = "rehearsal"
        log = (tmp_path / "worker.log").open("wb")
        worker = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "celery", "-A", "crm", "worker", "--beat",
             "--queues", "celery,sealing",
             "--schedule", str(tmp_path / "beat"), "-c", "1", "--loglevel", "warning",
             "--without-gossip", "--without-mingle"],
            env=worker_environment(server, tmp_path), stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield Stage(live_server.url, server, clinic, staff, Path(shots) if shots else None)
        finally:
            os.killpg(worker.pid, signal.SIGKILL)  # its beat and its pool, too
            worker.wait()
            log.close()


@pytest.fixture
def browser_for(stage: Stage, chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """``browser_for("nurse")``: a browser of one's own, signed in with password and code."""
    contexts: list[BrowserContext] = []

    def sign_in(role: str) -> Page:
        context = chromium.new_context(
            locale="zh-CN", timezone_id="Asia/Shanghai", viewport=DESK, base_url=stage.url
        )
        contexts.append(context)
        page = context.new_page()
        stage.watch(page)
        page.goto("/sign-in/")
        device = stage.staff[role].totp
        page.get_by_label("工号").fill(role)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_label("动态验证码").fill(f"{codes_around(device)[1][1]:06d}")
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(lambda url: "sign-in" not in url)
        return page

    yield sign_in
    for context in contexts:
        context.close()
