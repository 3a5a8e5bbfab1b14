"""Judging, findings, tickets; and that nobody does it for themselves (S60)."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from crm.access_requests.events import BreakGlassEvent
from crm.incidents.models import Incident
from crm.joint_review import rules, selectors
from crm.joint_review.models import ReviewFinding, ReviewItem
from crm.joint_review.services import drawing, judging, signing, tickets
from privacy.access.policy import Role
from privacy.errors import AccessDenied, Conflict, DomainError
from tests.crm.joint_review.conftest import MONDAY, TEXT, item_of, moment, travelled
from tests.factories.people import UserFactory, in_another_role

pytestmark = pytest.mark.django_db
IN_ORDER, FINDING = ReviewItem.Verdict.IN_ORDER, ReviewItem.Verdict.FINDING


def used(sheet) -> ReviewItem:
    return sheet.items.get(action="break_glass.used")


def judge_all(sheet, keeper, control) -> None:
    for item in sheet.items.filter(verdict=""):
        who = keeper if item.only_side == "it" else control
        judging.judge(item_id=item.pk, actor=who, verdict=IN_ORDER)


@pytest.fixture
def finding(sheet, control) -> ReviewFinding:
    item = used(sheet)
    return judging.judge(item_id=item.pk, actor=control, verdict=FINDING, text=TEXT).finding


class TestJudge:
    def test_in_order(self, sheet, control, booked) -> None:
        item = judging.judge(item_id=used(sheet).pk, actor=control, verdict=IN_ORDER)
        assert (item.verdict, item.side, item.judged_by) == ("in_order", "qc", control)
        (event,) = booked("review.judged")
        assert event.detail["verdict"] == "in_order"
        assert event.detail["event"] == str(item.event_id)

    def test_a_finding_opens_a_ticket(self, finding, control, booked) -> None:
        assert (finding.state, finding.text, finding.author) == ("open", TEXT, control)
        assert booked("review.judged")[0].reason == TEXT
        assert selectors.open_findings(control) == [finding]
        assert str(finding) == f"finding on {finding.item_id}"

    @pytest.mark.parametrize("text", ["", "太短", "长" * 501])
    def test_a_finding_says_what(self, sheet, control, text) -> None:
        with pytest.raises(DomainError):
            judging.judge(item_id=used(sheet).pk, actor=control, verdict=FINDING, text=text)
        assert used(sheet).verdict == ""

    def test_in_order_may_become_a_finding_never_back(self, sheet, control, keeper) -> None:
        item = used(sheet)
        judging.judge(item_id=item.pk, actor=keeper, verdict=IN_ORDER)
        judging.judge(item_id=item.pk, actor=control, verdict=FINDING, text=TEXT)
        with pytest.raises(Conflict):
            judging.judge(item_id=item.pk, actor=control, verdict=IN_ORDER)

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.SYSTEM_ADMIN, Role.DOCTOR])
    def test_no_other_role(self, sheet, clinic, role) -> None:
        other = UserFactory.create(clinic=clinic, role=role)
        with pytest.raises(AccessDenied):
            judging.judge(item_id=used(sheet).pk, actor=other, verdict=IN_ORDER)

    def test_no_other_clinic(self, sheet, elsewhere) -> None:
        with pytest.raises(ReviewItem.DoesNotExist):
            judging.judge(item_id=used(sheet).pk, actor=elsewhere, verdict=IN_ORDER)


class TestNobodyTheirOwn:
    def test_what_one_did_oneself(self, sheet, keeper, control, booked) -> None:
        own = sheet.items.get(action="break_glass.lifted")
        assert (own.actor, own.only_side) == (keeper.pk, "qc")
        with pytest.raises(AccessDenied):
            judging.judge(item_id=own.pk, actor=keeper, verdict=IN_ORDER)
        assert booked("access.denied")[0].reason == "own_event"
        judging.judge(item_id=own.pk, actor=control, verdict=IN_ORDER)

    def test_what_a_colleague_of_the_same_side_did(self, sheet, clinic, control) -> None:
        second = UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)
        theirs = sheet.items.get(action="break_glass.judged")
        for who in (control, second):
            with pytest.raises(AccessDenied):
                judging.judge(item_id=theirs.pk, actor=who, verdict=IN_ORDER)

    def test_what_one_did_in_another_role(self, write, drawn, control) -> None:
        write(in_another_role(control), BreakGlassEvent.USED)
        sheet = drawn()
        with pytest.raises(AccessDenied):
            judging.judge(item_id=used(sheet).pk, actor=control, verdict=IN_ORDER)

    @pytest.mark.parametrize(
        ("action", "judge", "side", "constraint"),
        [
            ("lifted", "keeper", "qc", "review_judge_is_of_side"),
            ("judged", "second", "qc", "a_reviewers_acts_go_to_the_other_side"),
            ("used", "carer", "it", "review_judge_is_of_side"),
            ("used", "control", "it", "review_judge_is_of_side"),
            ("used", "elsewhere", "it", "review_judge_is_of_side"),
        ],
    )
    def test_not_by_sql_either(
        self, sheet, request, clinic, action, judge, side, constraint
    ) -> None:
        who = (
            UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)
            if judge == "second"
            else request.getfixturevalue(judge)
        )
        rows = ReviewItem.objects.filter(sheet=sheet, action=f"break_glass.{action}")
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            rows.update(verdict="in_order", side=side, judged_by=who, judged_at=timezone.now())
        assert refused.value.__cause__.diag.constraint_name == constraint

    def test_nor_their_own_from_before(self, write, drawn, control) -> None:
        write(in_another_role(control), BreakGlassEvent.USED)
        sheet = drawn()
        rows = ReviewItem.objects.filter(sheet=sheet)
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            rows.update(verdict="in_order", side="qc", judged_by=control, judged_at=timezone.now())
        assert refused.value.__cause__.diag.constraint_name == "nobody_reviews_their_own"


class TestTick:
    def test_the_random_rest_many_at_once(self, sheet, control, booked) -> None:
        ids = list(sheet.items.values_list("pk", flat=True))
        number = judging.tick(sheet_id=sheet.pk, actor=control, item_ids=ids)
        judged = sheet.items.exclude(verdict="")
        assert number == judged.count() == sheet.items.filter(grounds=["random"]).count() > 0
        assert all(one.is_random for one in judged)
        assert booked("review.ticked")[0].detail["count"] == number
        assert judging.tick(sheet_id=sheet.pk, actor=control, item_ids=ids) == 0

    def test_not_ones_own(self, write, drawn, control, keeper) -> None:
        write(control, times=20)
        sheet = drawn()
        ids = list(sheet.items.values_list("pk", flat=True))
        assert judging.tick(sheet_id=sheet.pk, actor=control, item_ids=ids) == 0
        assert judging.tick(sheet_id=sheet.pk, actor=keeper, item_ids=ids) == 1


class TestTakeOver:
    def test_verdicts_of_a_signed_sheet(self, sheet, keeper, control, booked, write) -> None:
        judging.judge(item_id=used(sheet).pk, actor=control, verdict=FINDING, text=TEXT)
        judge_all(sheet, keeper, control)
        with travelled(moment(MONDAY + timedelta(days=8), 9)):
            extra = drawing.draw_extra(actor=keeper, begins=MONDAY, reason="复核本周全部敏感操作")
        assert not selectors.can_take_over(extra)
        for who in (keeper, control):
            signing.sign(sheet_id=sheet.pk, actor=who)
        assert selectors.can_take_over(extra)

        assert judging.take_over(sheet_id=extra.pk, actor=control) > 0
        again = used(extra)
        assert (again.verdict, again.judged_by) == ("finding", control)
        assert again.earlier == used(sheet)
        assert not hasattr(again, "finding")
        left = extra.items.get(action="break_glass.judged")
        assert left.verdict == ""  # quality control's own, for the other side
        judging.take_over(sheet_id=extra.pk, actor=keeper)
        left.refresh_from_db()
        assert left.verdict == "in_order"
        assert judging.take_over(sheet_id=extra.pk, actor=keeper) == 0
        judging.judge(item_id=left.pk, actor=keeper, verdict=FINDING, text=TEXT)  # looked again
        left.refresh_from_db()
        assert (left.verdict, left.earlier) == ("finding", None)
        assert len(booked("review.taken_over")) == 2

    def test_not_another_verdict_by_sql(self, sheet, control) -> None:
        other = sheet.items.exclude(pk=used(sheet).pk).first()
        with pytest.raises(IntegrityError), transaction.atomic():
            ReviewItem.objects.filter(pk=used(sheet).pk).update(
                verdict="in_order", side="qc", judged_by=control, judged_at=timezone.now(),
                earlier=other,
            )  # fmt: skip


class TestTickets:
    def test_answered_and_closed(self, finding, keeper, control, booked) -> None:
        tickets.answer(finding_id=finding.pk, actor=keeper, text="科室说明：急诊记录补录中")
        closed = tickets.close(
            finding_id=finding.pk, actor=control, text="记录已补齐，情况属实，不再追究"
        )
        assert (closed.state, closed.answered_by, closed.closed_by) == (
            "closed", keeper, control,
        )  # fmt: skip
        assert booked("review.closed")[0].reason == closed.outcome
        assert selectors.open_findings(control) == []

    def test_in_order_and_once(self, finding, keeper) -> None:
        with pytest.raises(Conflict):
            tickets.close(finding_id=finding.pk, actor=keeper, text=TEXT)
        with pytest.raises(DomainError):
            tickets.answer(finding_id=finding.pk, actor=keeper, text="短")
        tickets.answer(finding_id=finding.pk, actor=keeper, text=TEXT)
        with pytest.raises(Conflict):
            tickets.answer(finding_id=finding.pk, actor=keeper, text=TEXT)
        tickets.close(finding_id=finding.pk, actor=keeper, text=TEXT)
        with pytest.raises(Conflict):
            tickets.close(finding_id=finding.pk, actor=keeper, text=TEXT)

    def test_nobody_closes_what_was_found_about_them(self, sheet, keeper, control, booked) -> None:
        own = sheet.items.get(action="break_glass.lifted")
        made = judging.judge(item_id=own.pk, actor=control, verdict=FINDING, text=TEXT).finding
        tickets.answer(finding_id=made.pk, actor=keeper, text=TEXT)  # who else could
        with pytest.raises(AccessDenied):
            tickets.close(finding_id=made.pk, actor=keeper, text=TEXT)
        assert booked("access.denied")[0].reason == "own_event"
        with pytest.raises(IntegrityError), transaction.atomic():
            ReviewFinding.objects.filter(pk=made.pk).update(
                state="closed", outcome=TEXT, closed_by=keeper, closed_at=timezone.now()
            )
        tickets.close(finding_id=made.pk, actor=control, text=TEXT)

    def test_an_incident_with_one_tap(self, finding, keeper, carer, booked) -> None:
        made = tickets.make_incident(finding_id=finding.pk, actor=keeper)
        assert made == Incident.objects.get()
        assert (made.suspect, made.known_at) == (carer, finding.created_at)
        assert made.since == finding.item.event_at
        assert "2026-W45" in made.title
        with pytest.raises(Conflict):
            tickets.make_incident(finding_id=finding.pk, actor=keeper)
        assert booked("review.incident")[0].detail == {"incident": str(made.pk)}

    def test_not_by_others(self, finding, auditor, elsewhere) -> None:
        with pytest.raises(AccessDenied):
            tickets.answer(finding_id=finding.pk, actor=auditor, text=TEXT)
        for act in (tickets.answer, tickets.close):
            with pytest.raises(ReviewFinding.DoesNotExist):
                act(finding_id=finding.pk, actor=elsewhere, text=TEXT)
        with pytest.raises(ReviewFinding.DoesNotExist):
            tickets.make_incident(finding_id=finding.pk, actor=elsewhere)

    @pytest.mark.parametrize(
        "change",
        ["text = 'x'", "state = 'closed'", "author_id = answered_by_id", "item_id = id"],
    )
    def test_what_was_found_stays(self, finding, change) -> None:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE crm_reviewfinding SET {change}")

    def test_no_finding_without_its_verdict(self, sheet, control) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            ReviewFinding.objects.create(item=used(sheet), text=TEXT, author=control)


def test_a_sheet_of_one_reserved_for_each_side_can_be_finished(sheet, keeper, control) -> None:
    """Whoever acted, somebody is left to judge it."""
    for item in sheet.items.all():
        assert any(
            rules.may_judge(who.pk, rules.side_of(who.role), actor=item.actor, only=item.only_side)
            for who in (keeper, control)
        )
    assert item_of(sheet, "random")
