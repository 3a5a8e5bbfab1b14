"""A finding is somebody's until a day, and whom it is about says their own word (S60)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from crm.clearance import leaving
from crm.joint_review import rules, selectors
from crm.joint_review.models import ReviewFinding, ReviewSheet
from crm.joint_review.services import judging, tickets
from crm.staff.models import User
from crm.web.idempotency import FIELD
from crm.web.nav import groups_for, own_items
from crm.web.notices import notices_for
from privacy.access.policy import Role
from privacy.errors import AccessDenied, Conflict, DomainError
from tests.crm.joint_review.conftest import TEXT, travelled
from tests.crm.joint_review.test_judge import FINDING, used
from tests.factories.guards import guarded_by
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db
WORD = "当时值班电话转来，患者本人在线，已补登记"


@pytest.fixture
def head(clinic) -> User:
    """The carer's superior."""
    return UserFactory.create(clinic=clinic, role=Role.DOCTOR, display_name="秦主任")


@pytest.fixture
def finding(sheet: ReviewSheet, control, carer, head) -> ReviewFinding:
    User.objects.filter(pk=carer.pk).update(superior=head)
    return judging.judge(item_id=used(sheet).pk, actor=control, verdict=FINDING, text=TEXT).finding


def opened(browser, door: str, *args):
    return browser.get(
        reverse(f"review:{door}", args=args), headers={"accept-language": "en"}
    )  # fmt: skip


class TestOwner:
    def test_the_superior_for_two_weeks(self, finding, head) -> None:
        assert finding.owner == head
        assert finding.due_on == timezone.localdate() + timedelta(days=rules.DUE_DAYS)

    @pytest.mark.parametrize("why", ["nobody above", "has left", "is elsewhere"])
    def test_else_the_side_that_found_it(self, sheet, control, carer, head, elsewhere, why) -> None:
        above = {"nobody above": None, "has left": head, "is elsewhere": elsewhere}[why]
        User.objects.filter(pk=carer.pk).update(superior=above)
        User.objects.filter(pk=head.pk).update(is_active=False)
        item = used(sheet)
        made = judging.judge(item_id=item.pk, actor=control, verdict=FINDING, text=TEXT).finding
        assert (made.owner, item.actor) == (None, carer.pk)

    def test_who_knows_no_codes_sees_to_none(self, sheet, control, carer, keeper, clinic) -> None:
        keys = UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)
        User.objects.filter(pk=carer.pk).update(superior=keys)
        item = used(sheet)
        assert selectors.superior_of(item) is None
        made = judging.judge(item_id=item.pk, actor=control, verdict=FINDING, text=TEXT).finding
        assert made.owner is None
        assert keeper in selectors.owners_for(made)
        assert keys not in selectors.owners_for(made)
        with pytest.raises(DomainError):
            tickets.assign(finding_id=made.pk, actor=keeper, owner=keys, due_on=made.due_on)

    def test_whose_record_it_is_about_is_not_shown_it_and_no_list_tells(
        self, finding, head, control, clinic, patient, sign_in_as
    ) -> None:
        browser = sign_in_as(head)
        other = PatientFactory.create(clinic=clinic)
        guarded_by(other, control, person=head)
        assert selectors.findings_shown_to(head) == [finding]
        assert not selectors.findings_waiting_for(head).exists()
        guarded_by(patient, control, person=head)
        assert finding.owner == head
        assert head in selectors.owners_for(finding)
        assert not opened(browser, "own").context["rows"]
        assert opened(browser, "own-finding", finding.pk).status_code == 404
        with pytest.raises(ReviewFinding.DoesNotExist):
            tickets.answer_own(finding_id=finding.pk, actor=head, text=TEXT)

    def test_what_they_did_themselves_they_answer(self, finding, carer, control, patient) -> None:
        guarded_by(patient, control, person=carer)
        assert selectors.findings_shown_to(carer) == [finding]
        assert list(selectors.findings_waiting_for(carer)) == [finding]

    def test_with_who_leaves_it_falls_back_to_the_side(
        self, finding, head, keeper, clinic, booked
    ) -> None:
        admin = UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)
        colleague = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
        handed = leaving.off_board(user=head, reason="合同到期", successor=colleague, actor=admin)
        finding.refresh_from_db()
        assert (finding.owner, finding.due_on > timezone.localdate()) == (None, True)
        assert (handed["findings"].moved, handed["findings"].unassigned) == (0, 1)
        (event,) = booked("review.assigned")
        assert (event.actor, event.target) == (admin.pk, finding.target)
        assert event.detail == {"to": "", "due": finding.due_on.isoformat()}

    def test_a_closed_one_stays_as_it_is(self, finding, head, keeper, clinic) -> None:
        tickets.answer(finding_id=finding.pk, actor=keeper, text=TEXT)
        tickets.close(finding_id=finding.pk, actor=keeper, text=TEXT)
        assert tickets.give_back(leaver=head, actor=keeper) == 0
        finding.refresh_from_db()
        assert finding.owner == head

    def test_what_nobody_did_is_the_sides(self, sheet) -> None:
        item = used(sheet)
        item.actor = None
        assert selectors.superior_of(item) is None

    def test_a_side_gives_it_to_somebody_else(
        self, finding, keeper, colleague, carer, elsewhere, booked
    ) -> None:
        later = timezone.localdate() + timedelta(days=30)
        given = {"finding_id": finding.pk, "actor": keeper, "due_on": later}
        made = tickets.assign(owner=colleague, **given)
        assert (made.owner, made.due_on) == (colleague, later)
        assert booked("review.assigned")[0].detail == {
            "to": colleague.staff_no, "due": later.isoformat(),
        }  # fmt: skip
        assert tickets.assign(owner=None, **given).owner is None
        for nobody in (carer, elsewhere):
            with pytest.raises(DomainError):
                tickets.assign(owner=nobody, **given)
        with pytest.raises(DomainError):
            tickets.assign(owner=None, **given | {"due_on": later - timedelta(days=31)})
        with pytest.raises(AccessDenied):
            tickets.assign(owner=None, **given | {"actor": colleague})
        with pytest.raises(ReviewFinding.DoesNotExist):
            tickets.assign(owner=None, **given | {"actor": elsewhere})

    def test_not_by_whom_it_is_about(self, sheet, control, keeper) -> None:
        own = sheet.items.get(action="break_glass.lifted")
        made = judging.judge(item_id=own.pk, actor=control, verdict=FINDING, text=TEXT).finding
        with pytest.raises(AccessDenied):
            tickets.assign(finding_id=made.pk, actor=keeper, owner=None, due_on=made.due_on)

    def test_nor_in_sql(self, finding, carer, elsewhere) -> None:
        for nobody in (carer, elsewhere):
            with (
                pytest.raises(IntegrityError, match="never whom it is about"),
                transaction.atomic(),
            ):
                ReviewFinding.objects.filter(pk=finding.pk).update(owner=nobody)


class TestDue:
    def test_late_from_the_day_after(self, finding, keeper, carer) -> None:
        assert (finding.is_late, selectors.late_findings(keeper)) == (False, 0)
        with travelled(timezone.now() + timedelta(days=rules.DUE_DAYS)):
            assert not finding.is_late
            assert not [one for one in notices_for(keeper) if "/review/" in one.url]
        with travelled(timezone.now() + timedelta(days=rules.DUE_DAYS + 1)):
            assert finding.is_late
            assert selectors.late_findings(keeper) == 1
            assert [one.url for one in notices_for(keeper)] == ["/review/"]
            assert not list(notices_for(carer))

    def test_told_on_the_list_and_never_once_closed(self, finding, keeper, sign_in_as) -> None:
        with travelled(timezone.now() + timedelta(days=rules.DUE_DAYS + 1)):
            page = opened(sign_in_as(keeper), "list").content.decode()
            assert "1 finding of a joint review should have been closed" in page
            assert "秦主任" in page
            tickets.answer(finding_id=finding.pk, actor=keeper, text=TEXT)
            closed = tickets.close(finding_id=finding.pk, actor=keeper, text=TEXT)
            assert (closed.is_late, selectors.late_findings(keeper)) == (False, 0)
            with pytest.raises(Conflict):
                tickets.assign(
                    finding_id=finding.pk, actor=keeper, owner=None, due_on=timezone.localdate()
                )


class TestOwnWord:
    def test_both_words_stand_side_by_side(self, finding, carer, head, keeper, booked) -> None:
        said = tickets.answer_own(finding_id=finding.pk, actor=carer, text=WORD)
        assert (said.state, said.statement, said.stated_by) == ("answered", WORD, carer)
        said = tickets.answer_own(finding_id=finding.pk, actor=head, text=TEXT)
        assert (said.answer, said.answered_by, said.statement) == (TEXT, head, WORD)
        told = {one.actor: one.detail["own"] for one in booked("review.answered")}
        assert told == {carer.pk: 1, head.pk: 0}
        tickets.close(finding_id=finding.pk, actor=keeper, text=TEXT)

    def test_after_the_department_and_before_the_closing(self, finding, carer, keeper) -> None:
        tickets.answer(finding_id=finding.pk, actor=keeper, text=TEXT)
        tickets.answer_own(finding_id=finding.pk, actor=carer, text=WORD)
        tickets.close(finding_id=finding.pk, actor=keeper, text=TEXT)

    def test_their_word_alone_is_enough_to_close(self, finding, carer, keeper) -> None:
        tickets.answer_own(finding_id=finding.pk, actor=carer, text=WORD)
        closed = tickets.close(finding_id=finding.pk, actor=keeper, text=TEXT)
        assert (closed.state, closed.answer) == ("closed", "")
        with pytest.raises(Conflict):
            tickets.answer(finding_id=finding.pk, actor=keeper, text=TEXT)

    def test_once_and_long_enough(self, finding, carer) -> None:
        with pytest.raises(DomainError):
            tickets.answer_own(finding_id=finding.pk, actor=carer, text="短")
        tickets.answer_own(finding_id=finding.pk, actor=carer, text=WORD)
        with pytest.raises(Conflict):
            tickets.answer_own(finding_id=finding.pk, actor=carer, text=TEXT)

    def test_not_by_others(self, finding, colleague, elsewhere) -> None:
        for nobody in (colleague, elsewhere):
            with pytest.raises(ReviewFinding.DoesNotExist):
                tickets.answer_own(finding_id=finding.pk, actor=nobody, text=TEXT)
        with pytest.raises(AccessDenied):
            tickets.answer(finding_id=finding.pk, actor=colleague, text=TEXT)

    @pytest.mark.parametrize(
        "change",
        [
            "statement = 'x'",
            "stated_at = now()",
            "statement = '', stated_by_id = NULL, stated_at = NULL, state = 'open'",
        ],
    )
    def test_it_stays_as_it_was_said(self, finding, carer, change) -> None:
        tickets.answer_own(finding_id=finding.pk, actor=carer, text=WORD)
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE crm_reviewfinding SET {change}")

    def test_nobody_says_it_for_them_in_sql(self, finding, carer, keeper) -> None:
        now = timezone.now()
        for words in (
            {"statement": WORD, "stated_by": keeper, "stated_at": now},
            {"answer": WORD, "answered_by": carer, "answered_at": now},
        ):
            with pytest.raises(IntegrityError, match="theirs alone"), transaction.atomic():
                ReviewFinding.objects.filter(pk=finding.pk).update(state="answered", **words)

    def test_nothing_is_added_once_it_is_closed(self, finding, carer, keeper) -> None:
        tickets.answer(finding_id=finding.pk, actor=keeper, text=TEXT)
        tickets.close(finding_id=finding.pk, actor=keeper, text=TEXT)
        with pytest.raises(Conflict):
            tickets.answer_own(finding_id=finding.pk, actor=carer, text=WORD)
        now = timezone.now()
        with pytest.raises(IntegrityError), transaction.atomic():
            ReviewFinding.objects.filter(pk=finding.pk).update(
                statement=WORD, stated_by=carer, stated_at=now
            )


class TestPages:
    def test_the_person_sees_the_act_and_nothing_of_the_sheet(
        self, finding, carer, patient, control, sign_in_as, booked
    ) -> None:
        browser = sign_in_as(carer)
        assert TEXT in opened(browser, "own").content.decode()
        text = opened(browser, "own-finding", finding.pk).content.decode()
        assert TEXT in text
        assert patient.code[:4] in text
        assert "王芳" not in text
        assert control.display_name not in text
        assert finding.item.sheet.label not in text
        assert str(finding.item.sheet_id) not in text
        assert [one.actor for one in booked("review.own_viewed")] == [carer.pk]
        for door, key in (("finding", finding.pk), ("item", finding.item_id)):
            assert opened(browser, door, key).status_code == 403

    def test_they_answer_there(self, finding, carer, sign_in_as) -> None:
        browser, url = sign_in_as(carer), reverse("review:own-answer", args=[finding.pk])
        short = browser.post(url, {FIELD: str(uuid4()), "text": "短"})
        assert short.status_code == 422
        browser.post(url, {FIELD: str(uuid4()), "text": WORD})
        finding.refresh_from_db()
        assert finding.statement == WORD
        assert "own-answer" not in opened(browser, "own-finding", finding.pk).content.decode()
        assert opened(browser, "own").context["rows"][0].may_answer is False

    def test_who_sees_to_it_sees_whose_act_it_was(self, finding, head, carer, sign_in_as) -> None:
        text = opened(sign_in_as(head), "own-finding", finding.pk).content.decode()
        assert carer.display_name in text
        assert "Answer for the department" in text

    def test_for_others_there_is_none(self, finding, colleague, elsewhere, sign_in_as) -> None:
        for nobody in (colleague, elsewhere):
            browser = sign_in_as(nobody)
            assert opened(browser, "own-finding", finding.pk).status_code == 404
            url = reverse("review:own-answer", args=[finding.pk])
            assert browser.post(url, {FIELD: str(uuid4()), "text": WORD}).status_code == 404
            assert not opened(browser, "own").context["rows"]

    def test_the_side_column_tells_only_whom_something_waits_for(
        self, finding, carer, head, colleague
    ) -> None:
        def waits(who: User) -> list[int]:
            return [
                one.count
                for group in groups_for(who, "/")
                for one in group.items
                if one.url == reverse("review:own")
            ]

        assert (waits(carer), waits(head), waits(colleague)) == ([1], [1], [])
        assert reverse("review:own") in {one.url for one in own_items(colleague)}
        tickets.answer_own(finding_id=finding.pk, actor=carer, text=WORD)
        assert (waits(carer), waits(head)) == ([], [1])

    def test_a_side_gives_it_to_somebody_on_its_page(
        self, finding, keeper, colleague, sign_in_as
    ) -> None:
        browser, url = sign_in_as(keeper), reverse("review:assign", args=[finding.pk])
        assert "due_on" in opened(browser, "finding", finding.pk).content.decode()
        wrong = browser.post(url, {FIELD: str(uuid4()), "owner": "x", "due_on": ""})
        assert wrong.status_code == 422
        sent = {"owner": str(colleague.pk), "due_on": f"{timezone.localdate():%Y-%m-%d}"}
        browser.post(url, {FIELD: str(uuid4()), **sent})
        finding.refresh_from_db()
        assert (finding.owner, finding.due_on) == (colleague, timezone.localdate())
