"""The board and a patient's plans: lanes, scope, roles, one event, few statements."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from crm.messaging.models import Message
from crm.patients.models import Patient
from crm.staff.models import Clinic, User
from crm.web.idempotency import new_key
from followup.plans.models import Plan, PlanTemplate
from followup.reminders.selectors import Filters, lanes, on_time, strip
from followup.schedules.models import Step
from privacy.access.policy import Permission, Role, roles_with
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.consent.models import Channel
from privacy.consent.rules import Answer
from tests.factories.followup import PlanFactory, StepFactory
from tests.factories.messages import agreeing_patient, answer
from tests.factories.people import ClinicFactory, PatientFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
DAY = timedelta(days=1)
KEY = "0190c2a4-0000-7000-8000-0000000000{:02d}"


@pytest.fixture
def plan(agreeing: Patient) -> Plan:
    return PlanFactory.create(patient=agreeing)


def counts(staff: User, **filters: object) -> dict[str, int]:
    return {lane.key: lane.count for lane in lanes(staff, Filters(**filters), timezone.now())}


def test_each_step_stands_in_its_lane(plan: Plan, agent: User) -> None:
    now = timezone.now()
    for due_at, state in [
        (now - 2 * DAY, "due"), (now, "due"), (now, "failed"), (now + 3 * DAY, "due"),
        (now + 7 * DAY, "due"), (now + 9 * DAY, "due"), (now, "done"),
    ]:  # fmt: skip
        StepFactory.create(plan=plan, call=True, due_at=due_at, state=state)
    assert counts(agent) == {"overdue": 2, "today": 1, "next7d": 2, "paused": 0}


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        (
            lambda plan: Plan.objects.filter(pk=plan.pk).update(state="paused", reason="clinical"),
            "paused",
        ),
        (lambda plan: Plan.objects.filter(pk=plan.pk).update(state="proposed"), "proposed"),
        (lambda plan: both(plan, Answer.PAUSED), "patient"),
        (lambda plan: both(plan, Answer.WITHDRAWN), "withdrawn"),
    ],
)
def test_resting_plans_are_out_of_reach(plan: Plan, agent: User, prepare, why: str) -> None:
    StepFactory.create(plan=plan, call=True)
    prepare(plan)
    found = lanes(agent, Filters(), timezone.now())
    assert [lane.count for lane in found] == [0, 0, 0, 1]
    assert found[3].cards[0].why == why


def both(plan: Plan, given: Answer) -> None:
    for channel in (Channel.SMS, Channel.CALL):
        answer(plan.patient, given, channel=channel)


def test_a_channel_without_consent_is_no_work(plan: Plan, agent: User, agreeing: Patient) -> None:
    StepFactory.create(plan=plan, call=True)
    StepFactory.create(plan=plan)
    answer(agreeing, Answer.WITHDRAWN, channel=Channel.CALL)
    assert counts(agent)["today"] == 1


def test_scope_and_kind(plan: Plan, agent: User, nurse: User, clinic: Clinic) -> None:
    StepFactory.create(plan=plan, call=True)
    StepFactory.create(plan=PlanFactory.create(patient=agreeing_patient(clinic=clinic)))
    StepFactory.create()  # of another clinic
    assert counts(agent)["today"] == 2
    assert counts(agent, kind="call")["today"] == 1
    assert counts(agent, mine=True)["today"] == 0
    assert counts(nurse)["today"] == 1  # nurses see whom they care for


def test_the_strip_shows_fourteen_days(plan: Plan, agent: User) -> None:
    now = timezone.now()
    for due_at, state in [
        (now - 3 * DAY, "done"), (now - DAY, "due"), (now, "due"), (now + 2 * DAY, "due"),
        (now + 3 * DAY, "cancelled"), (now + 30 * DAY, "due"),
    ]:  # fmt: skip
        StepFactory.create(plan=plan, call=True, due_at=due_at, state=state)
    (row,) = strip(lanes(agent, Filters(), now), now)
    assert [pip.tone for pip in row.pips] == [
        "", "", "ok", "", "bad", "due", "", "next", "off", "", "", "", "", ""
    ]  # fmt: skip


def test_on_time_counts_what_was_done_by_its_day(plan: Plan, agent: User) -> None:
    now = timezone.now()
    for settled, state in [(now - DAY, "done"), (now, "done"), (None, "due")]:
        StepFactory.create(plan=plan, call=True, due_at=now - DAY, state=state, settled_at=settled)
    figures = on_time(agent, now)
    assert figures.percent == 33
    assert len(figures.bars) == 14


@pytest.mark.parametrize("role", Role)
def test_only_roles_with_the_permission_open_it(clinic: Clinic, sign_in_as, role: Role) -> None:
    user = UserFactory.create(clinic=clinic, role=role)
    expected = 200 if role in roles_with(Permission.VIEW_PLANS) else 403
    for address in ("/followups/", "/followups/?lane=overdue", "/followups/?lane=paused"):
        assert sign_in_as(user).get(address).status_code == expected


def test_the_board_shows_codes_and_books_them_once(
    plan: Plan, agent: User, agreeing: Patient, sign_in_as
) -> None:
    StepFactory.create(plan=plan, call=True, due_at=timezone.now() - DAY)
    other = PlanFactory.create(
        patient=agreeing_patient(clinic=agent.clinic), state="paused", reason="clinical"
    )
    page = sign_in_as(agent).get("/followups/").content.decode()
    for code in (agreeing.code, other.patient.code):
        assert code in page
    assert "王芳" not in page
    assert "王※" not in page
    with acting_as(READER):
        (event,) = AuditEvent.objects.filter(action="plan.viewed")
    assert event.codes == sorted([agreeing.code, other.patient.code])


def test_the_board_takes_the_same_number_of_statements_however_full(
    agent: User, sign_in_as, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    template = PlanFactory.create(patient=agreeing_patient(clinic=agent.clinic)).template
    for _ in range(8):
        plan = PlanFactory.create(patient=agreeing_patient(clinic=agent.clinic), template=template)
        for days in (-1, 0, 2):
            StepFactory.create(plan=plan, call=True, due_at=now + days * DAY, position=days + 1)
    client = sign_in_as(agent)
    with django_assert_max_num_queries(17):
        page = client.get("/followups/")
    assert len(page.content) < 80_000


def test_a_stranger_finds_nothing(plan: Plan, agreeing: Patient, sign_in_as) -> None:
    step = StepFactory.create(plan=plan, call=True)
    stranger = UserFactory.create(clinic=ClinicFactory.create(), role=Role.NURSE)
    client: Client = sign_in_as(stranger)
    assert agreeing.code not in client.get("/followups/").content.decode().replace("-", "")
    for address in (
        f"/patients/{agreeing.code}/plans/",
        f"/patients/{agreeing.code}/plans/new/",
        f"/followups/steps/{step.pk}/call/",
    ):
        assert client.get(address).status_code == 404
    for number, address in enumerate(
        (
            f"/followups/plans/{plan.pk}/stop/",
            f"/followups/plans/{plan.pk}/pause/",
            f"/followups/steps/{step.pk}/skip/",
            f"/followups/steps/{step.pk}/resend/",
        )
    ):
        data = {"version": 1, "reason": "mistake", "idempotency_key": KEY.format(number)}
        assert client.post(address, data).status_code == 404
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE
    with acting_as(READER):
        assert AuditEvent.objects.filter(kind="denial", actor=stranger.pk).count() == 7


def test_from_plan_to_pause_in_the_browser_without_scripts(
    agreeing: Patient, agent: User, first_visit: PlanTemplate, sign_in_as
) -> None:
    client: Client = sign_in_as(agent)
    address = f"/patients/{agreeing.code}/plans/"
    data = {"template": first_visit.pk, "anchor_on": "2026-11-23", "idempotency_key": KEY.format(1)}
    assert client.post(f"{address}new/", data).status_code == 302
    assert client.post(f"{address}new/", data).status_code == 302  # sent twice, done once
    plan = Plan.objects.get()
    change = {"version": 2, "reason": "patient_wish", "idempotency_key": KEY.format(2)}
    assert client.post(f"/followups/plans/{plan.pk}/pause/", change).status_code == 302
    stale = {"version": 1, "reason": "mistake", "idempotency_key": KEY.format(3)}
    assert client.post(f"/followups/plans/{plan.pk}/stop/", stale).status_code == 409
    change = {"version": 3, "idempotency_key": KEY.format(4)}
    assert client.post(f"/followups/plans/{plan.pk}/resume/", change).status_code == 302
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE
    assert "首诊后第 1 天" in client.get(address).content.decode()


def test_a_refused_step_of_a_plan_is_said_beside_the_plan(
    plan: Plan, agreeing: Patient, agent: User, sign_in_as
) -> None:
    other = PlanFactory.create(patient=agreeing, state="paused", reason="clinical")
    client: Client = sign_in_as(agent)

    def send(verb: str, **data: object):
        sent = {"idempotency_key": new_key(), **data}
        return client.post(f"/followups/plans/{plan.pk}/{verb}/", sent)

    stale = send("stop", version=7, reason="sensitive")
    assert stale.status_code == 409
    cannot = send("resume", version=plan.version)
    assert cannot.status_code == 422
    nonsense = send("pause", version=plan.version, reason="nonsense")
    assert nonsense.status_code == 422
    for refused in (stale, cannot, nonsense, send("stop"), send("start", version=plan.version)):
        page = refused.content.decode()
        assert refused.status_code in {409, 422}
        assert refused.templates[0].name == "followup/reminders/plans.html"
        assert "<title>错误：" in page
        assert page.count('class="err-sum"') == 1
        assert page.index(f'id="plan-{plan.pk}"') < page.index('class="err-sum"')
        assert f'id="plan-{other.pk}"' in page
    assert '<option value="sensitive" selected>' in stale.content.decode()  # what was chosen
    place = f"pause-{plan.pk}-reason"
    assert f'href="#{place}"' in nonsense.content.decode()
    assert f'aria-invalid="true" aria-describedby="{place}_error"' in nonsense.content.decode()
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE


def test_a_step_that_somebody_settled_is_said_on_the_board(
    plan: Plan, agent: User, sign_in_as
) -> None:
    step = StepFactory.create(plan=plan, state=Step.State.DONE)
    client: Client = sign_in_as(agent)
    for verb in ("skip", "resend"):
        data = {"idempotency_key": new_key()}
        board = client.post(f"/followups/steps/{step.pk}/{verb}/", data, follow=True)
        assert board.redirect_chain == [("/followups/", 302)]
        assert "该节点已处理" in board.content.decode()
    step.refresh_from_db()
    assert step.state == Step.State.DONE


def test_the_form_says_what_is_missing(
    clinic: Clinic, agent: User, first_visit: PlanTemplate, sign_in_as
) -> None:
    patient = PatientFactory.create(clinic=clinic, stage="follow_up")
    client: Client = sign_in_as(agent)
    address = f"/patients/{patient.code}/plans/new/"
    data = {"template": first_visit.pk, "anchor_on": "2026-11-20", "idempotency_key": KEY.format(1)}
    page = client.post(address, data)
    assert page.status_code == 422
    assert 'value="2026-11-20"' in page.content.decode()  # what was typed is kept
    data |= {"skip_past": "on", "idempotency_key": KEY.format(2)}
    page = client.post(address, data)
    assert page.status_code == 422
    assert f"/patients/{patient.code}/consents/" in page.content.decode()
    data |= {"only_propose": "on", "idempotency_key": KEY.format(3)}
    assert client.post(address, data).status_code == 302
    assert Plan.objects.get().state == Plan.State.PROPOSED
    empty = client.post(address, {"idempotency_key": KEY.format(4)})
    assert empty.status_code == 422


def test_the_preview_stores_nothing(
    agreeing: Patient, agent: User, first_visit: PlanTemplate, sign_in_as
) -> None:
    page = sign_in_as(agent).get(
        f"/patients/{agreeing.code}/plans/new/",
        {"template": first_visit.pk, "anchor_on": "2026-11-23"},
        headers={"HX-Request": "true"},
    )
    text = page.content.decode()
    assert "首诊后第 7 天" in text
    assert "<html" not in text
    assert not Plan.objects.exists()


def test_recording_a_call(plan: Plan, agent: User, sign_in_as) -> None:
    step = StepFactory.create(plan=plan, call=True)
    client: Client = sign_in_as(agent)
    address = f"/followups/steps/{step.pk}/call/"
    assert client.get(address).status_code == 200
    missing = client.post(address, {"idempotency_key": KEY.format(1)})
    assert missing.status_code == 422
    done = client.post(address, {"outcome": "reached", "idempotency_key": KEY.format(2)})
    assert done.status_code == 302
    step.refresh_from_db()
    assert step.state == Step.State.DONE
    assert client.get(address).status_code == 404


def test_skip_and_resend(plan: Plan, agent: User, sign_in_as) -> None:
    failed = StepFactory.create(plan=plan, state=Step.State.FAILED)
    open_step = StepFactory.create(plan=plan, call=True)
    client: Client = sign_in_as(agent)
    data = {"idempotency_key": KEY.format(1)}
    assert client.post(f"/followups/steps/{failed.pk}/resend/", data).status_code == 302
    data = {"idempotency_key": KEY.format(2)}
    assert client.post(f"/followups/steps/{open_step.pk}/skip/", data).status_code == 302
    assert Message.objects.count() == 1
    open_step.refresh_from_db()
    assert open_step.state == Step.State.SKIPPED


def test_every_mark_of_the_strip_is_explained(plan: Plan, agent: User, sign_in_as) -> None:
    StepFactory.create(plan=plan, call=True)

    page = sign_in_as(agent).get("/followups/").content.decode()

    legend = page.partition('id="h-strip"')[2].partition("</header>")[0]
    for words in ("已完成", "已逾期", "今天", "待做", "未执行", "计划已搁置"):
        assert words in legend


def test_a_call_is_not_skipped_by_one_click(plan: Plan, agent: User, sign_in_as) -> None:
    StepFactory.create(plan=plan, call=True, due_at=timezone.now())
    page = sign_in_as(agent).get("/followups/").content.decode()
    assert page.count("/skip/") == 1
    assert page.index("/skip/") > page.index('<dialog id="skip-')  # asked first
