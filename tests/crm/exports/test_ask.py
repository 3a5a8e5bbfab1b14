"""What may be asked for, by whom, and how much."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from crm.exports.datasets import CONSULTATIONS, DATASETS, ESTIMATES, FOLLOW_UP, PATIENTS, Kind
from crm.exports.services import asking
from crm.patients.models import Patient
from privacy.access.policy import Permission, Role, can
from privacy.consent.models import Channel, Purpose
from privacy.consent.selectors import consent_text
from privacy.consent.services import record_answer
from privacy.custody import erasure
from privacy.errors import AccessDenied, DomainError
from privacy.exports import gates, rules
from privacy.exports.models import Export
from privacy.exports.services import deciding
from tests.factories.access import broken, granted
from tests.factories.exports import REASON, WHY, approved, asked, asked_row, order, side
from tests.factories.guards import guarded_by
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.restrictions import restricted
from tests.factories.work import work_of

pytestmark = pytest.mark.django_db
IDENTITY = {
    Role.FINANCE: {"name", "id_number"},
    Role.DOCTOR: {"name", "id_number"},
    Role.MEDICAL_QC: set(),
}


@pytest.mark.parametrize("role", Role)
def test_a_role_is_offered_what_it_sees_anyway(role, clinic):
    person = UserFactory.create(clinic=clinic, role=role)
    if not can(person, Permission.REQUEST_EXPORT):
        with pytest.raises(AccessDenied):
            asking.ask(order=order(person), actor=person)
        return
    offered = {one.code for one in PATIENTS.open_to(person) if one.kind is Kind.IDENTITY}
    assert offered == IDENTITY[role]
    assert bool(CONSULTATIONS.open_to(person)) == can(person, Permission.VIEW_CONSULTATIONS)
    assert bool(ESTIMATES.open_to(person)) == can(person, Permission.VIEW_ESTIMATES)
    assert bool(FOLLOW_UP.open_to(person)) == can(person, Permission.VIEW_PLANS)


def test_every_column_is_opened_by_what_opens_it_on_a_page():
    for dataset in DATASETS.values():
        for column in dataset.columns:
            assert column.kind is not Kind.IDENTITY or column.needs
            assert column.invent or column.kind is not Kind.IDENTITY


@pytest.mark.parametrize("field", ["phone", "chief_complaint", "nonsense"])
def test_a_field_that_the_role_does_not_see_is_refused(field, accountant, patients, booked):
    with pytest.raises(AccessDenied):
        asked(accountant, fields=("code", field))
    assert booked("access.denied")[0].reason == "exports.request"
    assert not Export.objects.exists()


def test_the_form_offers_no_such_field(accountant, patients, sign_in_as):
    browser = sign_in_as(accountant)
    form = browser.get("/exports/ask/?data=patients").context["form"]
    assert "phone" not in dict(form.fields["identity"].choices)
    assert "consultations" not in {
        one.code for one in browser.get("/exports/ask/").context["datasets"]
    }
    assert "datasets" in browser.get("/exports/ask/?data=consultations").context
    posted = {
        "purpose": "quality", "reason": REASON, "identity": ["phone"], "recipient_kind": "inside",
        "recipient": f"{accountant.pk}", "recipient_why": WHY,
        "idempotency_key": f"{uuid.uuid4()}",
    }  # fmt: skip
    answer = browser.post("/exports/ask/?data=patients", posted)
    assert answer.status_code == 422
    assert "identity" in answer.context["form"].errors


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "太短"}, "reason"),
        ({"recipient_why": "太短"}, "recipient_why"),
        ({"recipient": ""}, "recipient"),
        ({"recipient_kind": "authority"}, "recipient_name"),
        ({"since": "2026-05-02", "until": "2026-05-01"}, "until"),
        ({"recipient_kind": "another"}, "recipient_kind"),
        ({"purpose": "marketing"}, "purpose"),
    ],
)
def test_half_a_request_asks_for_nothing(change, field, accountant, patients, sign_in_as):
    form = {
        "purpose": "quality", "reason": REASON, "recipient_kind": "inside",
        "recipient": f"{accountant.pk}", "recipient_why": WHY,
        "idempotency_key": f"{uuid.uuid4()}", **change,
    }  # fmt: skip
    answer = sign_in_as(accountant).post("/exports/ask/?data=patients", form)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Export.objects.exists()


def test_reasons_are_asked_for_by_the_service_too(accountant, patients):
    for change in ({"reason": "短"}, {"recipient_why": "短"}):
        with pytest.raises(DomainError):
            asked(accountant, **change)


def test_nothing_and_too_much_are_refused(accountant, clinic, monkeypatch):
    with pytest.raises(DomainError, match="无可导出"):
        asked(accountant)
    work_of(Role.FINANCE, *(PatientFactory.create(clinic=clinic) for _ in range(2)))
    monkeypatch.setattr(rules, "MOST_ROWS", 1)
    with pytest.raises(DomainError, match="1"):
        asked(accountant)


def test_without_a_folder_nothing_is_asked_for(accountant, patients, settings):
    settings.EXPORTS_DIR = ""
    with pytest.raises(DomainError):
        asked(accountant)


# --- the cap ----------------------------------------------------------------------------------


def wanted(actor, rows):
    return deciding.ask(order=order(actor), rows=rows, actor=actor)


@pytest.mark.parametrize(("rows", "sides"), [(249, 2), (250, 2), (251, 3)])
def test_above_250_rows_the_owner_agrees_too(rows, sides, accountant):
    export = wanted(accountant, rows)
    assert len(export.sides) == sides
    assert export.needs_owner is ("auditor" in export.sides) is (sides == 3)


@pytest.mark.parametrize(("first", "second", "owner"), [(249, 1, False), (250, 1, True)])
def test_the_cap_counts_what_is_under_way(first, second, owner, accountant, colleague):
    wanted(accountant, first)
    assert wanted(accountant, second).needs_owner is owner


def test_above_the_cap_two_are_not_enough(accountant, control, security, auditor):
    export = wanted(accountant, 251)
    assert deciding.approve(export=export, actor=control).state == "asked"
    assert deciding.approve(export=export, actor=security).state == "asked"
    assert deciding.approve(export=export, actor=auditor).state == "approved"


def test_quality_control_lacks_a_third_side_and_trying_is_booked(control, booked):
    wanted(control, 250)
    with pytest.raises(DomainError):
        wanted(control, 1)
    (event,) = booked("access.denied")
    assert (event.actor, event.target, event.reason) == (control.pk, "export:ask", "cap_reached")


def test_passing_the_cap_has_an_event_of_its_own(accountant, booked):
    wanted(accountant, 250)
    assert [one.detail["rows"] for one in booked("export.asked")] == [250]
    wanted(accountant, 1)
    assert len(booked("export.asked")) == 1
    (event,) = booked("export.asked_above_cap")
    assert (event.actor, event.reason, event.kind) == (accountant.pk, REASON, "export")


def test_after_thirty_days_the_rows_are_free_again(accountant):
    now = timezone.now()
    facts = {"sha256": "0" * 64, "size": 1, "available_until": now, "built_rows": 250}
    export = asked_row(accountant, rows=250)
    for role in export.sides:
        deciding.approve(export=export, actor=side(accountant, Role(role)))
    export.refresh_from_db()
    for state in ("building", "ready"):
        changes = {"built_at": now, **facts} if state == "ready" else {}
        Export.objects.filter(pk=export.pk).update(state=state, **changes)
    with time_machine.travel(now + timedelta(days=29, hours=23), tick=False):
        assert wanted(accountant, 1).needs_owner
    with time_machine.travel(now + timedelta(days=30, minutes=1), tick=False):
        Export.objects.filter(state="asked").update(updated_at=now)
        assert not wanted(accountant, 249).needs_owner


def test_what_lapsed_or_was_refused_is_free_again(accountant, control):
    deciding.refuse(export=wanted(accountant, 200), actor=control, reason="请先缩小范围再申请一次")
    assert not wanted(accountant, 250).needs_owner
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        assert not wanted(accountant, 250).needs_owner


# --- what comes first -------------------------------------------------------------------------


def test_no_new_export_while_a_duty_is_owed(accountant, patients, stranger, monkeypatch):
    asked_of = []

    def overdue(*, clinic_id, at):
        asked_of.append((clinic_id, at))
        return clinic_id == accountant.clinic_id

    monkeypatch.setattr(gates.Gates, "closed_while", {})
    waiting = asked(accountant)
    gates.no_new_exports_while("joint_review", overdue, "先完成联合审查")

    with pytest.raises(gates.NotNow, match="先完成联合审查"):
        asked(accountant)

    assert asked_of[0][0] == accountant.clinic_id
    assert timezone.now() - asked_of[0][1] < timedelta(minutes=1)
    assert deciding.approve(export=waiting, actor=side(accountant, Role.MEDICAL_QC))
    elsewhere = UserFactory.create(role=Role.FINANCE)
    work_of(Role.FINANCE, PatientFactory.create(clinic=elsewhere.clinic))
    assert asked(elsewhere)


def test_the_refusal_is_told_on_the_page(accountant, patients, sign_in_as, monkeypatch):
    monkeypatch.setattr(gates.Gates, "closed_while", {})
    gates.no_new_exports_while("joint_review", lambda **_asked: True, "先完成联合审查")
    form = {
        "purpose": "quality", "reason": REASON, "recipient_kind": "inside",
        "recipient": f"{accountant.pk}", "recipient_why": WHY,
        "idempotency_key": f"{uuid.uuid4()}",
    }  # fmt: skip
    answer = sign_in_as(accountant).post("/exports/ask/?data=patients", form)
    assert (answer.status_code, "先完成联合审查" in answer.content.decode()) == (422, True)


# --- whose rows -------------------------------------------------------------------------------


def rows(actor, **changes):
    return asking.count(order=order(actor, **changes), actor=actor).rows


def test_erased_and_restricted_patients_are_never_counted(accountant, patients, settings, tmp_path):
    settings.ERASURE_LEDGER_FILE = str(tmp_path / "erasures.log")
    erasure.replay(new_ledger=True)
    assert rows(accountant) == 3
    erasure.shred(
        subject=patients[0], zone="contact", reason=erasure.REASONS[0], process="erase_patient"
    )
    assert rows(accountant) == 2
    restricted(patients[1])
    assert rows(accountant) == 1


def test_research_takes_those_who_agree_to_it(accountant, patients, clinic):
    desk = UserFactory.create(clinic=clinic, role=Role.FRONT_DESK)
    assert rows(accountant, purpose="research") == 0
    for patient in patients[:2]:
        record_answer(
            subject=patient, purpose=Purpose.RESEARCH, channel=Channel.NONE, answer="granted",
            actor=desk, text=consent_text(Purpose.RESEARCH, "zh-hans"),
        )  # fmt: skip
    assert rows(accountant, purpose="research") == 2
    assert rows(accountant) == 3


def test_a_doctor_exports_the_own_patients_only(clinic, patients):
    doctor = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    assert rows(doctor) == 0
    patients[0].care_team.create(staff=doctor)
    assert rows(doctor) == 1


def test_an_access_for_a_time_is_for_looking_and_leaves_in_no_file(clinic, patients):
    """One use of break-glass, or one leave to look, would become a copy that stays (T2)."""
    carer, doctor = (UserFactory.create(clinic=clinic, role=Role.DOCTOR) for _one in range(2))
    for patient in patients[:2]:
        patient.care_team.create(staff=carer)
    guarded_by(patients[0], carer)
    broken(patients[0], doctor)
    granted(patients[1], doctor, carer)
    assert Patient.objects.visible_to(doctor).count() == 2
    assert rows(doctor) == 0


def test_another_clinics_patients_are_not_counted(accountant, patients):
    work_of(Role.FINANCE, PatientFactory.create())
    PatientFactory.create(clinic=accountant.clinic)  # nobody asked what it may cost
    assert rows(accountant) == 3


def test_days_and_stage_narrow(accountant, patients):
    today = timezone.localdate()
    assert rows(accountant, since=today, until=today) == 3
    assert rows(accountant, until=today - timedelta(days=1)) == 0
    assert rows(accountant, since=today + timedelta(days=1)) == 0
    Patient.objects.filter(pk=patients[0].pk).update(stage="follow_up")
    assert rows(accountant, stage="follow_up") == 1


def test_counting_shows_no_contents_and_is_booked(accountant, patients, sign_in_as, booked):
    form = {
        "purpose": "quality", "reason": REASON, "recipient_kind": "inside", "count": "1",
        "recipient": f"{accountant.pk}", "recipient_why": WHY,
        "idempotency_key": f"{uuid.uuid4()}",
    }  # fmt: skip
    page = sign_in_as(accountant).post("/exports/ask/?data=patients", form).content.decode()
    assert not any(one.code in page.replace("-", "") for one in patients)
    (event,) = booked("export.counted")
    assert (event.codes, event.detail["rows"]) == ([], 3)


def test_an_approved_export_says_what_it_was_asked_with(accountant, patients):
    export = approved(accountant, fields=("code", "name"), identifying=True)
    assert (export.fields, export.identifying) == (["code", "name"], True)
