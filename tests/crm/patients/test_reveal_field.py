"""Plain text: one field, for a purpose, booked before it is answered."""

from datetime import datetime, timedelta
from html import unescape
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext, override

from crm.patients import reasons
from crm.patients.events import PatientEvent
from crm.patients.models import PatientContact
from crm.patients.services.registration import issue_visit_code
from crm.patients.services.revealing import may_reveal_of
from crm.patients.words import REVEAL_PHRASES, REVEAL_PURPOSES
from crm.scheduling.services import expect_today
from privacy.access.caps import Cap
from privacy.access.policy import Role
from privacy.audit import services as audit
from privacy.audit.models import READER, acting_as
from privacy.errors import DomainError
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.sessions import age_factor

pytestmark = pytest.mark.django_db
WHY = "致电患者确认预约时间"
CALL = {"field": "phone", "purpose": "call", "reason": WHY}


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
    assert (event.actor, event.purpose, event.reason) == (receptionist.pk, "call", WHY)
    assert event.fields == ["patientcontact.phone"]


@pytest.mark.parametrize("purpose", list(REVEAL_PURPOSES))
@pytest.mark.parametrize("reason", ["", "因为我想看", "  因为我很想看一眼  ", "看" + "\u200b" * 12])
def test_every_purpose_needs_ten_characters(desk, patient, booked, purpose, reason):
    short = reveal(desk, patient, purpose=purpose, reason=reason)
    done = reveal(desk, patient, purpose=purpose, reason=" 家属来电需要核对联系 ")

    assert (short.status_code, done.status_code) == (422, 200)
    assert gettext("Say in at least 10 characters what it is needed for.") in short.content.decode()
    assert "138" not in short.content.decode()
    (event,) = booked("patient.revealed")
    assert (event.purpose, event.reason) == (purpose, "家属来电需要核对联系")


def test_a_reason_with_somebodys_number_is_refused_and_stays_in_the_form(desk, patient, booked):
    """The trail is read by many."""
    typed = "家属用 13900139000 来电，需要核对"
    page = reveal(desk, patient, reason=typed)
    with pytest.raises(DomainError):
        reasons.checked("家属用 1390013\u200b9000 来电，需要核对")

    assert page.status_code == 422
    assert typed in page.content.decode()
    form = page.context["form"]
    assert (form["field"].value(), form["purpose"].value()) == ("phone", "call")
    assert not booked("patient.revealed")


def test_the_database_keeps_no_reveal_without_a_reason(patient, receptionist):
    with pytest.raises(IntegrityError, match="audit_reveal_says_why"), transaction.atomic():
        audit.record(
            PatientEvent.REVEALED, actor=receptionist, subjects=[patient], reason="  因为我想看   "
        )


def test_months_still_to_come_have_the_check_too(db):
    with acting_as(READER), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(c.oid) FROM pg_inherits i LEFT JOIN pg_constraint c "
            "ON c.conrelid = i.inhrelid AND c.conname = 'audit_reveal_says_why' "
            "WHERE i.inhparent = 'privacy_auditevent'::regclass"
        )
        months, checked_ones = cursor.fetchone()
    assert months == checked_ones > 1


# --- one tap ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_phrase_is_a_reason_in_each_language(language):
    with override(language):
        texts = [str(one) for phrases in REVEAL_PHRASES.values() for one in phrases]
        assert [reasons.checked(one) for one in texts] == texts
    assert set(REVEAL_PHRASES) == set(REVEAL_PURPOSES)


def test_a_tap_writes_purpose_and_reason_and_shows_nothing_yet(desk, patient, booked):
    form = reveal(desk, patient, purpose="", reason="", phrase="identity-0").context["form"]

    assert not form.is_bound
    assert form["field"].value() == "phone"
    assert form["purpose"].value() == "identity"
    assert form["reason"].value() == str(REVEAL_PHRASES["identity"][0])
    assert not booked("patient.revealed")
    assert reveal(desk, patient, phrase="identity-99").status_code == 200  # no such tap: as sent


@pytest.mark.parametrize(("phrase", "field"), [("call-0", "phone"), ("identity-0", None)])
def test_a_tap_chooses_the_number_for_who_is_to_call(desk, patient, phrase, field):
    form = reveal(desk, patient, field="", purpose="", reason="", phrase=phrase).context["form"]
    assert form["field"].value() == field


def test_the_own_last_reason_for_the_same_patient_is_offered(
    desk, patient, clinic, receptionist, sign_in_as
):
    own = "回复患者昨日留言的预约问题"
    reveal(desk, patient, reason=own)
    other = PatientFactory.create(clinic=clinic)
    issue_visit_code(patient=other, actor=receptionist)
    colleague = UserFactory.create(clinic=clinic, role=Role.FRONT_DESK)

    def on(client, whom):
        return own in client.get(f"/patients/{whom.code}/reveal/").content.decode()

    assert on(desk, patient)
    assert not on(desk, other)
    assert not on(sign_in_as(colleague), patient)
    tapped = reveal(desk, patient, field="name", reason="", phrase="last").context["form"]
    assert (tapped["purpose"].value(), tapped["reason"].value()) == ("call", own)


def test_a_reason_from_the_list_is_not_offered_twice(desk, patient, receptionist):
    usual = str(REVEAL_PHRASES["call"][0])
    reveal(desk, patient, reason=usual)
    assert desk.get(f"/patients/{patient.code}/reveal/").content.decode().count(usual) == 1


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
        (Role.MEDIATION, "name", 404),  # on no care team, whatever its row says
    ],
)
def test_each_role_opens_its_own_fields(sign_in_as, clinic, patient, role, field, status):
    user = UserFactory.create(clinic=clinic, role=role)
    patient.care_team.create(staff=user)

    answer = reveal(sign_in_as(user), patient, field=field, purpose="identity")

    assert answer.status_code == status


def test_the_service_refuses_what_a_form_would_have_let_through(receptionist, patient, booked):
    from crm.patients.services.revealing import reveal as service
    from privacy.errors import AccessDenied

    with pytest.raises(AccessDenied):
        service(patient=patient, field="id_number", purpose="call", reason=WHY, staff=receptionist)
    for reason in ("x", "", "请打 13900139000 给家属"):
        with pytest.raises(DomainError):
            service(
                patient=patient, field="phone", purpose="call", reason=reason, staff=receptionist
            )
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
