"""Takes the pictures of the guide anew, from the running demo clinic.

    make run                                   # in another terminal, on fresh data
    .venv/bin/python docs/img/take.py [http://127.0.0.1:8000]

Needs the development environment (make test) and a Chromium; pngquant makes the files smaller
where it is installed. Everybody on the pictures is invented.
"""
# ruff: noqa: INP001, S603, T201 - a script beside the pictures, not a package; it prints and calls

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

HERE = Path(__file__).resolve().parent
ADDRESS = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8000"
LARGEST = 150_000
WIDTH, HEIGHT = 1440, 900
TALLEST = 1100


def sign_in(browser: Browser, staff_no: str) -> Page:
    """A page in Chinese, signed in by one click as the demo offers it."""
    context = browser.new_context(
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": WIDTH, "height": HEIGHT},
    )
    page = context.new_page()
    page.goto(f"{ADDRESS}/sign-in/?as={staff_no}")
    page.locator("form button.main").click()
    page.wait_for_load_state("networkidle")
    return page


def first_link(page: Page, prefix: str, text: str = "") -> Locator:
    """The first link of the table whose address begins with ``prefix``, in a row with ``text``."""
    rows = page.locator("tbody tr").filter(has_text=text) if text else page.locator("tbody tr")
    return rows.locator(f"a[href^='{prefix}']").first


def desk(page: Page) -> None:
    page.goto(f"{ADDRESS}/")


def register(page: Page) -> None:
    """Somebody with a phone that is known: typed, not sent."""
    page.goto(f"{ADDRESS}/patients/new/")
    page.locator("[name=name]").fill("王女士")
    page.locator("[name=phone]").fill("138 0013 8000")
    page.locator("[name=chief_complaint]").fill("想了解孕前检查")


def consent(page: Page) -> None:
    page.goto(f"{ADDRESS}/patients/?page=2")
    first_link(page, "/patients/").click()
    page.wait_for_load_state("networkidle")
    page.goto(f"{page.url.partition('?')[0]}consents/")


def patient(page: Page) -> None:
    """One in treatment, with some history."""
    page.goto(f"{ADDRESS}/patients/?stage=in_treatment")
    first_link(page, "/patients/").click()


def consultation(page: Page) -> None:
    """The draft with a covered number."""
    page.goto(f"{ADDRESS}/consultations/?scope=drafts")
    first_link(page, "/consultations/").click()


def estimate(page: Page) -> None:
    """A second version beside the first."""
    page.goto(f"{ADDRESS}/fees/")
    page.locator("tbody a[href$='/v2/']").nth(1).click()


def followup(page: Page) -> None:
    page.goto(f"{ADDRESS}/followups/")


def messages(page: Page) -> None:
    page.goto(f"{ADDRESS}/messages/")


def audit(page: Page) -> None:
    """After a verification, so that its result is on the page."""
    page.goto(f"{ADDRESS}/audit/")
    page.locator("form[action*='verify'] button, button[hx-post*='verify']").first.click()
    page.wait_for_timeout(5_000)
    page.goto(f"{ADDRESS}/audit/")


def staff(page: Page) -> None:
    page.goto(f"{ADDRESS}/staff/")


def reveal(page: Page) -> None:
    """The question before one field is opened: what for, in which words."""
    page.goto(f"{ADDRESS}/")
    first_link(page, "/patients/").click()
    page.wait_for_load_state("networkidle")
    page.get_by_text("查看明文", exact=True).first.click()


def access(page: Page) -> None:
    """A request for one patient of a colleague, typed, not sent."""
    page.goto(f"{ADDRESS}/access/ask/")
    page.locator("textarea").first.fill("7K2M-9QXA")
    page.get_by_text("代同事接诊", exact=True).click()
    page.locator("textarea").nth(1).fill("同事本周休假，患者周三复诊由我接待")


def leaving(page: Page) -> None:
    """A consultant leaves; not sent."""
    page.goto(f"{ADDRESS}/staff/")
    page.locator("tbody tr").filter(has_text="zx001").get_by_role("link", name="离职").click()
    page.locator("[name=reason]").fill("本人提出，月底最后一天上班")


def export(page: Page) -> None:
    """What the security administrator decides on."""
    page.goto(f"{ADDRESS}/exports/")
    page.get_by_role("link", name="去决定").first.click()


def review(page: Page) -> None:
    """A sheet drawn for a cause, today's events on it."""
    page.goto(f"{ADDRESS}/review/")
    page.get_by_text("专项审阅", exact=True).first.click()
    page.locator("dialog textarea").first.fill("查看明文比平时多，核对一次")
    page.get_by_role("button", name="抽取").click()


# name: who looks, how to get there
PICTURES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "desk": ("qt001", desk),
    "register": ("qt001", register),
    "consent": ("qt001", consent),
    "patient": ("ys001", patient),
    "consultation": ("zx001", consultation),
    "estimate": ("cw001", estimate),
    "followup": ("hs001", followup),
    "messages": ("sf001", messages),
    "audit": ("sj001", audit),
    "staff": ("xt001", staff),
    "reveal": ("qt001", reveal),
    "access": ("ys001", access),
    "leaving": ("xt001", leaving),
    "export": ("aq001", export),
    "review": ("aq001", review),
}


def take(page: Page, name: str) -> None:
    """The page from its top to where its content ends, as a small PNG."""
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)
    wanted = page.evaluate("document.querySelector('main').getBoundingClientRect().bottom")
    height = int(min(max(wanted + 24, 480), TALLEST))
    page.set_viewport_size({"width": WIDTH, "height": height})
    path = HERE / f"{name}.png"
    page.screenshot(path=path)
    if tool := shutil.which("pngquant"):
        subprocess.run(
            [tool, "--force", "--ext", ".png", "--nofs", "--quality", "40-80", path], check=True
        )
    size = path.stat().st_size
    print(f"{name:14} {size // 1000:4} kB{'  TOO LARGE' if size > LARGEST else ''}")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def main() -> None:
    program = os.environ.get("CRM_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            chromium_sandbox=False,
            args=["--disable-gpu", "--lang=zh-CN"],
            env={**os.environ, "LANGUAGE": "zh_CN"},  # the browser's own words, as in date fields
        )
        pages: dict[str, Page] = {}
        for name, (staff_no, go) in PICTURES.items():
            page = pages.setdefault(staff_no, None) or sign_in(browser, staff_no)
            pages[staff_no] = page
            go(page)
            take(page, name)
        browser.close()


if __name__ == "__main__":
    main()
