"""The scripts of the pages, in a real browser under the product's content security policy."""

from collections.abc import Iterator

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.crm.web.browser_urls"),
]


@pytest.fixture
def page(chromium: Browser, live_server) -> Iterator[Page]:
    may = ["clipboard-read", "clipboard-write"]
    context = chromium.new_context(locale="zh-CN", permissions=may)
    context.set_default_timeout(5_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "olicy" in line.text else None)
    page.on("dialog", lambda dialog: dialog.accept())
    page.clock.install()
    with override_settings(ALLOWED_HOSTS=["*"]):
        page.goto(f"{live_server.url}/behaviours/")
        yield page
    context.close()
    assert faults == []


def is_open(page: Page, dialog: str) -> bool:
    return bool(page.locator(dialog).evaluate("dialog => dialog.open"))


def test_keys_search_list_help_and_curtain(page: Page) -> None:
    page.keyboard.press("?")
    assert is_open(page, "#keys")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    assert is_open(page, "#commands")
    page.keyboard.press("Alt+l")
    assert is_open(page, "#curtain")
    page.keyboard.press("Control+k")
    page.keyboard.press("Alt+l")
    assert not is_open(page, "#curtain")


def test_letters_rest_in_fields_while_composing_and_when_switched_off(page: Page) -> None:
    page.focus("#text")
    page.keyboard.type("j?")
    assert page.input_value("#text") == "j?"
    assert not is_open(page, "#keys")
    page.evaluate("document.activeElement.blur()")
    page.evaluate(
        "document.body.dispatchEvent("
        "new KeyboardEvent('keydown', {key: '?', isComposing: true, bubbles: true}))"
    )
    assert not is_open(page, "#keys")
    page.keyboard.press("j")
    page.wait_for_url("**/behaviours/#next")  # the browser follows the link in its own time
    page.keyboard.press("?")
    page.uncheck("#letter-keys")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert not is_open(page, "#keys")


def test_the_curtain_lies_over_an_open_dialog_too(page: Page) -> None:
    page.click("#open")
    page.keyboard.press("Alt+l")

    over = page.evaluate("document.elementFromPoint(200, 200).closest('dialog').id")

    assert over == "curtain"


def test_focus_returns_to_what_opened_a_dialog(page: Page) -> None:
    page.click("#open")
    page.keyboard.press("Escape")

    expect(page.locator("#open")).to_be_focused()


def test_a_draft_is_saved_after_ten_seconds_and_only_if_it_changed(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "autosave" in request.url else 0)
    page.clock.run_for(11_000)
    assert sent == []
    page.fill("#text", "一段记录")
    page.clock.run_for(11_000)

    expect(page.locator("#draft [data-saved]")).to_have_text("草稿已保存 10:12")
    assert page.input_value("[name=version]") == "2"
    page.clock.run_for(30_000)
    assert len(sent) == 1


def test_a_draft_somebody_else_saved_is_not_overwritten(page: Page) -> None:
    page.fill("#text", "conflict")
    page.clock.run_for(11_000)

    expect(page.locator("#draft [data-saved]")).to_contain_text("周敏改过")
    expect(page.locator("#draft [data-saved] a")).to_have_attribute("href", "#both")
    page.fill("#text", "more")
    page.clock.run_for(30_000)
    expect(page.locator("#draft [data-saved]")).to_contain_text("周敏改过")


def test_without_network_the_draft_stays_and_the_page_says_so(page: Page) -> None:
    page.fill("#text", "一段记录")
    page.context.set_offline(True)
    page.clock.run_for(11_000)

    expect(page.locator("#draft [data-saved]")).to_contain_text("网络断开")
    expect(page.locator("#offline")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    page.clock.run_for(11_000)
    expect(page.locator("#draft [data-saved]")).to_have_text("草稿已保存 10:12")


def test_shown_text_gives_way_to_its_mask(page: Page) -> None:
    page.clock.run_for(60_000)
    expect(page.locator("#secret")).to_contain_text("13800138000")
    page.clock.run_for(241_000)

    expect(page.locator("#secret")).to_have_text("138 **** 8000")
    assert "13800138000" not in page.content()


def test_a_live_check_waits_for_a_pause_and_for_the_input_method(page: Page) -> None:
    page.evaluate(
        "() => { const text = document.querySelector('#text'); text.value = 'wo';"
        "text.dispatchEvent(new InputEvent('input', {isComposing: true, bubbles: true})); }"
    )
    page.clock.run_for(2_000)
    expect(page.locator("#hint")).to_be_empty()
    page.evaluate(
        "() => { const text = document.querySelector('#text'); text.value = '我';"
        "text.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true})); }"
    )
    page.clock.run_for(700)

    expect(page.locator("#hint")).to_have_text("checked 1")


def test_a_form_on_its_way_is_not_sent_twice(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else 0)
    page.fill("#text", "x")
    page.focus("#text")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    page.click("#draft .main")

    expect(page.locator("#draft .main")).to_have_attribute("aria-busy", "true")
    assert len(sent) == 1


def test_a_refused_form_is_swapped_in_and_its_errors_take_the_focus(page: Page) -> None:
    page.click("#refused")

    expect(page.locator("#panel .err-sum")).to_be_focused()
    page.click("#panel .err-sum a")
    expect(page.locator("#id_name")).to_be_focused()


def test_a_refusal_is_told_in_the_servers_words_once(page: Page) -> None:
    page.click("#denied")

    expect(page.locator("#toasts .toast")).to_have_count(1)
    expect(page.locator("#toasts .toast p")).to_have_text("不是你的患者")
    page.clock.run_for(10_000)
    expect(page.locator("#toasts .toast")).to_have_count(0)


def test_notices_take_each_others_place_and_never_pile_up(page: Page) -> None:
    tell = "level => document.dispatchEvent(new CustomEvent('toast', {detail: {text: 'x', level}}))"
    for level in ("ok", "ok", "bad", "bad", "bad"):
        page.evaluate(tell, level)

    expect(page.locator("#toasts .toast")).to_have_count(2)
    page.evaluate(
        "() => { const one = document.querySelector('#toasts .toast'); "
        "for (let n = 0; n < 4; n++) one.after(one.cloneNode(true)); }"
    )
    expect(page.locator("#toasts .toast:visible")).to_have_count(3)


def test_a_failure_never_swaps_its_inner_text_in(page: Page) -> None:
    page.click("#broken")

    expect(page.locator("#toasts .toast p")).to_have_text("没有成功，内容未改动，请再试一次。")
    expect(page.locator("#hint")).to_be_empty()


def test_a_code_is_copied_without_stray_spaces(page: Page) -> None:
    page.click("#copy")

    expect(page.locator("#toasts .toast p")).to_have_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == "B-001"


def test_the_command_list_narrows(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("nothing like this")
    expect(page.locator("#commands [data-none]")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("遮屏")
    page.keyboard.press("Enter")

    assert is_open(page, "#curtain")


def test_the_theme_is_kept_for_the_next_page(page: Page) -> None:
    page.click("details.who > summary")
    page.click("[data-theme-set=dark]")
    page.reload()

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
