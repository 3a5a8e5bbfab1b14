"""A day of the clinic, told once from the first visit to the audit (W1, W3, W4, W7, W11)."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.messaging.services import ensure_shipped_templates
from crm.patients.models import Patient
from followup.plans.services import ensure_shipped_plan_templates
from followup.schedules.models import Step
from privacy.audit.events import Kind
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.audit.verification import verify
from privacy.pseudonyms.rules import display_code
from tests.factories.fees import PriceItemFactory
from tests.journeys.conftest import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

CHAT = """林晓 2026-11-21 09:02:11
您好，我是咨询顾问林晓，我们的谈话会保密。

王女士 2026-11-21 09:03:40
你们为什么要多加两天药？我的电话是 138 0013 8000，证件 11010519491231002X

林晓 2026-11-21 09:05:02
复查看到卵泡发育偏慢，医生建议延长 2 天，您也可以先不加，周一复查后再定。"""


def register(page: Page) -> str:
    """Front desk: three fields, a code and today's number."""
    page.goto("/patients/new/")
    page.fill("#id_name", "王𬱖䶮")
    page.fill("#id_phone", "１３８ 0013-8000")
    page.fill("#id_chief_complaint", "备孕一年未果，想了解检查 <b>慢慢来</b>")
    page.click("#registration summary")
    page.select_option("#id_consultant", label="咨询顾问甲")
    page.select_option("#id_doctor", label="医生甲")
    page.select_option("#id_nurse", label="护士甲")
    page.click("#registration button.main")
    page.wait_for_url(re.compile("registered/"))
    expect(page.locator("main")).to_contain_text("B-001")
    return re.search(r"/patients/([0-9A-Z]{8})/", page.url).group(1)


def warn_of_a_double(page: Page, stage: Stage) -> None:
    """The same phone again: a warning that names the code, and a way on."""
    page.goto("/patients/new/")
    page.fill("#id_name", "王女士")
    page.fill("#id_phone", "+86 138-0013-8000")
    page.fill("#id_chief_complaint", "复查")
    page.click("#registration button.main")
    expect(page.locator("#registration")).to_contain_text("手机")
    expect(page.locator("#id_name")).to_have_value("王女士")
    stage.look(page, "2-double")
    assert Patient.objects.count() == 1


def ask_consents(page: Page, code: str, stage: Stage) -> None:
    """Nothing is ticked; each answer is taken alone; a refusal is one tap as well."""
    page.goto(f"/patients/{code}/consents/")
    assert page.locator("main input:checked").count() == 0
    stage.look(page, "3-consents")
    page.locator("#manner label").first.click()
    for cell in ("follow_up-sms", "follow_up-call"):
        page.click(f"#cell-{cell} button[value=granted]")
        expect(page.locator(f"#cell-{cell} button[value=withdrawn]")).to_be_visible()
    page.click("#cell-marketing-sms button[value=refused]")
    expect(page.locator("#cell-marketing-sms .badge")).to_contain_text("不同意")


def consult(page: Page, code: str, stage: Stage) -> None:
    """A pasted chat becomes turns, numbers covered; missing answers are named; submit locks."""
    page.goto(f"/patients/{code}/consultations/new/")
    page.fill("textarea", CHAT)
    page.click("main form button.main")
    page.wait_for_selector("#turns")
    expect(page.locator("#turns .bub")).to_have_count(3)
    expect(page.locator("#turns")).not_to_contain_text("0013")
    expect(page.locator("#turns")).not_to_contain_text("11010519491231002")
    page.click("#outcome button[name=submit]")
    expect(page.locator(".err-sum")).to_be_visible()
    stage.look(page, "4-consultation")
    page.select_option("#id_source", index=1)
    page.locator("input[name=worries] + *, label:has(input[name=worries])").first.click()
    page.select_option("#id_disposition", index=1)
    page.select_option("#id_next_step", index=1)
    page.click("#outcome button[name=submit]")
    page.wait_for_url(re.compile(r"/consultations/[0-9a-f-]{36}/$"))
    expect(page.locator("#outcome")).to_have_count(0)
    page.fill("form textarea", "更正：复查在周一上午。")
    page.locator("main form:has(textarea) button.main, main form:has(textarea) button").last.click()
    expect(page.locator("main")).to_contain_text("更正：复查在周一上午。")


def estimate(page: Page, code: str, stage: Stage) -> None:
    """Four categories, a range, a line that is not necessary; issued, explained, accepted."""
    page.goto(f"/patients/{code}/estimates/new/")
    page.fill("#id_title", "促排卵方案")
    page.click("button[value='pick:basic']")
    page.fill("#id_line-0-quantity", "８")
    page.click("button[value='add:complication']")
    page.fill("#id_line-1-item", "卵巢过度刺激观察")
    page.fill("#id_line-1-unit", "例")
    page.fill("#id_line-1-low", "2000")
    page.fill("#id_line-1-high", "3,000")
    page.click(".sticky button[value='save']")
    expect(page.locator("h1")).to_contain_text("E-")
    expect(page.locator("tfoot")).to_contain_text("4,560.00–5,560.00")
    for step in ("issue", "step-explained", "step-accepted"):
        page.click(f"[data-open='{step}']")
        page.click(f"#{step} button.main")
        page.wait_for_load_state()
    expect(page.locator(".id-line .badge")).to_contain_text("已接受")
    stage.look(page, "5-estimate")


def follow_up(page: Page, code: str, stage: Stage) -> None:
    """A plan from a template; what is due goes out by the worker; what is queued can be stopped."""
    page.goto(f"/patients/{code}/plans/new/")
    page.select_option("#id_template", label="首诊后 7 天")  # begins tomorrow, at any hour
    page.fill("#id_anchor_on", timezone.localdate().isoformat())
    page.click("main form button.main")
    page.wait_for_url(lambda url: "/plans/new/" not in url)  # the plan is there
    first = Step.objects.filter(kind="sms").order_by("due_at")[0]
    Step.objects.filter(pk=first.pk).update(due_at=timezone.now())  # its day has come
    page.goto("/followups/")
    expect(page.locator("main")).to_contain_text(display_code(code))
    stage.look(page, "6-follow-up")
    wait_until(page, lambda: bool(stage.gateway.ledger.newest(10)), "the SMS company has it")
    (sent,) = stage.gateway.ledger.newest(10)
    assert "复查" not in sent.content
    page.goto("/messages/")
    expect(page.locator("main table")).to_contain_text(display_code(code))
    stage.look(page, "6b-messages")


def stop_everything(page: Page, code: str) -> None:
    """One tap at the desk: nothing more goes out, though a step falls due."""
    page.goto(f"/patients/{code}/consents/")
    page.click("button[name=how][value=stop]")
    expect(page.locator("#cell-follow_up-sms .badge")).to_contain_text("撤回")


def wait_until(page: Page, true: Callable[[], bool], what: str) -> None:
    """Look again and again until it is so: the worker works in a process of its own."""
    for _ in range(120):
        if true():
            return
        page.wait_for_timeout(250)
    pytest.fail(f"waited in vain: {what}")


def test_from_the_first_visit_to_the_audit(
    stage: Stage, browser_for: Callable[[str], Page]
) -> None:
    ensure_shipped_templates()
    ensure_shipped_plan_templates()
    PriceItemFactory.create(clinic=stage.clinic, code="US-1", name="超声监测")

    desk = browser_for("front_desk")
    code = register(desk)
    warn_of_a_double(desk, stage)
    ask_consents(desk, code, stage)
    desk.goto("/")
    stage.look(desk, "1-desk")

    consultant = browser_for("consultant")
    consult(consultant, code, stage)
    estimate(consultant, code, stage)
    consultant.goto(f"/patients/{code}/")
    stage.look(consultant, "7-patient")

    nurse = browser_for("nurse")
    follow_up(nurse, code, stage)
    stop_everything(desk, code)
    assert verify().whole
    with acting_as(READER):
        kinds = set(AuditEvent.objects.values_list("kind", flat=True))
    assert {Kind.VIEW, Kind.CHANGE, Kind.SIGN_IN} <= kinds

    auditor = browser_for("auditor")
    auditor.goto("/audit/")
    expect(auditor.locator("table")).to_contain_text(display_code(code))
    stage.look(auditor, "8-audit")

    assert "\n".join(stage.violations) == ""
    assert stage.complaints == []
    assert stage.foreign == []
