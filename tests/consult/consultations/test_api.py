"""Programs get the same doors: list, one, submit, add."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from consult.consultations.models import Consultation
from privacy.access.policy import Role
from privacy.audit.events import AccessEvent, Kind
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.factories.consultations import draft_of, submitted_of
from tests.factories.people import PatientFactory, UserFactory

WHOLE = {
    "channel": "wecom",
    "source": "referral",
    "worries": ["fees"],
    "disposition": "refer_to_visit",
    "next_step": "await_patient",
    "note": "来电 13812345678",
    "turns": [
        {"speaker": "patient", "text": "多少钱？"},
        {"speaker": "staff", "text": "微信 xiaoyu_8899", "said_at": "2026-11-20T09:00:00+08:00"},
    ],
}


@pytest.fixture
def records(patient):
    return f"/api/v1/patients/{patient.code}/consultations/"


def send(browser, url, body):
    return browser.post(url, body, content_type="application/json")


def test_a_whole_record_is_taken_covered_and_locked(desk, records):
    answer = send(desk, records, WHOLE)

    body = answer.json()
    assert answer.status_code == 201, body
    assert body["status"] == "submitted"
    assert body["note"] == "来电 ※※※※※※※※※78"
    assert [turn["covered"] for turn in body["turns"]] == [0, 1]
    assert "xiaoyu" not in answer.content.decode()
    assert desk.get(f"{records}{body['id']}/").json() == body


def test_an_incomplete_record_leaves_nothing_behind(desk, records):
    answer = send(desk, records, WHOLE | {"next_step": "contact_again", "turns": []})

    assert answer.status_code == 400
    assert {"turns", "next_contact_at"} <= set(answer.json()["fields"])
    assert not Consultation.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"channel": "pigeon"},
        {"worries": ["low_value"]},
        {"turns": [{"speaker": "boss", "text": "x"}]},
        {"turns": [{"speaker": "staff", "text": " "}]},
        {"turns": [{"speaker": "staff", "text": "长" * 20_001}]},
        {"started_at": "2999-01-01T00:00:00Z"},
        {"disposition": None},
    ],
)
def test_what_is_not_right_is_refused(desk, records, change):
    assert send(desk, records, WHOLE | change).status_code == 400
    assert not Consultation.objects.exists()


@pytest.mark.parametrize("when", ["0213-09-12T17:55:21Z", "2300-01-01T00:00:00Z"])
def test_a_talk_of_another_century_is_refused(desk, records, when):
    turns = [{**WHOLE["turns"][0], "said_at": when}]

    answer = send(desk, records, WHOLE | {"turns": turns})
    assert answer.status_code == 400
    assert "said_at" in str(answer.json()["fields"]["turns"])
    assert send(desk, records, WHOLE | {"started_at": when}).status_code == 400


@pytest.mark.parametrize("left_out", ["source", "disposition", "next_step"])
def test_a_blank_is_for_drafts_only(desk, records, left_out):
    answer = send(desk, records, WHOLE | {left_out: ""})
    assert answer.status_code == 400
    assert left_out in answer.json()["fields"]


def test_half_a_character_is_stored_as_a_mark(desk, records):
    text = r"\ud83d\u0000好"
    body = json.dumps(WHOLE | {"turns": [{"speaker": "staff", "text": "MARK"}]})

    answer = desk.post(records, body.replace("MARK", text), content_type="application/json")

    assert answer.status_code in (201, 400)


def test_lists_hold_codes_only(desk, records, patient, carer):
    submitted_of(patient, carer)

    body = desk.get(records).json()

    assert body["count"] == 1
    assert "note" not in body["results"][0]
    assert body["results"][0]["disposition"] == "refer_to_visit"


def test_an_addendum(desk, records, patient, carer):
    record, draft = submitted_of(patient, carer), draft_of(patient, carer)

    added = send(desk, f"{records}{record.pk}/addenda/", {"kind": "addition", "text": "补充"})
    early = send(desk, f"{records}{draft.pk}/addenda/", {"kind": "addition", "text": "补充"})

    assert added.status_code == 201
    assert early.status_code == 422
    assert record.addenda.count() == 1
    assert set(added.json()) == {"kind", "author", "at"}
    schema = SchemaGenerator().get_schema(request=None, public=True)
    door = "/api/v1/patients/{code}/consultations/{consultation_id}/addenda/"
    told = schema["paths"][door]["post"]["responses"]["201"]["content"]["application/json"]
    named = schema["components"]["schemas"][told["schema"]["$ref"].rpartition("/")[2]]
    assert set(named["properties"]) == set(added.json())


def test_strangers_and_roles(sign_in_as, records, patient, carer, colleague, clinic):
    record = submitted_of(patient, carer)
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE)
    patient.care_team.create(staff=nurse)
    desk = UserFactory.create(clinic=clinic, role=Role.FRONT_DESK)

    assert sign_in_as(colleague).get(records).status_code == 404
    assert sign_in_as(colleague).get(f"{records}{record.pk}/").status_code == 404
    assert sign_in_as(nurse).get(f"{records}{record.pk}/").status_code == 200
    assert send(sign_in_as(nurse), records, WHOLE).status_code == 403
    assert sign_in_as(desk).get(records).status_code == 403


@pytest.mark.parametrize("which", ["00000000-0000-7000-8000-000000000000", "-" * 36])
def test_a_record_that_is_not_there(desk, records, which):
    assert desk.get(f"{records}{which}/").status_code == 404


@pytest.mark.parametrize("verb", ["", "addenda/"])
@pytest.mark.parametrize("in_reach", [True, False])
def test_a_record_of_another_patient_is_not_there(desk, records, clinic, carer, in_reach, verb):
    other = PatientFactory.create(clinic=clinic)
    place = other.care_team.create(staff=carer)
    record = submitted_of(other, carer, started_at=timezone.now())
    if not in_reach:
        place.delete()

    address = f"{records}{record.pk}/{verb}"
    asked = send(desk, address, {"kind": "addition", "text": "补"}) if verb else desk.get(address)
    assert asked.status_code == 404
    with acting_as(READER):
        event = AuditEvent.objects.get(action=AccessEvent.NOT_FOUND)
    assert (event.kind, event.actor, event.codes) == (Kind.DENIAL, carer.pk, [other.code])
    assert reverse("consult:consultation", args=[record.pk])
