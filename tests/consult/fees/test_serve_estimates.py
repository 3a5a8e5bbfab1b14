"""The API of estimates: the pages' guards, forms, services and trail."""

import pytest

from consult.fees.lifecycle import State
from consult.fees.models import Estimate, EstimateVersion
from privacy.audit.events import AccessEvent, Kind
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.factories.fees import make_version
from tests.factories.people import PatientFactory

pytestmark = pytest.mark.django_db

LINE = {"category": "basic", "item": "B 超监测", "unit": "次", "quantity": "6", "low": "320.00"}


def url(patient, rest: str = "") -> str:
    return f"/api/v1/patients/{patient.code}/estimates/{rest}"


def send(client, path: str, body: object):
    return client.post(path, body, content_type="application/json")


def test_drawn_up_and_issued_by_a_program(sign_in_as, patient, carer) -> None:
    client = sign_in_as(carer)
    body = {
        "title": "促排卵方案",
        "lines": [
            LINE,
            {
                **LINE,
                "category": "complication",
                "low": 2000,
                "high": "3,000",
                "by_occurrence": True,
            },
        ],
    }

    made = send(client, url(patient), body)

    assert made.status_code == 201
    data = made.json()
    assert data["total"] == {"low": "13920.00", "high": "19920.00"}
    assert data["by_category"]["surgery"] == {"low": "0.00", "high": "0.00"}
    assert data["lines"][1]["by_occurrence"] is True
    issue = url(patient, f"{data['number']}/issue/")
    assert send(client, issue, {"revision": 9}).status_code == 409
    issued = send(client, issue, {"revision": data["revision"]})
    assert issued.json()["state"] == State.ISSUED
    assert send(client, issue, {"revision": 1}).status_code == 409
    assert [row["title"] for row in client.get(url(patient)).json()] == ["促排卵方案"]
    with acting_as(READER):
        actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"estimate.created", "estimate.issued", "estimate.viewed", "estimates.listed"} <= actions


def test_what_is_named_is_a_programs_own_affair_but_no_number_is(
    sign_in_as, patient, carer
) -> None:
    client = sign_in_as(carer)
    named = {"title": "张伟的方案", "lines": [{**LINE, "item": "张伟的监测"}]}
    assert send(client, url(patient), named).status_code == 201
    for body in (
        {**named, "title": "电话 13812345678"},
        {**named, "lines": [{**LINE, "insurance": "电话 13812345678"}]},
    ):
        assert send(client, url(patient), body).status_code == 400


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"low": "-1"}, "low"),
        ({"low": "1e12"}, "low"),
        ({"low": "NaN"}, "low"),
        ({"quantity": 0}, "quantity"),
        ({"high": "1"}, "high"),
    ],
)
def test_bad_numbers_are_named(sign_in_as, patient, carer, change, field) -> None:
    answer = send(sign_in_as(carer), url(patient), {"title": "x", "lines": [LINE, LINE | change]})

    assert answer.status_code == 400
    assert list(answer.json()["fields"]["lines"]) == ["1"]
    assert list(answer.json()["fields"]["lines"]["1"]) == [field]
    assert not Estimate.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"title": "", "lines": []},
        {"title": "x", "lines": "y"},
        {"title": "长" * 61, "lines": []},
        {"title": "x", "lines": [LINE | {"category": "gift"}]},
        {"title": "x", "lines": [LINE] * 201},
        {"title": "x\x00", "lines": []},
    ],
)
def test_bad_bodies_are_refused(sign_in_as, patient, carer, body) -> None:
    assert send(sign_in_as(carer), url(patient), body).status_code == 400


def test_strangers_and_unfit_roles(
    sign_in_as, patient, carer, colleague, receptionist, client
) -> None:
    version = make_version(patient, carer)
    number = version.estimate.number
    for path in (url(patient), url(patient, f"{number}/")):
        assert client.get(path).status_code in {401, 403}
        assert sign_in_as(colleague).get(path).status_code == 404
        assert sign_in_as(receptionist).get(path).status_code == 200
    assert send(sign_in_as(colleague), url(patient), {}).status_code == 404
    assert send(sign_in_as(receptionist), url(patient), {}).status_code == 403
    issue = url(patient, f"{number}/issue/")
    assert send(sign_in_as(colleague), issue, {"revision": 1}).status_code == 404
    assert EstimateVersion.objects.get().state == State.DRAFT


def test_a_number_of_somebody_else_is_not_found(sign_in_as, patient, carer, clinic) -> None:
    other = PatientFactory.create(clinic=clinic)
    number = make_version(other, carer).estimate.number

    assert sign_in_as(carer).get(url(patient, f"{number}/")).status_code == 404
    with acting_as(READER):
        event = AuditEvent.objects.get(action=AccessEvent.NOT_FOUND)
    assert (event.kind, event.actor, event.codes) == (Kind.DENIAL, carer.pk, [other.code])
