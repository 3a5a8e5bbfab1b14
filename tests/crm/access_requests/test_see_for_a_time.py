"""What an access opens, to whom, until when; and that it is for looking only."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.consultations.models import Consultation
from crm.access_requests import selectors
from crm.access_requests.models import AccessRequest
from crm.access_requests.selectors import waiting_for
from crm.access_requests.services import deciding
from crm.clearance import leaving
from crm.patients.models import Patient
from crm.patients.services import care
from crm.staff.models import User
from privacy.access.policy import Role
from tests.factories.access import asked_for, broken, granted
from tests.factories.consultations import submitted_of
from tests.factories.people import PatientFactory, UserFactory, through_the_gate

pytestmark = pytest.mark.django_db


def page_of(patient):
    return f"/patients/{patient.code}/"


def sees(user, patient):
    return Patient.objects.visible_to(user).filter(pk=patient.pk).exists()


def test_approved_opens_the_page_and_says_by_whose_word(sign_in_as, nurse, doctor, patient):
    assert sign_in_as(nurse).get(page_of(patient)).status_code == 404
    granted(patient, nurse, doctor)

    page = sign_in_as(nurse).get(page_of(patient))

    (notice,) = page.context["notices"]
    assert "梁医生" in notice.text
    assert patient.code in sign_in_as(nurse).get("/patients/").content.decode()


def test_what_opens_is_what_the_role_sees_and_no_more(sign_in_as, nurse, doctor, patient):
    """A nurse reads what is submitted and writes no consultation, granted or not."""
    record = submitted_of(patient, doctor)
    granted(patient, nurse, doctor)

    assert list(Consultation.objects.visible_to(nurse)) == [record]
    assert sign_in_as(nurse).get(f"/patients/{patient.code}/consultations/new/").status_code != 200


def test_it_opens_for_nobody_else(nurse, doctor, patient, stranger, clinic, colleague):
    granted(patient, nurse, doctor)
    other = PatientFactory.create(clinic=clinic)

    assert sees(nurse, patient)
    assert not sees(nurse, other)
    assert not sees(colleague, patient)
    assert not sees(stranger, patient)


def test_the_clock_of_the_database_ends_it_without_a_job(nurse, doctor, patient, monkeypatch):
    access = granted(patient, nurse, doctor)
    with connection.cursor() as cursor:  # the triggers let nobody write this: time itself did
        cursor.execute("SELECT now() < %s", [access.until])
        assert cursor.fetchone() == (True,)

    later = access.until + timedelta(seconds=1)
    then = selectors.OPEN_NOW.replace("statement_timestamp()", f"timestamptz '{later}'")
    monkeypatch.setattr(selectors, "OPEN_NOW", then)

    assert not sees(nurse, patient)
    access.refresh_from_db()
    assert access.state == AccessRequest.State.APPROVED, "nothing was written"


def test_ended_early_closes_at_once(sign_in_as, nurse, doctor, patient):
    access = granted(patient, nurse, doctor)
    deciding.end_early(request=access, actor=doctor)

    assert sign_in_as(nurse).get(page_of(patient)).status_code == 404


def test_asking_and_refusing_open_nothing(nurse, doctor, patient):
    access = asked_for(patient, nurse)
    assert not sees(nurse, patient)

    deciding.refuse(request=access, actor=doctor, reason="照护团队今天都在岗，不需要代班")

    assert not sees(nurse, patient)


def test_who_moves_to_another_clinic_sees_nothing_by_it(nurse, doctor, patient):
    granted(patient, nurse, doctor)
    nurse.clinic = UserFactory.create().clinic
    nurse.save()

    assert not sees(nurse, patient)


@pytest.mark.parametrize("way", [granted, lambda p, s, _d: broken(p, s)], ids=["asked", "broken"])
def test_who_looks_for_a_time_writes_nothing(sign_in_as, clinic, doctor, patient, booked, way):
    """Above all they cannot put themselves on the care team and stay."""
    guest = UserFactory.create(clinic=clinic, role="doctor")
    way(patient, guest, doctor)
    client = sign_in_as(guest)
    key = {"idempotency_key": str(uuid.uuid4())}

    page = client.get(page_of(patient)).content.decode()
    answers = [
        client.post(page_of(patient) + "team/", {"member": str(guest.pk), **key}),
        client.post(page_of(patient) + "stage/", {"stage": "closed", "before": "new", **key}),
        client.post(f"/patients/{patient.code}/consultations/new/", {"channel": "wecom", **key}),
        client.post(f"/patients/{patient.code}/estimates/new/", {"title": "x", **key}),
        client.post(f"/patients/{patient.code}/plans/new/", key),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert not patient.care_team.filter(staff=guest).exists()
    assert {event.reason for event in booked("access.denied")} == {"only_looks"}
    assert 'data-open="team-add"' not in page
    assert 'data-open="stage"' not in page


def test_a_phone_is_sight_and_stays_open_to_roles_that_see_phones(
    sign_in_as, nurse, doctor, patient
):
    granted(patient, nurse, doctor)

    answer = sign_in_as(nurse).post(
        page_of(patient) + "reveal/",
        {"field": "phone", "purpose": "call", "reason": "致电患者确认预约时间"},
    )

    assert "138 0013 8000" in answer.content.decode()


def test_who_joins_the_care_team_writes_again(sign_in_as, clinic, doctor, patient):
    guest = UserFactory.create(clinic=clinic, role="doctor")
    granted(patient, guest, doctor)
    care.add_to_team(patient=patient, member=guest, reason="cover", actor=doctor)

    answer = sign_in_as(guest).post(
        page_of(patient) + "stage/",
        {"stage": "closed", "before": "new", "idempotency_key": str(uuid.uuid4())},
    )

    assert answer.status_code == 302


def test_a_program_writes_nothing_either(clinic, doctor, patient):
    from django.test import Client

    from crm.staff.services import issue_token
    from privacy.access.policy import Permission

    guest = UserFactory.create(clinic=clinic, role=Role.CONSULTANT)
    granted(patient, guest, doctor)
    scopes = [Permission.VIEW_CONSENTS, Permission.RECORD_CONSENT]
    _token, secret = issue_token(user=guest, name="x", scopes=scopes, lifetime=timedelta(days=1))
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    address = f"/api/v1/patients/{patient.code}/consents/"

    assert client.get(address).status_code == 200
    assert client.post(address, {}, content_type="application/json").status_code == 403


@pytest.mark.parametrize("role", ["consultant", "doctor", "nurse"])
def test_the_list_of_patients_keeps_to_its_eight_statements(
    sign_in_as, clinic, doctor, patient, role
):
    guest = UserFactory.create(clinic=clinic, role=role)
    granted(patient, guest, doctor)
    client = sign_in_as(guest)
    client.get("/patients/")

    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/patients/")

    assert len(answer.context["lines"]) == 1
    assert len(asked) <= 8, "\n".join(q["sql"][:150] for q in asked)


def test_who_leaves_and_comes_back_starts_anew(nurse, patient, doctor, clinic):
    admin = UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)
    other = PatientFactory.create(clinic=clinic)
    other.care_team.create(staff=doctor)
    granted(patient, nurse, doctor, days=10)
    waiting = asked_for(other, nurse)
    leaving.off_board(user=nurse, reason="合同到期", successor=None, actor=admin)

    assert not waiting_for(doctor).filter(pk=waiting.pk).exists()
    leaving.come_back(user=nurse, password="a long password of the way", actor=admin)
    back = through_the_gate(User.objects.get(pk=nurse.pk))
    assert not sees(back, patient)
    assert not waiting_for(doctor).filter(pk=waiting.pk).exists()
