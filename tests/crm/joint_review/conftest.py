"""A week that is over, with things in it, and the people who look at it."""

from collections.abc import Callable
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from crm.access_requests.events import BreakGlassEvent
from crm.joint_review import rules
from crm.joint_review.models import ReviewItem, ReviewSheet
from crm.joint_review.services import drawing
from crm.patients.events import PatientEvent
from crm.patients.models import Patient
from crm.staff.models import Clinic, User
from privacy.access.policy import Role
from privacy.audit import sealing
from privacy.audit import services as audit
from privacy.audit.models import SEALER, AuditCheckpoint, acting_as
from tests.factories.people import ClinicFactory, PatientFactory, UserFactory

MONDAY = date(2026, 11, 2)
WEEK = rules.week_of(MONDAY)
TEXT = "未见对应的就诊或联系记录，请科室书面说明"


def moment(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of clinic time."""
    return datetime.combine(day, time(hour, minute), timezone.get_default_timezone())


NOW = moment(MONDAY + timedelta(days=7), 9)  # the Monday after


@contextmanager
def travelled(to: datetime):
    with time_machine.travel(to, tick=False):
        yield


def seal_here() -> None:
    """Seal what this test's own transaction has written, and what was committed apart from it;
    once a test."""
    key = sealing.signing_key()
    with transaction.atomic(), acting_as(SEALER):
        sealing._publish(sealing.public_bytes(key))
        last = AuditCheckpoint.objects.order_by("number").last()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT greatest(pg_current_xact_id()::text::bigint + 1, "
                "pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"
            )
            (end,) = cursor.fetchone()
        sealing._make_checkpoint(key, last, last.xid_to if last else 0, end)


@pytest.fixture
def clinic(db: None) -> Clinic:
    """Open since the Monday of the week."""
    with travelled(moment(MONDAY, 8)):
        return ClinicFactory.create()


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    with travelled(moment(MONDAY, 8)):
        return PatientFactory.create(clinic=clinic)


@pytest.fixture
def carer(clinic: Clinic, patient: Patient) -> User:
    """On the care team since the first morning."""
    user = UserFactory.create(clinic=clinic, role=Role.CONSULTANT)
    with travelled(moment(MONDAY, 8)):
        patient.care_team.create(staff=user)
    return user


@pytest.fixture
def keeper(clinic: Clinic) -> User:
    """Information technology."""
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN, display_name="郑安全")


@pytest.fixture
def control(clinic: Clinic) -> User:
    """Medical quality."""
    return UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC, display_name="许质控")


@pytest.fixture
def auditor(clinic: Clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.AUDITOR)


@pytest.fixture
def elsewhere(db: None) -> User:
    return UserFactory.create(clinic=ClinicFactory.create(), role=Role.SECURITY_ADMIN)


@pytest.fixture
def write() -> Callable:
    """``write(actor, event, at=..., **facts)`` books an act at a moment; gives its id."""

    def make(actor, event=PatientEvent.OPENED, *, at=None, times=1, **facts):
        ids = []
        for number in range(times):
            with travelled((at or moment(MONDAY, 10)) + timedelta(seconds=number)):
                if actor is not None:
                    facts["actor"] = actor
                if event is PatientEvent.REVEALED:
                    facts["reason"] = "致电患者确认预约时间"
                with transaction.atomic():
                    ids.append(audit.record(event, **facts).event_id)
        return ids[0] if times == 1 else ids

    return make


@pytest.fixture
def drawn(clinic: Clinic) -> Callable[[], ReviewSheet]:
    """``drawn()``: seals, and draws the week on the Monday after."""

    def make() -> ReviewSheet:
        with travelled(NOW):
            seal_here()
            return drawing.draw(clinic=clinic, period=WEEK)

    return make


@pytest.fixture
def sheet(write, drawn, carer, patient, keeper, control) -> ReviewSheet:
    """Break-glass by the carer, something by each side, and twenty looks."""
    write(carer, BreakGlassEvent.USED, subjects=[patient], reason="患者突发剧烈腹痛需要立即查看")
    write(carer, times=20, subjects=[patient], at=moment(MONDAY, 11))
    write(control, BreakGlassEvent.JUDGED, subjects=[patient], at=moment(MONDAY, 12))
    write(keeper, BreakGlassEvent.LIFTED, target=f"staff:{carer.staff_no}", at=moment(MONDAY, 13))
    return drawn()


def on(sheet: ReviewSheet, ground: str) -> set:
    """The events that a ground put on the sheet."""
    return set(sheet.items.filter(grounds__contains=[ground]).values_list("event_id", flat=True))


def item_of(sheet: ReviewSheet, ground: str) -> ReviewItem:
    return sheet.items.filter(grounds__contains=[ground]).first()
