"""Events on the record of a reviewer who is a patient here: others see and judge them (T1)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.access_requests.events import BreakGlassEvent
from crm.joint_review import selectors, showing
from crm.joint_review.forms import FilterForm
from crm.joint_review.models import ReviewFinding
from crm.joint_review.services import drawing, judging, signing, tickets
from crm.staff.models import User
from privacy.access.policy import Role
from privacy.errors import AccessDenied
from tests.crm.joint_review.conftest import MONDAY, TEXT, moment, travelled
from tests.crm.joint_review.test_judge import FINDING, IN_ORDER, judge_all, used
from tests.factories.guards import guarded_by
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(clinic) -> User:
    """Medical quality too."""
    return UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)


@pytest.fixture
def own(sheet, patient, control, keeper):
    """The sheet, once the controller is known to be the patient."""
    guarded_by(patient, keeper, person=control)
    return sheet


def test_nobody_judges_what_is_about_their_own_record(own, control, second, booked) -> None:
    with pytest.raises(AccessDenied):
        judging.judge(item_id=used(own).pk, actor=control, verdict=IN_ORDER)
    assert booked("access.denied")[0].reason == "own_event"  # as for one's doings: it tells nothing
    judging.judge(item_id=used(own).pk, actor=second, verdict=IN_ORDER)


def test_nor_ticks_it_nor_is_led_to_it(own, control, keeper) -> None:
    ids = list(own.items.values_list("pk", flat=True))
    wanted = FilterForm({}).wanted()
    assert showing.next_open(own.items.first(), wanted, keeper) is not None
    led_to = showing.next_open(own.items.first(), wanted, control)
    assert own.items.get(pk=led_to).action == "break_glass.lifted"
    assert judging.tick(sheet_id=own.pk, actor=control, item_ids=ids) == 0
    assert judging.tick(sheet_id=own.pk, actor=keeper, item_ids=ids) > 0


def test_nor_takes_it_over(sheet, patient, keeper, control) -> None:
    judge_all(sheet, keeper, control)
    with travelled(moment(MONDAY + timedelta(days=8), 9)):
        extra = drawing.draw_extra(actor=keeper, begins=MONDAY, reason="复核本周全部敏感操作")
    for who in (keeper, control):
        signing.sign(sheet_id=sheet.pk, actor=who)
    guarded_by(patient, keeper, person=control)

    judging.take_over(sheet_id=extra.pk, actor=control)
    assert used(extra).verdict == ""
    judging.take_over(sheet_id=extra.pk, actor=keeper)
    assert used(extra).verdict == "in_order"


def test_no_page_of_theirs_shows_who_and_why(
    own, control, second, carer, patient, sign_in_as
) -> None:
    code = patient.spaced_code

    def seen(who: User, name: str, key) -> bool:
        text = sign_in_as(who).get(reverse(name, args=[key])).content.decode()
        return code in text or "剧烈腹痛" in text or carer.display_name in text

    places = [("review:item", used(own).pk), ("review:sheet", own.pk)]
    assert [seen(second, *one) for one in places] == [True, True]
    assert seen(control, *places[0]) is False
    shown = showing.items_shown(own.items.all(), control)
    assert {one.item.action for one in shown if one.row} == {
        "break_glass.judged", "break_glass.lifted",
    }  # fmt: skip  # what they did themselves, and what names nobody
    assert all(one.whole for one in shown)


def test_its_ticket_is_not_there_for_them(own, control, keeper, sign_in_as) -> None:
    one = judging.judge(item_id=used(own).pk, actor=keeper, verdict=FINDING, text=TEXT).finding
    for act in (
        lambda: selectors.finding_of(control, one.pk),
        lambda: tickets.answer(finding_id=one.pk, actor=control, text=TEXT),
        lambda: tickets.assign(
            finding_id=one.pk, actor=control, owner=None, due_on=timezone.localdate()
        ),
        lambda: tickets.close(finding_id=one.pk, actor=control, text=TEXT),
        lambda: tickets.make_incident(finding_id=one.pk, actor=control),
    ):
        with pytest.raises(ReviewFinding.DoesNotExist):
            act()
    assert selectors.open_findings(control) == selectors.findings_on(own, control) == []
    assert selectors.open_findings(keeper) == selectors.findings_on(own, keeper) == [one]
    page = sign_in_as(control).get(reverse("review:item", args=[one.item_id]))
    assert TEXT not in page.content.decode()
    tickets.answer(finding_id=one.pk, actor=keeper, text=TEXT)
    tickets.close(finding_id=one.pk, actor=keeper, text=TEXT)


def test_what_is_left_to_nobody_else_they_judge(
    write, drawn, patient, keeper, control, clinic
) -> None:
    """Of the other side's doings, alone on the own: or the sheet could never be signed."""
    write(keeper, BreakGlassEvent.USED, subjects=[patient], reason="患者突发剧烈腹痛需要立即查看")
    guarded_by(patient, keeper, person=control)
    sheet = drawn()
    colleague = UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)
    with pytest.raises(AccessDenied):
        judging.judge(item_id=used(sheet).pk, actor=control, verdict=IN_ORDER)
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    judging.judge(item_id=used(sheet).pk, actor=control, verdict=IN_ORDER)


def test_what_names_both_sides_they_judge_unless_one_side_has_nobody(
    write, drawn, carer, patient, clinic, keeper, control
) -> None:
    both = [patient, PatientFactory.create(clinic=clinic)]
    write(carer, BreakGlassEvent.USED, subjects=both, reason="患者突发剧烈腹痛需要立即查看")
    items = drawn().items.filter(action="break_glass.used")
    guarded_by(both[0], carer, person=control)
    assert all(one.kept for one in showing.items_shown(items, control))
    guarded_by(both[1], carer, person=keeper)
    assert not any(one.kept for who in (keeper, control) for one in showing.items_shown(items, who))
    User.objects.filter(pk=keeper.pk).update(is_active=False)
    assert all(one.kept for one in showing.items_shown(items, control))
