"""The API: the same services, guards and trail as the pages."""

from datetime import timedelta

import pytest

from crm.patients.models import Patient, PatientContact
from crm.staff.services import issue_token
from privacy.access.policy import Permission, Role
from privacy.consent.models import ConsentText
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.restrictions import restricted

pytestmark = pytest.mark.django_db
ALL = "/api/v1/patients/"
NEW = {"name": "李雷", "phone": "139 0013 9000", "chief_complaint": "复查"}


def send(client, path, body):
    return client.post(path, body, content_type="application/json")


def test_the_list_has_codes_and_masks_and_is_booked(desk, patient, booked):
    body = desk.get(ALL).json()

    assert (body["count"], body["more"]) == (1, False)
    assert body["results"][0]["code"] == patient.code
    assert body["results"][0]["name"] == "王※"
    assert booked("patient.listed")[0].codes == [patient.code]


def test_registering_takes_these_keys_and_no_others(desk, stranger, booked):
    answer = send(desk, ALL, {**NEW, "clinic": str(stranger.clinic_id), "stage": "closed"})

    patient = Patient.objects.get()
    assert answer.status_code == 201
    assert answer.json()["visit_code"] == "B-001"
    assert (patient.stage, patient.clinic_id != stranger.clinic_id) == ("new", True)
    assert booked("patient.registered")


def test_a_program_is_not_asked_whether_it_names_somebody(desk):
    assert send(desk, ALL, {**NEW, "chief_complaint": "张伟介绍来"}).status_code == 201


def test_a_double_is_a_conflict_with_codes_and_reasons(desk, clinic):
    known = PatientFactory.create(clinic=clinic, contact={"phone": "+8613900139000"})

    answer = send(desk, ALL, NEW)
    done = send(desk, ALL, {**NEW, "set_aside": [known.code], "set_aside_reason": "shared_phone"})

    assert answer.status_code == 409
    assert answer.json()["doubles"] == [{"code": known.code, "reasons": ["same_phone"]}]
    assert done.status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"phone": "1"},
        {"chief_complaint": "电话 13912345678"},
        {"name": ""},
        {"sex": "x"},
        {"birth_year": "90"},
        {"id_number": "1"},
    ],
)
def test_bad_values_are_named(desk, change):
    answer = send(desk, ALL, {**NEW, **change})

    assert answer.status_code == 400
    assert next(iter(change)) in answer.json()["fields"] or "id_purpose" in answer.json()["fields"]


def test_declined_is_a_value(desk):
    body = {**NEW, "sex": "declined", "birth_year": "declined", "marital_status": "declined"}

    assert send(desk, ALL, body).status_code == 201


def test_an_unreadable_name_has_a_code(desk, patient):
    PatientContact.objects.filter(patient=patient).update(name=b"\x01\x01" + bytes(60))

    row = desk.get(f"{ALL}{patient.code}/").json()

    assert row["name"] is None
    assert row["unreadable"].startswith("E-")


def test_strangers_get_not_found(sign_in_as, stranger, patient, booked):
    client = sign_in_as(stranger)

    for rest in ("", "consents/"):
        assert client.get(f"{ALL}{patient.code}/{rest}").status_code == 404
    own = [event for event in booked("access.not_found") if event.actor == stranger.pk]
    assert [event.codes for event in own] == [[], []]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN])
def test_roles_without_patients_are_refused(sign_in_as, clinic, patient, role):
    client = sign_in_as(UserFactory.create(clinic=clinic, role=role))

    assert client.get(ALL).status_code == 403
    assert send(client, ALL, NEW).status_code == 403


def test_a_token_does_what_it_was_issued_for(client, receptionist, patient):
    _token, secret = issue_token(
        user=receptionist,
        name="x",
        scopes=[Permission.VIEW_PATIENTS],
        lifetime=timedelta(days=1),
    )
    head = {"Authorization": f"Bearer {secret}"}

    assert client.get(ALL, headers=head).status_code == 200
    assert client.get(f"{ALL}{patient.code}/consents/", headers=head).status_code == 403
    assert client.get(ALL).status_code in {401, 403}


def test_of_a_restricted_record_a_no_is_taken_and_nothing_else(desk, patient):
    restricted(patient)
    path = f"{ALL}{patient.code}/"
    no = {"cell": "follow_up-sms", "answer": "refused", "manner": "spoken"}

    assert desk.get(path).status_code == 403
    assert desk.get(ALL).json()["results"] == []
    assert len(desk.get(f"{path}consents/").json()) == 8
    assert send(desk, f"{path}consents/", no | {"answer": "granted"}).status_code == 403
    assert send(desk, f"{path}consents/", no).status_code == 201


def test_consents_are_asked_and_answered(desk, patient):
    path = f"{ALL}{patient.code}/consents/"
    cells = desk.get(path).json()
    first = cells[0]
    answer = {
        "cell": "follow_up-sms",
        "answer": "granted",
        "manner": "signature",
        "text_sha256": first["text_sha256"],
    }

    done = send(desk, path, answer)
    stale = send(desk, path, {**answer, "cell": "education-sms"})
    wrong = send(desk, path, {**answer, "cell": "nothing-sms"})

    assert len(cells) == 8
    assert (
        first["text_sha256"]
        == ConsentText.objects.get(purpose="follow_up", language="zh-hans").sha256
    )
    assert (done.status_code, done.json()["allows"]) == (201, True)
    assert (first["rests"], first["ask_again_from"]) == (False, None)
    assert (stale.status_code, wrong.status_code) == (409, 422)


def test_a_no_rests_for_programs_too(desk, patient):
    path = f"{ALL}{patient.code}/consents/"
    said = {"cell": "follow_up-sms", "answer": "refused", "manner": "spoken"}
    text = desk.get(path).json()[0]["text_sha256"]
    refused = send(desk, path, said).json()

    asked = {**said, "answer": "granted", "text_sha256": text}

    assert (refused["rests"], refused["ask_again_from"] is not None) == (True, True)
    assert send(desk, path, asked).status_code == 422
    assert send(desk, path, {**asked, "unasked": True}).json()["allows"]
