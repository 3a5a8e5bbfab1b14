"""Estimates in a real browser under the product's policy: sums while typing, no fault of axe."""

import os
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from consult.fees import selectors, services
from consult.fees.lifecycle import State
from consult.fees.models import EstimateVersion
from consult.fees.rules import Category
from privacy.access.policy import Role
from privacy.pseudonyms.models import VisitCode
from tests.factories.fees import PriceItemFactory, full_course, line, make_version
from tests.factories.people import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOTS = os.environ.get("FEES_SCREENSHOTS", "")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
REASON = (
    "11-20 复查，主导卵泡发育偏慢，建议促排延长 2 天并增加 2 次 B 超监测。"
    "可选方案：本周期不延长，11-23 复查后再定。不确认不影响已开始的治疗。"
)


@pytest.fixture
def finance(clinic):
    return UserFactory.create(clinic=clinic, role=Role.FINANCE, display_name="周敏")


@pytest.fixture
def changed(patient, finance) -> EstimateVersion:
    """The estimate of the design: two lines more, one changed, one gone."""
    first = make_version(patient, finance, state=State.ACCEPTED)
    second = services.revise_estimate(estimate=first.estimate, actor=finance)
    lines = selectors.open_version(version=second, staff=finance).current.lines
    lines[1] = replace(lines[1], quantity=Decimal(8))
    more = [
        line("促排药 A，延长 2 天", "285.00", quantity="8", unit="支", category=Category.MEDICINE),
        line("黄体支持用药", "280.00", quantity="4", unit="盒", category=Category.MEDICINE),
    ]
    lines = [*lines[:4], *more, *lines[5:]]
    services.save_draft(
        version=second, revision=1, title=None, reason=REASON, lines=lines, actor=finance
    )
    return services.issue_version(version=second, revision=2, actor=finance)


@pytest.fixture
def context(chromium: Browser, live_server, sign_in_as, finance) -> Iterator[BrowserContext]:
    session = sign_in_as(finance).cookies["sessionid"].value
    context = chromium.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    with override_settings(ALLOWED_HOSTS=["*"]):
        yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
    yield page
    page.close()
    # A refused form is answered 422; the browser calls that an error too.
    assert [fault for fault in faults if "422" not in fault and "409" not in fault] == []


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def check(page: Page, name: str) -> None:
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
        told = [
            (one["id"], [node["html"][:120] for node in one["nodes"]][:3])
            for one in found.response["violations"]
        ]
        shoot(page, f"{name}-{width}")
        assert not told, f"{name} at {width}: {told}"
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
        # Paper keeps its width on a phone.
        assert name == "print" or not wide, f"{name} at {width} scrolls sideways"
    page.set_viewport_size({"width": 1440, "height": 900})


def test_the_pages_of_an_estimate(page: Page, live_server, changed, patient, clinic) -> None:
    number = changed.estimate.number
    PriceItemFactory.create(clinic=clinic, code="US-1", name="B 超监测", insurance="partial")
    PriceItemFactory.create(clinic=clinic, code="RX-7", category="medicine", is_optional=True)
    places = {
        "version": reverse("consult:estimate-version", args=[number, 2]),
        "print": reverse("consult:estimate-print", args=[number, 2]),
        "list": reverse("consult:estimates"),
        "prices": reverse("consult:prices"),
        "price-add": reverse("consult:price-add"),
        "patient": reverse("consult:patient-estimates", args=[patient.code]),
    }
    for name, path in places.items():
        page.goto(live_server.url + path)
        check(page, name)
    page.goto(live_server.url + places["version"])
    expect(page.locator("tr.add")).to_have_count(2)
    expect(page.locator("tr.chg")).to_have_count(1)
    expect(page.locator("tr.del")).to_have_count(1)
    expect(page.locator("tfoot")).to_contain_text("+3,240.00")
    expect(page.get_by_text("肆万壹仟捌佰陆拾元整")).to_be_visible()
    if SHOTS:
        page.goto(live_server.url + places["print"])
        page.set_viewport_size({"width": 673, "height": 1010})
        page.emulate_media(media="print")
        shoot(page, "paper")


@pytest.fixture
def here_today(patient, clinic) -> None:
    """Finance writes a first estimate for whoever is here."""
    day = timezone.localdate()
    VisitCode.objects.create(subject=patient.subject, site=clinic.pk, day=day, number=1)


@pytest.mark.usefixtures("here_today")
def test_writing_an_estimate(page: Page, live_server, patient, clinic) -> None:
    PriceItemFactory.create(clinic=clinic, code="US-1", name="B 超监测", insurance="partial")
    page.goto(live_server.url + reverse("consult:estimate-create", args=[patient.code]))
    check(page, "new")
    page.fill("#id_title", "促排卵方案")
    page.click("button[value='pick:basic']")
    expect(page.locator("#id_line-0-quantity")).to_be_focused()
    page.fill("#id_line-0-quantity", "８")
    page.press("#id_line-0-quantity", "Tab")
    expect(page.locator("#sum-line-0")).to_have_text("2,560.00")
    expect(page.locator("#sum-all")).to_have_text("2,560.00")
    page.click("button[value='add:complication']")
    expect(page.locator("#id_line-1-item")).to_be_focused()
    page.fill("#id_line-1-item", "<script>alert(1)</script>卵巢过度刺激观察")
    page.fill("#id_line-1-unit", "例")
    page.fill("#id_line-1-low", "-3000")
    page.press("#id_line-1-low", "Tab")
    expect(page.locator("#sum-words")).to_contain_text("1 行")
    page.click(".sticky button[value='save']")
    expect(page.locator(".err-sum")).to_be_focused()
    check(page, "refused")
    page.click(".err-sum a")
    expect(page.locator("#id_line-1-low")).to_be_focused()
    expect(page.locator("#id_line-1-low")).to_have_value("-3000")
    page.fill("#id_line-1-low", "2000")
    page.fill("#id_line-1-high", "3,000")
    page.press("#id_line-1-high", "Enter")
    expect(page.locator("h1")).to_contain_text("E-")
    expect(page.locator("tfoot")).to_contain_text("4,560.00–5,560.00")
    expect(page.get_by_text("<script>alert(1)</script>")).to_be_visible()


def test_from_issue_to_the_patients_answer(page: Page, live_server, patient, finance) -> None:
    number = make_version(patient, finance).estimate.number
    page.goto(live_server.url + reverse("consult:estimate-version", args=[number, 1]))
    page.click("[data-open='issue']")
    check(page, "issue")
    page.click("#issue button.main")
    expect(page.locator(".id-line .badge")).to_contain_text("已出具")
    page.click("[data-open='step-explained']")
    page.click("#step-explained button.main")
    page.click("[data-open='step-accepted']")
    page.click("#step-accepted button.main")
    expect(page.locator(".id-line .badge")).to_contain_text("已接受")
    check(page, "accepted")


def test_two_windows_of_one_draft(page: Page, context, live_server, patient, finance) -> None:
    version = make_version(patient, finance, lines=full_course())
    path = reverse("consult:estimate-edit", args=[version.estimate.number, 1])
    other = context.new_page()
    for window, price in ((page, "150"), (other, "130")):
        window.goto(live_server.url + path)
        window.fill("#id_line-0-low", price)
    other.click(".sticky button[value='save']")
    expect(other.locator("h1")).to_be_visible()
    page.click(".sticky button[value='save']")

    expect(page.locator("tr.chg")).to_contain_text("130.00")
    expect(page.locator("#id_line-0-low")).to_have_value("150")
    check(page, "clash")
