"""Board, plans, call and outbox in Chromium: axe at both widths, nothing on the console."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page

from crm.messaging.models import Message
from crm.messaging.services import ensure_shipped_templates
from crm.staff.models import Clinic, User
from followup.plans.models import Plan, PlanTemplate
from followup.plans.services import ensure_shipped_plan_templates
from followup.schedules.models import Step
from followup.schedules.services import start_plan
from privacy.access.policy import Role
from privacy.consent.rules import Answer
from tests.factories.followup import PlanFactory, StepFactory
from tests.factories.messages import agreeing_patient, answer
from tests.factories.people import ClinicFactory, PatientFactory, UserFactory
from tests.factories.work import work_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DAY = timedelta(days=1)


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    ensure_shipped_templates()
    ensure_shipped_plan_templates()
    return ClinicFactory.create(name="江岸院区")


@pytest.fixture
def agent(clinic: Clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.FOLLOWUP_AGENT, display_name="何随访")


@pytest.fixture
def page(
    chromium: Browser, live_server, agent: User, sign_in_as: Callable[[User], object]
) -> Iterator[Page]:
    cookie = sign_in_as(agent).cookies["sessionid"].value
    context = chromium.new_context(viewport=DESK, locale="zh-CN", base_url=live_server.url)
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    opened = context.new_page()
    complaints: list[str] = []
    opened.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None,
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    # A refused form is a 422, which Chromium writes to the console by itself.
    assert [said for said in complaints if "422" not in said] == []


def look(page: Page, name: str) -> None:
    shots = os.environ.get("SUIAN_SHOTS")
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        faults = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]
        assert faults == [], f"{name} at {size['width']}"
        if shots:
            file = Path(shots) / f"{name}-{size['width']}.png"
            page.screenshot(path=str(file), full_page=True)
    page.set_viewport_size(DESK)


def busy_clinic(clinic: Clinic, agent: User) -> Step:
    """Plans in every state of the board. Returns a call that is due today."""
    now = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    names = {one.code: one for one in PlanTemplate.objects.all()}
    calls = []
    for place, (code, days) in enumerate(
        [("stimulation", (-3, 0, 3)), ("surgery", (-2, -1, 2)), ("transfer", (-4, 0, 5)),
         ("first-visit", (1, 4)), ("stimulation", (2, 6))]
    ):  # fmt: skip
        plan = PlanFactory.create(
            patient=agreeing_patient(clinic=clinic), template=names[code], created_by=agent
        )
        for number, ahead in enumerate(days):
            done = number == 0 and ahead < 0 and place != 1
            calls.append(
                StepFactory.create(
                    plan=plan,
                    call=True,
                    due_at=now + ahead * DAY,
                    title=f"第 {ahead + 8} 天",
                    position=number,
                    state="done" if done else "due",
                    settled_at=now + ahead * DAY if done else None,
                )
            )
    failed = StepFactory.create(plan=calls[0].plan, position=9, due_at=now - DAY, state="failed")
    failed.message = Message.objects.create(
        patient=failed.plan.patient, template=failed.message_template, purpose="follow_up",
        due_at=now, not_before=now, idempotency_key="x", state="failed", reason="not_received",
        handed_over_at=now,
    )  # fmt: skip
    failed.save()
    PlanFactory.create(
        patient=agreeing_patient(clinic=clinic), template=names["surgery"], created_by=agent,
        state=Plan.State.PAUSED, reason="patient_wish",
    )  # fmt: skip
    PlanFactory.create(
        patient=PatientFactory.create(clinic=clinic), template=names["transfer"],
        created_by=agent, state=Plan.State.PROPOSED,
    )  # fmt: skip
    return next(one for one in calls if timezone.localdate(one.due_at) == timezone.localdate())


def test_the_board_and_a_call(page: Page, clinic: Clinic, agent: User) -> None:
    step = busy_clinic(clinic, agent)
    page.goto("/followups/")
    assert page.locator(".lane").count() == 4
    look(page, "followup-board")
    page.goto("/followups/?lane=overdue")
    look(page, "followup-lane")
    page.goto(f"/followups/steps/{step.pk}/call/")
    look(page, "followup-call")
    page.get_by_role("button", name="登记结果").click()
    assert page.locator(".err-sum").is_visible()
    look(page, "followup-call-error")
    page.get_by_label("已接通，一切正常").check()
    page.get_by_role("button", name="登记结果").click()
    page.wait_for_url("**/followups/")
    step.refresh_from_db()
    assert step.state == Step.State.DONE


def test_arranging_pausing_and_stopping(page: Page, clinic: Clinic, agent: User) -> None:
    patient = agreeing_patient(clinic=clinic)
    work_of(Role.FOLLOWUP_AGENT, patient)
    page.goto(f"/patients/{patient.code}/plans/new/")
    with page.expect_response(lambda response: "anchor_on=" in response.url):
        page.get_by_label("模板", exact=True).select_option(label="首诊后 7 天")
    page.get_by_text("首诊后第 7 天").wait_for()
    look(page, "followup-new")
    page.get_by_role("button", name="开始随访").click()
    page.wait_for_url(f"**/patients/{patient.code}/plans/")
    look(page, "followup-plans")
    page.get_by_role("button", name="暂停").click()
    page.get_by_role("button", name="恢复").click()
    page.get_by_role("button", name="彻底停止").click()
    page.wait_for_load_state()
    assert Plan.objects.get().state == Plan.State.STOPPED


def test_without_consent_the_page_leads_to_the_consent_desk(page: Page, clinic: Clinic) -> None:
    patient = PatientFactory.create(clinic=clinic)
    work_of(Role.FOLLOWUP_AGENT, patient)
    page.goto(f"/patients/{patient.code}/plans/new/")
    page.get_by_role("button", name="开始随访").click()
    assert page.locator(".err-sum").is_visible()
    assert page.get_by_role("link", name="征询同意").first.is_visible()
    look(page, "followup-no-consent")


def test_the_outbox(page: Page, clinic: Clinic, agent: User) -> None:
    patient = agreeing_patient(clinic=clinic)
    template = PlanTemplate.objects.get(code="first-visit")
    plan = start_plan(
        patient=patient, template=template, anchor_on=timezone.localdate(), actor=agent
    )
    step = StepFactory.create(plan=plan, position=90)
    for number, state in enumerate(("queued", "unknown", "delivered", "suppressed")):
        handed = timezone.now() if state in {"unknown", "delivered"} else None
        Message.objects.create(
            patient=patient, template=step.message_template, purpose="follow_up", state=state,
            due_at=timezone.now(), not_before=timezone.now(), idempotency_key=f"o{number}",
            handed_over_at=handed, unknown_since=handed if state == "unknown" else None,
            reason="no_consent" if state == "suppressed" else "",
        )  # fmt: skip
    answer(patient, Answer.PAUSED)
    page.goto("/messages/")
    look(page, "messages")
    page.get_by_role("button", name="没有收到").click()
    page.wait_for_url("**/messages/")
    assert Message.objects.get(idempotency_key="o1").state == "failed"
