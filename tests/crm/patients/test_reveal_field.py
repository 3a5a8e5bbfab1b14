"""Plain text: one field, for a purpose, booked before it is answered."""

from datetime import datetime, timedelta
from html import unescape
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.utils.translation import gettext

from crm.patients.models import PatientContact
from crm.patients.services.registration import issue_visit_code
from crm.patients.services.revealing import may_reveal_of
from crm.scheduling.services import expect_today
from privacy.access.caps import Cap
from privacy.access.policy import Role
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.sessions import age_factor

pytestmark = pytest.mark.django_db
CALL = {"field": "phone", "purpose": "call", "reason": ""}


@pytest.fixture(autouse=True)
def _of_today(patient, receptionist):
    """The patient of these tests is expected today, but where a test says otherwise."""
    issue_visit_code(patient=patient, actor=receptionist)


def reveal(client, patient, **form):
    return client.post(
        f"/patients/{patient.code}/reveal/", {**CALL, **form}, headers={"HX-Request": "true"}
    )


def test_the_desk_reveals_a_phone_for_a_minute(desk, patient, booked, receptionist):
    page = reveal(desk, patient).content.decode()

    assert "138 0013 8000" in page
    assert 'data-expires="60"' in page
    (event,) = booked("patient.revealed")
    assert (event.actor, event.purpose) == (receptionist.pk, "call")
    assert event.fields == ["patientcontact.phone"]


def test_another_purpose_needs_ten_characters(desk, patient, booked):
    short = reveal(desk, patient, purpose="other", reason="因为我想看")
    done = reveal(desk, patient, purpose="other", reason="家属来电，需要核对联系方式")

    assert (short.status_code, done.status_code) == (422, 200)
    assert "138" not in short.content.decode()
    assert booked("patient.revealed")[0].reason == "家属来电，需要核对联系方式"


@pytest.mark.parametrize(
    ("role", "field", "status"),
    [
        (Role.FRONT_DESK, "name", 200),
        (Role.FRONT_DESK, "id_number", 422),
        (Role.CONSULTANT, "phone", 200),
        (Role.DOCTOR, "phone", 422),
        (Role.DOCTOR, "id_number", 200),
        (Role.FINANCE, "name", 200),
        (Role.FINANCE, "phone", 422),
        (Role.FOLLOWUP_AGENT, "phone", 403),
        (Role.MEDICAL_QC, "name", 403),
        (Role.MEDIATION, "name", 403),
    ],
)
def test_each_role_opens_its_own_fields(sign_in_as, clinic, patient, role, field, status):
    user = UserFactory.create(clinic=clinic, role=role)
    patient.care_team.create(staff=user)

    answer = reveal(sign_in_as(user), patient, field=field, purpose="identity")

    assert answer.status_code == status


def test_the_service_refuses_what_a_form_would_have_let_through(receptionist, patient, booked):
    from crm.patients.services.revealing import reveal as service
    from privacy.errors import AccessDenied, DomainError

    with pytest.raises(AccessDenied):
        service(patient=patient, field="id_number", purpose="call", reason="", staff=receptionist)
    with pytest.raises(DomainError):
        service(patient=patient, field="phone", purpose="other", reason="x", staff=receptionist)
    assert booked("access.denied")[0].codes == [patient.code]


def test_nothing_taken_down_is_said_so(desk, clinic, receptionist):
    bare = PatientFactory.create(clinic=clinic, contact={"phone": ""})
    issue_visit_code(patient=bare, actor=receptionist)

    assert "data-expires" not in reveal(desk, bare).content.decode()


def test_a_box_that_does_not_open_stays_booked_and_shows_its_code(desk, patient, booked):
    PatientContact.objects.filter(patient=patient).update(phone=b"\x01\x01" + bytes(60))

    page = reveal(desk, patient).content.decode()

    assert "E-" in page
    assert booked("patient.revealed")
    assert booked("crypto.failed")


def test_without_scripts_it_is_a_page(desk, patient):
    asked = desk.get(f"/patients/{patient.code}/reveal/").content.decode()
    told = desk.post(f"/patients/{patient.code}/reveal/", CALL).content.decode()

    assert "<html" in asked
    assert "138 0013 8000" in told


# --- a fresh factor, and caps ------------------------------------------------------------------


def test_half_an_hour_after_the_factor_it_is_asked_for_again(desk, patient, booked):
    age_factor(desk, minutes=29)
    assert "138 0013 8000" in reveal(desk, patient).content.decode()
    age_factor(desk, minutes=31)
    asked = reveal(desk, patient)
    without_scripts = desk.post(f"/patients/{patient.code}/reveal/", CALL)

    assert (asked.status_code, without_scripts.status_code) == (200, 422)
    assert 'id="confirm-factor"' in asked.content.decode()
    assert 'name="purpose" value="call"' in without_scripts.content.decode()
    assert "138" not in asked.content.decode() + without_scripts.content.decode()
    assert len(booked("patient.revealed")) == 1


def test_thirty_in_an_hour_and_the_next_is_refused_and_booked(desk, patient, booked, receptionist):
    for _ in range(30):
        assert reveal(desk, patient).status_code == 200
    refusal = reveal(desk, patient, field="name")

    assert refusal.status_code == 422
    assert "data-expires" not in refusal.content.decode()
    assert "data-open" not in refusal.content.decode()
    (denial,) = booked("access.denied")
    assert (denial.reason, denial.actor, denial.codes) == (
        "cap_reached", receptionist.pk, [patient.code],
    )  # fmt: skip
    assert len(booked("patient.revealed")) == 30


def test_the_caps_are_each_persons_own(desk, patient, receptionist, clinic, sign_in_as):
    for _ in range(31):
        reveal(desk, patient)
    other = UserFactory.create(clinic=clinic, role=Role.FRONT_DESK)

    assert reveal(sign_in_as(other), patient).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_windows_do_not_share_out_the_last_look(patient, receptionist, monkeypatch):
    from crm.patients.services import revealing

    monkeypatch.setattr(revealing, "CAPS", (Cap(1, timedelta(hours=1)),))
    start, told = Barrier(4), []

    def look() -> None:
        start.wait()
        try:
            revealing.reveal(patient=patient, staff=receptionist, **CALL)
            told.append("shown")
        except revealing.TooManyLooks:
            told.append("refused")
        finally:
            connection.close()

    windows = [Thread(target=look) for _ in range(4)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert sorted(told) == ["refused"] * 3 + ["shown"]


# --- whose plain text the front desk sees: today's patients -----------------------------------


def refused(client, patient):
    answer = reveal(client, patient)
    return answer.status_code == 403 and "138" not in answer.content.decode()


def test_without_a_visit_the_desk_is_refused_and_told_why(desk, clinic, booked, sign_in_as):
    known = PatientFactory.create(clinic=clinic)

    assert refused(desk, known)
    (denial,) = booked("access.denied")
    assert (denial.codes, denial.reason) == ([known.code], "not_of_today")
    told = desk.post(f"/patients/{known.code}/reveal/", CALL)
    why = gettext(
        "The front desk sees plain text of today's patients only: registered, expected or "
        "arrived today. Note a visit first, or ask the care team."
    )
    assert why in unescape(told.content.decode())
    page = desk.get(f"/patients/{known.code}/").content.decode()
    assert 'data-open="reveal"' not in page
    assert not booked("patient.revealed")


def test_a_visit_noted_for_today_opens_the_phone(desk, clinic, receptionist):
    known = PatientFactory.create(clinic=clinic)
    expect_today(patient=known, purpose="return", actor=receptionist)

    assert "138 0013 8000" in reveal(desk, known).content.decode()
    assert 'data-open="reveal"' in desk.get(f"/patients/{known.code}/").content.decode()


@pytest.mark.parametrize(
    ("at", "may"),
    [
        ("2026-11-21 00:00:00", True),
        ("2026-11-21 23:59:59", True),
        ("2026-11-20 23:59:59", False),
        ("2026-11-22 00:00:00", False),
    ],
)
def test_today_ends_at_midnight_of_the_clinic(clinic, receptionist, at, may):
    zone = ZoneInfo("Asia/Shanghai")
    known = PatientFactory.create(clinic=clinic)
    with time_machine.travel(datetime(2026, 11, 21, 9, tzinfo=zone), tick=False):
        issue_visit_code(patient=known, actor=receptionist)

    with time_machine.travel(datetime.fromisoformat(at).replace(tzinfo=zone), tick=False):
        assert may_reveal_of(receptionist, known) is may


def test_a_visit_at_another_clinic_opens_nothing(patient, receptionist, stranger, clinic):
    known = PatientFactory.create(clinic=clinic)
    issue_visit_code(patient=known, actor=stranger)

    assert not may_reveal_of(receptionist, known)
    assert not may_reveal_of(stranger, patient)


@pytest.mark.parametrize("role", [Role.CONSULTANT, Role.NURSE])
def test_other_roles_need_no_visit(sign_in_as, clinic, role):
    known = PatientFactory.create(clinic=clinic)
    user = UserFactory.create(clinic=clinic, role=role)
    known.care_team.create(staff=user)

    assert "138 0013 8000" in reveal(sign_in_as(user), known).content.decode()
