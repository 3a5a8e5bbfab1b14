"""A real Chromium with a profile folder goes through the clinic and types every canary."""

import http.client
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Response, sync_playwright

from benchmarks.canary_hunt.texts import Words
from tests.chromium import FLAGS, chromium_program

REFUSED = 400
FORMS = {409, 422}  # no error pages: a form comes back to whoever typed it, with what was typed


@dataclass
class Walk:
    """One browser of one person; ``kept`` are the bodies of refusals, as an error page is seen."""

    url: str
    words: Words
    folder: Path
    kept: list[str] = field(default_factory=list)

    def keep(self, response: Response) -> None:
        if response.status >= REFUSED and response.status not in FORMS:
            try:
                body = response.text()
            except Exception:  # noqa: BLE001  a page that was left: there is no body any more
                body = ""
            self.kept.append(f"{response.status}\n{response.headers}\n{body}")

    def sign_in(self, page: Page, staff_no: str, code: str) -> None:
        page.get_by_label("工号").fill(staff_no)
        page.get_by_label("密码").fill(self.words["password"])
        page.get_by_label("动态验证码").fill(code)
        page.get_by_role("button", name="登录").click()

    @contextmanager
    def browser(self, profile: Path, staff_no: str, code: str) -> Iterator[Page]:
        """Signed in; the profile stays on disk afterwards, as on a workstation.

        Raises: RuntimeError without a Chromium.
        """
        program = chromium_program()
        if program is None:
            raise RuntimeError("no chromium: set CRM_CHROMIUM")
        with sync_playwright() as driver:
            context: BrowserContext = driver.chromium.launch_persistent_context(
                str(profile), executable_path=program, headless=True, chromium_sandbox=False,
                args=FLAGS, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=self.url,
            )  # fmt: skip
            page = context.pages[0]
            page.on("response", self.keep)
            page.goto("/sign-in/")
            self.sign_in(page, staff_no, code="123")  # refused: the form comes back
            page.wait_for_selector(".err-sum")
            self.sign_in(page, staff_no, code)
            page.wait_for_url(lambda url: "sign-in" not in url)
            yield page
            context.close()


def at_the_desk(page: Page, words: Words) -> str:
    """Register, look somebody up, send forms that are refused. Out: the patient's code."""
    page.goto("/patients/new/")
    page.fill("#id_name", words["name"])
    page.fill("#id_phone", words["phone"])
    page.fill("#id_chief_complaint", words["complaint"])
    page.click("#registration summary")
    page.select_option("#id_consultant", index=1)
    page.fill("#id_id_number", words["ID number"])
    page.select_option("#id_id_purpose", index=1)
    page.click("#registration button.main")
    page.wait_for_url(re.compile("registered/"))
    found = re.search(r"/patients/([0-9A-Z]{8})/", page.url)
    if found is None:
        raise RuntimeError("the patient was not registered")
    page.goto("/patients/new/")
    page.fill("#id_name", words["name looked for"])
    page.fill("#id_phone", words["phone"] + "0")  # one digit too many: the form comes back
    page.fill("#id_chief_complaint", words["complaint"])
    page.click("#registration button.main")
    page.wait_for_selector(".err-sum")
    page.reload()
    page.wait_for_selector(".err-sum")
    page.fill(".search input[name=q]", words["name looked for"])  # several, or none: a page
    page.press(".search input[name=q]", "Enter")
    page.wait_for_url("**/search/**")
    for address in (f"/patients/{found[1]}/", "/patients/AAAAAAAA/", "/audit/", "/nowhere/"):
        page.goto(address)
    return found[1]


def talk(page: Page, code: str, words: Words) -> None:
    """Paste a talk, lock it, add to it."""
    chat = (
        f"顾问 2026-11-21 09:02:11\n{words['chat of the consultant']}\n\n"
        f"王女士 2026-11-21 09:03:40\n{words['chat of the patient']}？"
        f"我的电话是 {words['phone in a chat']}\n"
    )
    page.goto(f"/patients/{code}/consultations/new/")
    page.fill("textarea", chat)
    page.click("main form button.main")
    page.wait_for_selector("#turns")
    page.select_option("#id_source", index=1)
    page.locator("input[name=worries] + *, label:has(input[name=worries])").first.click()
    page.select_option("#id_disposition", index=1)
    page.select_option("#id_next_step", index=1)
    page.click("#outcome button[name=submit]")
    page.wait_for_url(re.compile(r"/consultations/[0-9a-f-]{36}/$"))
    page.fill("form textarea", words["addendum"])
    page.locator("main form:has(textarea) button.main, main form:has(textarea) button").last.click()
    page.wait_for_load_state()


def estimate(page: Page, code: str, words: Words) -> None:
    """Draw up an estimate with an item of its own."""
    page.goto(f"/patients/{code}/estimates/new/")
    page.fill("#id_title", words["estimate title"])
    page.click("button[value='add:complication']")
    page.fill("#id_line-0-item", words["estimate item"])
    page.fill("#id_line-0-unit", words["estimate unit"])
    page.fill("#id_line-0-low", "2000")
    page.fill("#id_line-0-high", "3000")
    page.click(".sticky button[value='save']")
    page.wait_for_load_state()


def by_api(url: str, token: str, words: Words) -> list[str]:
    """Register by a program, once right and once wrong. Out: what the refusals said."""
    answers = []
    right: dict[str, Any] = {
        "name": words["name by API"], "phone": words["phone by API"],
        "chief_complaint": words["complaint by API"],
    }  # fmt: skip
    for body in (right, {**right, "sex": words["name by API"], "phone": words["phone by API"] * 9}):
        connection = http.client.HTTPConnection(url.split("/")[2], timeout=60)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/patients/", json.dumps(body).encode(), headers)
        response = connection.getresponse()
        text = response.read().decode()
        if response.status >= REFUSED:
            answers.append(f"{response.status}\n{text}")
        connection.close()
    if len(answers) != 1:
        raise RuntimeError(f"one call should have been refused: {answers}")
    return answers
