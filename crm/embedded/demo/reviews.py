"""The first joint review of the demo clinic: two extra sheets, and an alert that was taken on.

Told by the worker some minutes after the rest: a sheet is drawn out of what is sealed and settled,
and no event of the demo can be of another day than today. Weeks and months follow by the clock.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from crm.alerts import services as alerts
from crm.alerts.models import Alert
from crm.embedded.demo.texts import CLINIC_NAME
from crm.joint_review import rules
from crm.joint_review.models import ReviewItem, ReviewSheet
from crm.joint_review.rules import Side
from crm.joint_review.services import drawing, judging, signing, tickets
from crm.staff.models import Clinic, User
from privacy.audit.context import Origin, acting_from
from privacy.records import new_id

BROKEN, EXPORTED = "break_glass", "export"  # grounds
DONE_REASON: Final = "系统启用首日，信息与质控一起把做过的事看一遍"
BEGUN_REASON: Final = "每周正式评审之前先试评一次，熟悉做法"
FOUND: Final = "紧急查看之后没有看到就诊或联系记录，请当事人书面说明当时的情况"
STATED: Final = "当时患者来电称腹痛加重，我先看了病史再回电，通话记录还没来得及补"
ANSWERED: Final = "已当面说明：电话由值班医生接回，通话记录当天补入病历"
ASKED_FOR: Final = "申请写的用途是核对，没有说明由谁复核结果，请申请人补充"
_BACK: Final = timedelta(days=6)  # the week that ends on the first day
Verdict = ReviewItem.Verdict


@dataclass(frozen=True, slots=True)
class Pair:
    """The two who review together."""

    security: User
    control: User

    def of(self, item: ReviewItem) -> User:
        """Who judges an event: nobody their own, and of one side's doings the other side."""
        return self.control if item.only_side == Side.QC.value else self.security


@transaction.atomic
def look_back() -> bool:
    """Both sheets and the alert, once; whether there was anything left to tell.

    The first sheet is judged to the end and has one signature, the second is begun. Nothing is
    done where somebody has drawn a sheet before, nor in any clinic that the demo did not make:
    nobody's name is put under anything there.
    Raises: TooEarly while events wait for their seal.
    """
    # Locked: of two workers that start at once the second finds the sheets drawn.
    clinic = Clinic.objects.select_for_update().filter(name=CLINIC_NAME).first()
    if clinic is None or ReviewSheet.objects.filter(clinic=clinic).exists():
        return False
    numbers = ("aq001", "zk001")
    people = User.objects.filter(clinic=clinic, staff_no__in=numbers, is_active=True)
    staff = {one.staff_no: one for one in people.select_related("clinic")}
    if len(staff) < len(numbers):
        return False
    pair = Pair(*(staff[one] for one in numbers))
    with acting_from(Origin(ip="127.0.0.1", agent="seed_demo", request_id=new_id())):
        _review(pair, timezone.localdate(clinic.created_at))
    return True


def _review(pair: Pair, first_day: date) -> None:
    sheet = drawing.draw_extra(actor=pair.security, begins=first_day, reason=DONE_REASON)
    _finish(sheet, pair)
    begun = drawing.draw_extra(actor=pair.control, begins=first_day - _BACK, reason=BEGUN_REASON)
    _begin(begun, pair)
    _take_on(pair.security)


def _finish(sheet: ReviewSheet, pair: Pair) -> None:
    """Everything is judged, one finding has its answers, information technology has signed."""
    named = sheet.items.exclude(grounds=[rules.RANDOM]).order_by("number")
    broken = named.filter(grounds__contains=[BROKEN]).first()
    for item in named:
        if broken and item.pk == broken.pk:
            _find(item, pair.of(item), FOUND)
            _answer(item, pair)
        else:
            judging.judge(item_id=item.pk, actor=pair.of(item), verdict=Verdict.IN_ORDER)
    rest = list(sheet.items.filter(verdict="").values_list("pk", flat=True))
    for actor in (pair.control, pair.security):
        judging.tick(sheet_id=sheet.pk, actor=actor, item_ids=rest)
    signing.sign(sheet_id=sheet.pk, actor=pair.security)


def _begin(sheet: ReviewSheet, pair: Pair) -> None:
    """One event is in order, of another something was found: the rest waits for the reader."""
    exports = sheet.items.filter(grounds__contains=[EXPORTED], only_side="").order_by("number")
    for item, text in zip(exports, ("", ASKED_FOR), strict=False):
        if text:
            _find(item, pair.control, text)
        else:
            judging.judge(item_id=item.pk, actor=pair.control, verdict=Verdict.IN_ORDER)


def _find(item: ReviewItem, actor: User, text: str) -> None:
    judging.judge(item_id=item.pk, actor=actor, verdict=Verdict.FINDING, text=text)


def _answer(item: ReviewItem, pair: Pair) -> None:
    """First their own word, then what the department says."""
    person = User.objects.filter(pk=item.actor).first() if item.actor else None
    if person:
        tickets.answer_own(finding_id=item.finding.pk, actor=person, text=STATED)
    tickets.answer(finding_id=item.finding.pk, actor=pair.control, text=ANSWERED)


def _take_on(keeper: User) -> None:
    """Whoever is told of a broken glass reads the reason first; the others stay for the reader."""
    told = Alert.objects.visible_to(keeper).open().filter(kind=Alert.Kind.BREAK_GLASS).first()
    if told:
        alerts.acknowledge(alert_id=told.pk, actor=keeper)
