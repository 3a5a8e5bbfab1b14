"""The pages: who sees them, what they say, and what their forms do (S60)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.incidents.models import Incident
from crm.joint_review.models import ReviewFinding, ReviewSheet, ReviewView
from crm.joint_review.services import judging, signing
from crm.staff.models import Clinic
from crm.trail.models import VerificationRun
from crm.web.idempotency import FIELD
from crm.web.nav import groups_for
from privacy.access.policy import Role
from tests.crm.joint_review.conftest import MONDAY, TEXT, moment, seal_here, travelled
from tests.crm.joint_review.test_judge import FINDING, IN_ORDER, judge_all, used
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def post(desk, door: str, /, *args, query: str = "", **data):
    address = reverse(f"review:{door}", args=args) + query
    return desk.post(address, {FIELD: str(uuid4()), **data}, follow=True)


def said(page) -> list[str]:
    return [str(one) for one in page.context["messages"]]


class TestList:
    def test_sheets_days_trends(self, sheet, sign_in_as, keeper, booked) -> None:
        page = sign_in_as(keeper).get("/review/")
        text = page.content.decode()
        assert "2026-W45" in text
        assert len(page.context["trends"]) == 4
        assert booked("review.listed")
        (row,) = page.context["rows"]
        assert (row.total, row.left, row.judged) == (sheet.items.count(), row.total, 0)

    def test_the_days_of_a_month(self, sheet, sign_in_as, keeper) -> None:
        run = VerificationRun.objects.create(requested_by=keeper)
        with travelled(moment(MONDAY + timedelta(days=10), 10)):
            run.state, run.whole, run.finished_at = "done", True, timezone.now()
            run.save()
            page = sign_in_as(keeper).get("/review/")
            states = {one.day.day: one.state for one in page.context["days"]}
            assert (states[9], states[11], states[13], states[1]) == (
                "verified", "quiet", "ahead", "quiet",
            )  # fmt: skip
            run.whole, run.findings = False, [{"code": "x", "seq": 1, "event": "", "checkpoint": 1}]
            run.save()
            page = sign_in_as(keeper).get("/review/")
            states = {one.day.day: one.state for one in page.context["days"]}
            assert (states[2], states[9]) == ("broken", "sealed")

    def test_trends_hold_the_frozen_numbers(self, sheet, sign_in_as, keeper) -> None:
        with travelled(moment(MONDAY + timedelta(days=8), 10)):
            page = sign_in_as(keeper).get("/review/")
        glass = page.context["trends"][3]
        assert [one.value for one in glass.bars][-2:] == [1, 0]
        assert glass.bars[0].value is None
        assert (glass.peak, glass.last, glass.bars[-2].height) == (1, 0, 48)

    def test_missing_sheets_are_drawn_by_hand(
        self, clinic, carer, write, sign_in_as, keeper
    ) -> None:
        write(carer)
        with travelled(moment(MONDAY + timedelta(days=7), 9)):
            desk = sign_in_as(keeper)
            assert "review/draw" in desk.get("/review/").content.decode()
            assert said(post(desk, "draw"))  # nothing sealed yet: it says so
            assert not ReviewSheet.objects.exists()
            seal_here()
            post(desk, "draw")
            assert ReviewSheet.objects.get().label == "2026-W45"

    def test_an_extra_review(self, write, carer, sign_in_as, keeper) -> None:
        write(carer)
        with travelled(moment(MONDAY, 18)):
            seal_here()
            desk = sign_in_as(keeper)
            assert post(desk, "extra", begins="2026-11-02", reason="短").status_code == 422
            bad = post(desk, "extra", begins="2025-11-02", reason="收到患者投诉后复核相关访问")
            assert bad.status_code == 422
            page = post(desk, "extra", begins="2026-11-02", reason="收到患者投诉后复核相关访问")
        assert page.context["sheet"].kind == "extra"

    @pytest.mark.parametrize("role", [Role.DOCTOR, Role.FRONT_DESK, Role.SYSTEM_ADMIN])
    def test_not_for_others(self, sheet, clinic, sign_in_as, role) -> None:
        desk = sign_in_as(UserFactory.create(clinic=clinic, role=role))
        assert desk.get("/review/").status_code == 403
        assert desk.get(f"/review/{sheet.pk}/").status_code == 403

    def test_the_number_in_the_side_column(self, sheet, keeper, control, auditor) -> None:
        def number(user) -> int:
            items = [one for group in groups_for(user, "/") for one in group.items]
            return next(one.count for one in items if one.url == "/review/")

        assert (number(keeper), number(control), number(auditor)) == (1, 1, 0)
        judge_all(sheet, keeper, control)
        signing.sign(sheet_id=sheet.pk, actor=keeper)
        assert (number(keeper), number(control)) == (0, 1)

    def test_overdue_stands_above_every_page_of_both_sides(
        self, clinic, sign_in_as, keeper, control, auditor
    ) -> None:
        old = timezone.now() - timedelta(days=60)
        for person, told in ((keeper, True), (control, True), (auditor, False)):
            Clinic.objects.update(created_at=timezone.now())
            assert "notice bad" not in sign_in_as(person).get("/audit/").content.decode()
            Clinic.objects.update(created_at=old)
            text = sign_in_as(person).get("/audit/").content.decode()
            assert ("notice bad" in text) is told


class TestSheet:
    def test_filters_narrow_it(self, sheet, sign_in_as, control) -> None:
        desk = sign_in_as(control)

        def numbers(query: str) -> int:
            page = desk.get(f"/review/{sheet.pk}/?{query}")
            assert page.status_code == 200
            return len(page.context["items"])

        whole = sheet.items.count()
        assert numbers("") == numbers("ground=nonsense") == whole
        assert numbers("ground=break_glass") == 3
        assert numbers("ground=random") == 1
        assert numbers("role=medical_qc") == 1
        assert numbers("role=jobs") == 0
        assert numbers("state=open") == whole
        judging.judge(item_id=used(sheet).pk, actor=control, verdict=IN_ORDER)
        assert numbers("state=in_order") == 1
        assert numbers("state=finding") == 0

    def test_codes_and_no_names_of_patients(self, sheet, sign_in_as, control, patient) -> None:
        text = sign_in_as(control).get(f"/review/{sheet.pk}/").content.decode()
        assert patient.spaced_code in text
        assert "王芳" not in text

    def test_of_another_clinic_it_is_none(self, sheet, sign_in_as, elsewhere, booked) -> None:
        desk = sign_in_as(elsewhere)
        for path in ("", "print/"):
            assert desk.get(f"/review/{sheet.pk}/{path}").status_code == 404
        for name in ("tick", "sign", "verify", "take-over"):
            assert post(desk, name, sheet.pk).status_code == 404
        assert desk.get(f"/review/items/{used(sheet).pk}/").status_code == 404
        assert booked("access.not_found")[0].actor == elsewhere.pk

    def test_ticking(self, sheet, sign_in_as, control) -> None:
        item = sheet.items.get(grounds=["random"])
        desk, query = sign_in_as(control), "?ground=random"
        page = desk.get(f"/review/{sheet.pk}/{query}")
        (batch,) = page.context["batches"]
        assert batch.ids == str(item.pk)
        post(desk, "tick", sheet.pk, query=query, item="nonsense")
        page = post(desk, "tick", sheet.pk, query=query, batch=batch.ids)
        assert page.context["wanted"]["ground"] == "random"
        item.refresh_from_db()
        assert item.verdict == "in_order"

    def test_signing_asks_for_the_factor_and_both_sides_close_it(
        self, sheet, sign_in_as, keeper, control
    ) -> None:
        from tests.factories.sessions import age_factor

        judge_all(sheet, keeper, control)
        desk = sign_in_as(keeper)
        age_factor(desk, minutes=31)
        assert post(desk, "sign", sheet.pk).status_code == 422
        assert not sheet.signatures.exists()
        for person in (keeper, control):
            page = post(sign_in_as(person), "sign", sheet.pk)
        assert page.context["one"].signed
        assert post(sign_in_as(keeper), "tick", sheet.pk).status_code == 200
        assert sheet.signatures.count() == 2

    def test_verifying(self, sheet, sign_in_as, auditor) -> None:
        page = post(sign_in_as(auditor), "verify", sheet.pk)
        assert page.context["checked"].whole

    def test_taking_over_says_what_happened(self, sheet, sign_in_as, control) -> None:
        assert said(post(sign_in_as(control), "take-over", sheet.pk))

    def test_paper(self, sheet, sign_in_as, keeper, control, booked) -> None:
        judging.judge(item_id=used(sheet).pk, actor=control, verdict=FINDING, text=TEXT)
        text = sign_in_as(keeper).get(f"/review/{sheet.pk}/print/").content.decode()
        assert sheet.chain_groups[0] in text
        assert sheet.root_groups[3] in text
        assert TEXT in text
        (event,) = booked("review.printed")
        assert event.detail["sha256"][:8] in text


class TestItem:
    def test_judging_leads_on_to_the_next(self, sheet, sign_in_as, keeper, control) -> None:
        desk, seen = sign_in_as(control), []
        page = desk.get(f"/review/items/{sheet.items.first().pk}/")
        while "item" in page.context:
            item = page.context["item"]
            seen.append(item.pk)
            page = post(desk, "judge", item.pk, verdict="in_order")
        assert page.context["sheet"] == sheet
        assert len(seen) == len(set(seen)) == sheet.items.filter(only_side__in=["", "qc"]).count()

    def test_a_finding_needs_its_words(self, sheet, sign_in_as, control) -> None:
        desk, item = sign_in_as(control), used(sheet)
        assert post(desk, "judge", item.pk, verdict="finding", text="短").status_code == 422
        phone = "请联系 13800138000 核实本次访问"
        assert post(desk, "judge", item.pk, verdict="finding", text=phone).status_code == 422
        post(desk, "judge", item.pk, verdict="finding", text=TEXT)
        assert ReviewFinding.objects.get().text == TEXT

    def test_ones_own_is_for_the_other_side(self, sheet, sign_in_as, control, booked) -> None:
        own, desk = sheet.items.get(action="break_glass.judged"), sign_in_as(control)
        page = desk.get(f"/review/items/{own.pk}/")
        assert page.context["may_judge"] is False
        assert said(post(desk, "judge", own.pk, verdict="in_order"))
        own.refresh_from_db()
        assert own.verdict == ""
        assert booked("access.denied")[0].reason == "own_event"

    def test_the_auditor_looks_on(self, sheet, sign_in_as, auditor) -> None:
        desk = sign_in_as(auditor)
        page = desk.get(f"/review/items/{used(sheet).pk}/?ground=random")
        assert page.context["may_judge"] is False
        assert post(desk, "judge", used(sheet).pk, verdict="in_order").status_code == 403

    def test_an_event_that_is_gone_is_told(self, sheet, sign_in_as, control, monkeypatch) -> None:
        from crm.joint_review import reading

        monkeypatch.setattr(reading, "events_of", lambda items: ([], {}))
        page = sign_in_as(control).get(f"/review/items/{used(sheet).pk}/")
        assert page.context["shown"].whole is False
        page = sign_in_as(control).get(f"/review/{sheet.pk}/?ground=random")
        assert [one.whole for one in page.context["items"]] == [False]


class TestFinding:
    @pytest.fixture
    def finding(self, sheet, control) -> ReviewFinding:
        item = judging.judge(item_id=used(sheet).pk, actor=control, verdict=FINDING, text=TEXT)
        return item.finding

    def test_from_open_to_closed(self, finding, sign_in_as, keeper) -> None:
        desk = sign_in_as(keeper)
        assert desk.get(f"/review/findings/{finding.pk}/").status_code == 200
        assert post(desk, "answer", finding.pk, text="短").status_code == 422
        post(desk, "answer", finding.pk, text="科室说明：急诊记录补录中")
        assert post(desk, "close", finding.pk, text="短").status_code == 422
        post(desk, "close", finding.pk, text="记录已补齐，情况属实，结案")
        finding.refresh_from_db()
        assert finding.state == "closed"
        assert TEXT in desk.get("/review/").content.decode() or finding.outcome

    def test_an_incident_of_it(self, finding, sign_in_as, keeper, control) -> None:
        page = post(sign_in_as(control), "incident", finding.pk)
        assert page.context["finding"].incident == Incident.objects.get()
        page = post(sign_in_as(keeper), "incident", finding.pk)
        assert said(page)
        Incident.objects.get()

    def test_it_opens_its_page_for_who_handles_incidents(self, finding, sign_in_as, keeper) -> None:
        page = post(sign_in_as(keeper), "incident", finding.pk)
        assert page.request["PATH_INFO"] == f"/incidents/{Incident.objects.get().pk}/"

    def test_nobody_else(self, finding, sign_in_as, elsewhere, carer) -> None:
        assert sign_in_as(carer).get(f"/review/findings/{finding.pk}/").status_code == 403
        assert sign_in_as(elsewhere).get(f"/review/findings/{finding.pk}/").status_code == 404


class TestViews:
    def test_kept_used_and_dropped(self, sheet, sign_in_as, control, keeper) -> None:
        desk, facts = sign_in_as(control), {"sheet": str(sheet.pk), "name": "护士的查看"}
        post(desk, "keep-view", **facts)
        assert not ReviewView.objects.exists()  # without a filter
        post(desk, "keep-view", **facts, ground="random", role="nurse", state="")
        view = ReviewView.objects.get()
        assert (str(view), view.ground, view.role) == ("护士的查看", "random", "nurse")
        assert said(post(desk, "keep-view", **facts, state="open"))
        assert ReviewView.objects.count() == 1
        assert "护士的查看" in desk.get(f"/review/{sheet.pk}/").content.decode()
        assert post(sign_in_as(keeper), "drop-view", view.pk).status_code == 404
        post(desk, "drop-view", view.pk, sheet="nonsense")
        assert not ReviewView.objects.exists()

    def test_twelve_at_most(self, sheet, sign_in_as, control) -> None:
        for number in range(12):
            ReviewView.objects.create(staff=control, name=str(number), state="open")
        page = post(sign_in_as(control), "keep-view", name="x", state="open")
        assert said(page)
        assert ReviewView.objects.count() == 12
