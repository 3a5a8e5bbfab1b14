"""A call of the API that arrives twice is carried out once and answered twice."""

import json
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from consult.consultations.models import Consultation
from consult.fees.models import Estimate
from crm.patients.models import Patient
from crm.patients.services import registration
from crm.patients.team_models import CareTeamMember
from crm.staff.models import User
from crm.web import services
from crm.web.models import ApiAnswer
from privacy.encryption.models import SubjectKey
from tests.factories.people import UserFactory
from tests.factories.races import all_at_once

pytestmark = pytest.mark.django_db
PATIENTS = "/api/v1/patients/"
NEW = {"name": "李雷", "phone": "139 0013 9000", "chief_complaint": "复查"}
TALK = {
    "channel": "wecom",
    "source": "referral",
    "worries": ["fees"],
    "disposition": "refer_to_visit",
    "next_step": "await_patient",
    "turns": [{"speaker": "patient", "text": "多少钱？"}],
}
ESTIMATE = {
    "title": "初诊检查",
    "lines": [{"category": "basic", "item": "血检", "unit": "次", "quantity": "1", "low": "80.00"}],
}


@pytest.fixture
def desk(receptionist: User, sign_in_as) -> Client:
    return sign_in_as(receptionist)


def send(client: Client, path: str, body: object, key: str | None):
    head = {} if key is None else {"Idempotency-Key": key}
    return client.post(path, body, content_type="application/json", headers=head)


def new_key() -> str:
    return str(uuid4())


def test_the_second_call_gets_the_first_answer_and_does_nothing(desk, booked) -> None:
    key = new_key()
    first, again = send(desk, PATIENTS, NEW, key), send(desk, PATIENTS, NEW, key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    patient = Patient.objects.get()
    (event,) = booked("api.answer_repeated")
    assert (event.codes, event.fields) == ([patient.code], ["apianswer.body"])


@pytest.mark.parametrize("written", ['"{}"', "{}", "  {} "])
def test_quoted_or_not_it_is_the_same_key(desk, written) -> None:
    key = new_key()
    send(desk, PATIENTS, NEW, key)
    assert send(desk, PATIENTS, NEW, written.format(key))["Idempotency-Replayed"] == "true"


def test_the_order_of_a_bodys_names_does_not_matter(desk) -> None:
    key = new_key()
    send(desk, PATIENTS, json.dumps(NEW), key)
    turned = json.dumps(dict(reversed(NEW.items())), indent=2)
    assert send(desk, PATIENTS, turned, key)["Idempotency-Replayed"] == "true"


def test_another_body_or_place_with_the_same_key_is_refused(desk, patient) -> None:
    key = new_key()
    send(desk, PATIENTS, NEW, key)

    other = send(desk, PATIENTS, {**NEW, "name": "韩梅梅"}, key)
    elsewhere = send(desk, f"{PATIENTS}{patient.code}/consents/", NEW, key)

    assert (other.status_code, elsewhere.status_code) == (422, 422)
    assert other.json()["code"] == "key-reused"
    assert Patient.objects.count() == 2


def test_keys_of_two_people_do_not_meet(desk, clinic, sign_in_as) -> None:
    key = new_key()
    send(desk, PATIENTS, NEW, key)
    colleague = sign_in_as(UserFactory.create(clinic=clinic, role="front_desk"))
    assert send(colleague, PATIENTS, {**NEW, "phone": "13900139001"}, key).status_code == 201


def test_without_a_key_everything_is_as_ever(desk) -> None:
    send(desk, PATIENTS, NEW, None)
    assert send(desk, PATIENTS, NEW, None).status_code == 409  # a likely double
    assert not ApiAnswer.objects.exists()


@pytest.mark.parametrize("key", ["", '""', "x" * 201, "a\tb"])
def test_a_malformed_key_is_said(desk, key) -> None:
    answer = send(desk, PATIENTS, NEW, key)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["fields"]
    assert not Patient.objects.exists()


def test_a_refusal_frees_the_key(desk, booked) -> None:
    key = new_key()
    assert send(desk, PATIENTS, {**NEW, "phone": "1"}, key).status_code == 400
    assert send(desk, PATIENTS, NEW, key).status_code == 201
    other = new_key()
    assert send(desk, PATIENTS, NEW, other).status_code == 409
    assert booked("patient.similar_shown"), "what was booked before a refusal stays"
    code = Patient.objects.get().code
    more = {"set_aside": [code], "set_aside_reason": "shared_phone"}
    assert send(desk, PATIENTS, {**NEW, **more}, other).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_crash_leaves_nothing_and_frees_the_key(desk, monkeypatch) -> None:
    key = new_key()
    desk.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("crm.patients.api._out", lambda *_args: 1 / 0)
        assert send(desk, PATIENTS, NEW, key).status_code == 500
    assert not Patient.objects.exists()
    assert send(desk, PATIENTS, NEW, key).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_call_under_way_is_told_to_the_second(desk, monkeypatch) -> None:
    key, told = new_key(), []
    whole = registration.register_patient

    def slowly(**facts):
        told.extend(all_at_once([partial(send, desk, PATIENTS, NEW, key)]))
        return whole(**facts)

    monkeypatch.setattr(registration, "register_patient", slowly)
    first = send(desk, PATIENTS, NEW, key)

    (second,) = told
    assert (first.status_code, second.status_code) == (201, 409)
    assert (second.json()["code"], second["Retry-After"]) == ("in-flight", "1")
    assert Patient.objects.count() == 1
    assert send(desk, PATIENTS, NEW, key).content == first.content


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_carried_out(desk) -> None:
    key = new_key()
    answers = all_at_once([partial(send, desk, PATIENTS, NEW, key)] * 6)

    assert {one.status_code for one in answers} <= {201, 409}
    assert len({one.content for one in answers if one.status_code == 201}) == 1
    assert Patient.objects.count() == 1


def test_consultations_and_estimates_are_made_once(sign_in_as, carer, patient) -> None:
    client, own = sign_in_as(carer), f"{PATIENTS}{patient.code}/"
    for path, body in (("consultations/", TALK), ("estimates/", ESTIMATE)):
        key = new_key()
        first, again = (send(client, own + path, body, key) for _ in range(2))
        assert first.status_code == 201, first.content
        assert again.content == first.content
    assert (Consultation.objects.count(), Estimate.objects.count()) == (1, 1)


def test_what_is_kept_says_nothing_without_the_key_of_the_patient(
    sign_in_as, carer, patient
) -> None:
    client, path = sign_in_as(carer), f"{PATIENTS}{patient.code}/consultations/"
    key = new_key()
    send(client, path, TALK, key)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM crm_apianswer")
        ((box,),) = cursor.fetchall()
    assert "多少钱".encode() not in bytes(box)

    SubjectKey.objects.filter(subject_id=patient.pk).delete()
    assert send(client, path, TALK, key).status_code == 503


def test_who_has_lost_reach_gets_no_answer_again(sign_in_as, carer, patient) -> None:
    client, path = sign_in_as(carer), f"{PATIENTS}{patient.code}/consultations/"
    key = new_key()
    send(client, path, TALK, key)
    CareTeamMember.objects.all().delete()
    assert send(client, path, TALK, key).status_code == 404


def test_answers_are_forgotten_after_two_days(desk) -> None:
    send(desk, PATIENTS, NEW, new_key())
    assert str(ApiAnswer.objects.get())
    assert services.forget_submissions() == 0
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert services.forget_submissions() == 1


def test_the_schema_tells_the_header_wherever_something_is_made() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    making = {
        path: [one["name"] for one in methods["post"].get("parameters", [])]
        for path, methods in schema["paths"].items()
        if "201" in methods.get("post", {}).get("responses", {})
    }
    assert len(making) == 6
    assert [path for path, names in making.items() if "Idempotency-Key" not in names] == []
