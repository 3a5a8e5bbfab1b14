"""The consultation pages in a real browser: paste, set right, save, submit; no fault of axe."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from consult.consultations import services
from consult.consultations.models import Consultation
from tests.factories.consultations import draft_of, submitted_of, whole_outcome

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("CRM_SCREENSHOTS", "")
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
CHAT = """小雨 2026-11-20 09:02:11
你们昨天发的费用变更我看到了，为什么要多加两天药？

林晓 2026-11-20 09:04:40
复查看到卵泡发育偏慢，医生建议促排延长 2 天。明细在您手机上能看到，每一项都标了是不是必需。

小雨 2026-11-20 09:06:02
如果不加这两天会怎么样？我电话13812345678，身份证 11010519491231002X

林晓 2026-11-20 09:08:02
可以延长，也可以本周期不加，周一复查后再定。

阿宝 2026-11-20 09:12:02
我是她先生，有问题能当面问财务吗？
"""


@pytest.fixture
def context(chromium: Browser, live_server, desk: Client) -> Iterator[BrowserContext]:
    made = chromium.new_context(locale="zh-CN", viewport={"width": 1440, "height": 1000})
    made.set_default_timeout(10_000)
    cookie = desk.cookies[settings.SESSION_COOKIE_NAME].value
    made.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "olicy" in line.text else None)
    page.on("dialog", lambda dialog: dialog.accept())
    yield page
    assert faults == []


def look(page: Page, name: str) -> None:
    """No fault of axe at both widths, and a picture where one is asked for."""
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 1000})
        found = Axe().run(page, options=AXE).response["violations"]
        assert [(name, width, one["id"], one["nodes"][0]["html"]) for one in found] == []
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
        assert not wide, f"{name} at {width} scrolls sideways"
        if SHOTS:
            file = Path(SHOTS) / f"consult-{name}-{width}.png"
            page.screenshot(path=file, full_page=True)
    page.set_viewport_size({"width": 1440, "height": 1000})


def address(live_server, name: str, *where: object) -> str:
    return live_server.url + reverse(f"consult:{name}", args=where)


def test_from_paste_to_submission(page: Page, live_server, patient, carer) -> None:
    carer.display_name = "林晓"
    carer.save()
    submitted_of(patient, carer)
    page.goto(address(live_server, "consultation-new", patient.code))
    begin_with_the_chat(page)
    set_the_talk_right(page)
    submit_in_two_tries(page)
    page.fill("[name=text]", "患者来电：周一复查。")
    page.press("[name=text]", "Control+Enter")
    expect(page.locator("#addenda .quote")).to_have_text("患者来电：周一复查。")
    look(page, "record-added")
    page.goto(address(live_server, "consultations"))
    look(page, "list")
    page.goto(address(live_server, "patient-consultations", patient.code))
    look(page, "of-patient")


def begin_with_the_chat(page: Page) -> None:
    look(page, "begin")
    page.fill("[name=paste]", "今天没有人来")
    page.click("text=开始记录")
    look(page, "begin-refused")
    page.fill("[name=paste]", CHAT)
    page.press("[name=paste]", "Control+Enter")
    page.wait_for_url("**/draft/")
    expect(page.locator("#facts")).to_contain_text("已遮盖 2 处")
    look(page, "draft")


def set_the_talk_right(page: Page) -> None:
    for name in ("小雨", "阿宝"):
        asked = page.locator("#names .notice", has_text=name)
        asked.get_by_role("button", name="患者").click()
        expect(asked).to_have_count(0)
    expect(page.locator("#names")).to_be_hidden()
    page.fill("#id_unsent", "我微信号 xiaoyu_8899")
    expect(page.locator("#live")).to_contain_text("微信号 1")
    page.press("#id_unsent", "Control+Enter")
    expect(page.locator("#turns .bub")).to_have_count(6)
    expect(page.locator("#id_unsent")).to_have_value("")

    page.locator("#turns .bub a").nth(1).click()
    page.fill(".edit textarea", "复查看到卵泡发育偏慢。\n\n医生建议促排延长 2 天。")
    look(page, "draft-editing")
    page.click("text=按空行拆分")
    expect(page.locator("#turns .bub")).to_have_count(7)
    page.locator("#turns .bub a").last.click()
    page.click("text=删除")
    expect(page.locator("#turns .bub")).to_have_count(6)


def submit_in_two_tries(page: Page) -> None:
    page.click("#outcome button[name=submit]")
    expect(page.locator(".err-sum")).to_be_focused()
    look(page, "draft-errors")
    page.select_option("[name=source]", "brand_search")
    page.check("text=方案原因")
    page.select_option("[name=disposition]", "refer_to_visit")
    page.select_option("[name=next_step]", "await_patient")
    page.press("[name=note]", "Control+Enter")
    page.wait_for_url(f"**/consultations/{Consultation.objects.latest('id').pk}/")
    look(page, "record")


def test_autosave_says_when_and_who_was_faster(
    page: Page, live_server, patient, carer, second
) -> None:
    draft = draft_of(patient, carer)
    page.clock.install()
    page.goto(address(live_server, "draft", draft.pk))
    page.fill("[name=note]", "写到一半")
    page.clock.run_for(11_000)
    expect(page.locator("[name=version]")).to_have_value("2")
    expect(page.locator(".saved")).to_contain_text("草稿已保存")
    page.fill("[name=note]", "又写了一点")
    page.clock.run_for(11_000)
    expect(page.locator("[name=version]")).to_have_value("3")

    services.save_outcome(
        draft=draft, actor=second, version=3, outcome=whole_outcome(note="周敏写的")
    )
    page.fill("[name=note]", "我写的最后一句")
    page.clock.run_for(11_000)
    expect(page.locator(".saved")).to_contain_text("周敏")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("[name=note]")).to_have_value("我写的最后一句")
    expect(page.locator("#h-conflict")).to_contain_text("周敏")
    expect(page.locator("table")).to_contain_text("周敏写的")
    look(page, "conflict")


def test_a_paste_that_is_too_large_is_said_before_it_is_sent(
    page: Page, live_server, patient, carer
) -> None:
    sent: list[str] = []
    put = """(text) => {
      const field = document.querySelector("[name=paste]");
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }"""
    page.clock.install()
    page.goto(address(live_server, "consultation-new", patient.code))
    page.on("request", lambda request: sent.append(request.method))
    page.evaluate(put, "长" * 700_000)
    expect(page.locator("[data-limit-error]")).to_contain_text("2 MB")
    page.clock.fast_forward(1_000)  # past the pause after which names are looked for
    page.click("text=开始记录")
    expect(page.locator("[name=paste]")).to_be_focused()

    assert len(page.input_value("[name=paste]")) == 700_000
    assert "POST" not in sent
    page.evaluate(put, "患者 2026-11-20 09:00\n在吗")
    expect(page.locator("[data-limit-error]")).to_have_count(0)
