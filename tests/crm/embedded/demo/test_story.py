"""The demo clinic has something honest to show on every screen, and is told only once."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from celery.signals import worker_ready
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.utils import timezone

from consult.consultations.models import Addendum, Consultation, Turn
from consult.fees.lifecycle import State
from consult.fees.models import Category, Estimate, EstimateVersion, PriceItem
from crm.alerts.rules import BY_ACTION
from crm.clearance.models import Reminder
from crm.embedded.demo import reviews, tasks
from crm.embedded.demo.cast import HOW_MANY, guests
from crm.embedded.demo.story import tell
from crm.embedded.demo.texts import LAPSING, TRAINEE
from crm.honey.models import HoneyRecord
from crm.honey.rules import is_touch
from crm.joint_review.models import ReviewFinding, ReviewSheet
from crm.joint_review.services import signing
from crm.joint_review.services.drawing import TooEarly
from crm.messaging.models import Message
from crm.messaging.rules import Status
from crm.patients.models import Patient, PatientContact, PatientGuard
from crm.patients.services.revealing import may_reveal_of
from crm.patients.team_models import CareTeamMember
from crm.scheduling.models import Visit
from crm.scheduling.selectors import board_of
from crm.staff.models import Clinic, User
from followup.calls.models import CallResult
from followup.plans.models import Kind, Plan
from followup.schedules.models import Step
from privacy.access.policy import Role
from privacy.audit.events import Kind as EventKind
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.consent.models import ConsentState
from privacy.consent.rules import Answer
from privacy.custody.models import Reconciliation
from privacy.pseudonyms.models import VisitCode
from tests.crm.joint_review.conftest import seal_here
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def test_every_screen_has_something_to_show(canaries: None, settings) -> None:
    """One telling for all of it: it writes some thousand rows."""
    settings.DEMO = True
    out = StringIO()
    call_command("seed_demo", stdout=out)

    assert "60 patients" in out.getvalue()
    check_staff()
    check_patients()
    check_consents()
    check_registrations()
    check_day()
    check_consultations()
    check_estimates()
    check_plans()
    check_messages()
    check_trail()
    with pytest.raises(CommandError, match="There is a clinic already"):
        call_command("seed_demo")
    assert Patient.objects.count() == HOW_MANY + HoneyRecord.objects.count()
    assert (HoneyRecord.objects.count(), PatientGuard.objects.live().count()) == (2, 1)
    check_signs()
    check_reviews()


def check_staff() -> None:
    assert set(User.objects.values_list("role", flat=True)) == set(Role.values)
    until = dict(User.objects.values_list("staff_no", "cleared_until"))
    assert [one for one, day in until.items() if day is None] == [TRAINEE]
    assert min(day for day in until.values() if day) == until[LAPSING]
    assert until[LAPSING] == timezone.localdate() + timedelta(days=7)
    assert Reminder.objects.filter(staff__staff_no=LAPSING, days=7).count() == 1


def check_patients() -> None:
    assert set(Patient.objects.values_list("status", flat=True)) == set(Patient.Status.values)
    assert set(Patient.objects.values_list("stage", flat=True)) == set(Patient.Stage.values)
    phones = PatientContact.objects.values("phone_index").annotate(n=Count("pk"))
    shared = [row for row in phones if row["phone_index"] is not None and row["n"] > 1]
    assert shared
    assert PatientContact.objects.filter(phone__isnull=True).count() == 2
    assert PatientContact.objects.filter(id_number__isnull=False).exists()
    roles = set(CareTeamMember.objects.values_list("staff__role", flat=True))
    assert {Role.CONSULTANT, Role.DOCTOR, Role.NURSE} <= roles


def check_consents() -> None:
    states = Counter(ConsentState.objects.values_list("status", flat=True))
    assert set(states) == {answer.value for answer in Answer}
    paused = ConsentState.objects.filter(status=Answer.PAUSED)
    assert {bool(state.paused_until) for state in paused} == {True, False}
    asked = ConsentState.objects.values("subject").distinct().count()
    assert 0 < asked < HOW_MANY


def check_registrations() -> None:
    """Nobody was spoken to or followed up before being registered; few are of today."""
    for talk in Consultation.objects.select_related("patient"):
        assert talk.patient.created_at < talk.started_at
    for plan in Plan.objects.select_related("patient"):
        assert timezone.localdate(plan.patient.created_at) <= plan.anchor_on
    days = {timezone.localdate(one) for one in Patient.objects.values_list("created_at", flat=True)}
    assert len(days) > 20
    assert timezone.localdate() - min(days) > timedelta(days=42)


def check_day() -> None:
    today = VisitCode.objects.filter(day=timezone.localdate())
    assert 8 <= today.count() <= 12
    assert sorted(today.values_list("number", flat=True)) == list(range(1, today.count() + 1))
    registered = Patient.objects.filter(created_at__date=timezone.localdate())
    assert 0 < registered.count() < today.count()
    assert VisitCode.objects.values("subject").distinct().count() == HOW_MANY
    desk = User.objects.get(role=Role.FRONT_DESK)
    of_today = [one for one in Patient.objects.all() if may_reveal_of(desk, one)]
    assert len(of_today) == today.count()
    assert {todo.kind for todo in board_of(desk).todos} == {"ask-consents"}
    assert set(Visit.objects.values_list("state", flat=True)) == set(Visit.States.values)


def check_consultations() -> None:
    assert Consultation.objects.filter(status=Consultation.Status.DRAFT).count() == 2
    submitted = Consultation.objects.filter(status=Consultation.Status.SUBMITTED)
    assert len(set(submitted.values_list("disposition", flat=True))) == 4
    assert len(set(submitted.values_list("started_at__date", flat=True))) > 20
    assert set(Addendum.objects.values_list("kind", flat=True)) == set(Addendum.Kind.values)
    assert Turn.objects.filter(covered__gt=0).exists()


def check_estimates() -> None:
    states = set(EstimateVersion.objects.values_list("state", flat=True))
    assert states == {state.value for state in State}
    assert Estimate.objects.filter(newest=2).exists()
    assert EstimateVersion.objects.filter(copies__gt=0).exists()
    prices = PriceItem.objects.values_list("category", flat=True)
    assert set(prices) == set(Category.values)
    assert PriceItem.objects.filter(effective_until__isnull=False).exists()


def check_plans() -> None:
    assert set(Plan.objects.values_list("state", flat=True)) == set(Plan.State.values)
    now = timezone.now()
    due = Step.objects.filter(state=Step.State.DUE, plan__state=Plan.State.ACTIVE)
    assert due.filter(kind=Kind.CALL, due_at__lt=now - timedelta(days=1)).exists()
    assert due.filter(due_at__gt=now).exists()
    states = set(Step.objects.values_list("state", flat=True))
    assert {"due", "sent", "failed", "done", "skipped", "cancelled"} <= states
    outcomes = set(CallResult.objects.values_list("outcome", flat=True))
    assert {CallResult.Outcome.REACHED, CallResult.Outcome.UNREACHABLE} <= outcomes


def check_messages() -> None:
    states = set(Message.objects.values_list("state", flat=True))
    assert states == set(Status) - {Status.HANDED_OVER, Status.SUPPRESSED}  # those are momentary
    assert Message.objects.waiting_for_person().exists()


def check_trail() -> None:
    with acting_as(READER):
        actions = set(AuditEvent.objects.values_list("action", flat=True))
        unnamed = AuditEvent.objects.filter(actor__isnull=True, process="").count()
    assert {
        "patient.registered",
        "patient.set_aside",
        "consultation.submitted",
        "estimate.issued",
        "visit.arrived",
        "patient.revealed",
        "access.denied",
        "staff.signed_in",
        "staff.sign_in_failed",
    } <= actions
    assert unnamed == 0


def check_signs() -> None:
    """What the watch reads in the trail: a broken glass, and an opened file of nobody."""
    with acting_as(READER):
        events = list(AuditEvent.objects.exclude(kind=EventKind.DENIAL))
    codes = {one.plain_code() for one in HoneyRecord.objects.all()}
    touches = [
        one
        for one in events
        if one.actor and codes & set(one.codes) and is_touch(one.action, one.detail)
    ]
    assert [one.action for one in touches] == ["patient.opened"]
    signs = [BY_ACTION[one.action] for one in events if one.action in BY_ACTION]
    assert signs == ["break_glass"]


def check_reviews() -> None:
    """Minutes later: a sheet with one signature, one that is begun; and no third one."""
    assert not ReviewSheet.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(minutes=3), tick=False):
        with pytest.raises(TooEarly):
            reviews.look_back()  # before the sealer came by
        assert not ReviewSheet.objects.exists()
        seal_here()
        assert reviews.look_back()
        assert not reviews.look_back()
    begun, done = ReviewSheet.objects.order_by("begins_on")
    grounds = {ground for one in done.items.all() for ground in one.grounds}
    assert grounds > {"break_glass", "export", "grant"}
    assert not done.items.filter(verdict="").exists()
    assert [one.side for one in done.signatures.all()] == ["it"]
    assert set(done.items.values_list("side", flat=True)) == {"it", "qc"}
    assert begun.items.exclude(verdict="").count() == 2
    assert begun.events >= done.events > 500
    with acting_as(READER):
        signed = AuditEvent.objects.get(action="review.signed")
    assert signed.agent == "seed_demo"  # as all that nobody did by hand here
    findings = ReviewFinding.objects.values_list("item__sheet", "state")
    assert set(findings) == {(done.pk, "answered"), (begun.pk, "open")}
    checked = signing.verify(sheet_id=done.pk, actor=User.objects.get(staff_no="sj001"))
    assert checked.digest_holds
    assert checked.drawn_holds
    assert checked.sample_holds


@dataclass(frozen=True)
class Worker:
    hostname: str


@pytest.mark.parametrize(
    ("name", "asked"), [("celery@clinic", 2), ("exporter@clinic", 0), ("sealer@clinic", 0)]
)
def test_what_has_to_wait_is_asked_for_by_the_worker_of_a_demo(
    settings, monkeypatch: pytest.MonkeyPatch, name: str, asked: int
) -> None:
    sent: list[dict[str, float]] = []
    for task in (tasks.count, tasks.review):
        monkeypatch.setattr(task, "apply_async", lambda **how: sent.append(how))
    worker_ready.send(Worker(name))
    assert not sent  # no demo
    settings.DEMO = True
    worker_ready.send(Worker(name))
    assert len(sent) == asked
    assert all(how["countdown"] > 0 for how in sent)


def test_the_keys_are_counted_once(canaries: None, settings) -> None:
    tasks.count()
    assert not Reconciliation.objects.exists()  # no demo
    settings.DEMO = True
    tasks.count()
    tasks.count()
    (run,) = Reconciliation.objects.all()
    assert run.finished_at
    assert run.sealed is not None


def test_nothing_is_reviewed_but_what_the_demo_made(clinic: Clinic, settings) -> None:
    settings.DEMO = True
    for staff_no in ("aq001", "zk001"):
        UserFactory.create(clinic=clinic, staff_no=staff_no)
    tasks.review()
    assert not reviews.look_back()
    assert not ReviewSheet.objects.exists()


def test_a_story_that_breaks_off_leaves_nothing_behind(
    canaries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_args: object, **_options: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("crm.embedded.demo.registry.register", breaks)

    with pytest.raises(RuntimeError, match="power cut"):
        list(tell())
    assert not Clinic.objects.exists()


def test_the_same_people_come_every_time() -> None:
    from datetime import date

    day = date(2026, 11, 21)
    first, second = guests(day), guests(day)

    assert first == second
    assert len(first) == HOW_MANY
    names = "".join(guest.name for guest in first)
    for rare in ("䶮", "𬱖", "欧阳", "诸葛", "Emma Wright"):
        assert rare in names
