"""The browser for tests: the system's Chromium, never one downloaded by the tests.

CRM_CHROMIUM names the program. Without any, browser tests are skipped and say why; with
CRM_REQUIRE_BROWSER=1 (as in .ci/run) a missing browser is a failure.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
HINT = (
    "no chromium: apt-get install -y chromium libatomic1 fonts-noto-cjk, or set CRM_CHROMIUM to it"
)
FLAGS = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_program() -> str | None:
    """The path of a Chromium on this machine, or None."""
    own = os.environ.get("CRM_CHROMIUM", "")
    if own:
        return own if Path(own).is_file() else None
    return next(filter(None, map(shutil.which, NAMES)), None)


def without_browser(reason: str) -> None:
    """Skip the test, or fail it where a browser is required."""
    if os.environ.get("CRM_REQUIRE_BROWSER") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def launch(playwright: Playwright, program: str) -> Browser:
    # Its own sandbox needs rights that containers and root do not have; the pages are ours.
    return playwright.chromium.launch(
        executable_path=program, headless=True, chromium_sandbox=False, args=FLAGS
    )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for all browser tests; make contexts from it."""
    program = chromium_program()
    if program is None:
        without_browser(HINT)
    try:
        driver = sync_playwright().start()
        # Its loop runs in this thread from now on; the ORM is used between its steps, not inside.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    except (Error, OSError, ConnectionError) as error:
        without_browser(f"the browser's driver does not start (libatomic1?): {error}")
    # The driver keeps an event loop in this thread; Django would take every query for a mistake.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    browser = launch(driver, program)
    yield browser
    browser.close()
    driver.stop()
