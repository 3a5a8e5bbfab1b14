"""/api/v1/patients/<code>/plans/: the same rules, and the same silence towards strangers."""

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from crm.patients.models import Patient
from crm.staff.models import Clinic, User
from followup.plans.models import Plan, PlanTemplate
from privacy.access.policy import Permission, Role, roles_with
from privacy.audit.events import AccessEvent, Kind
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.factories.followup import PlanFactory
from tests.factories.people import ClinicFactory, PatientFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
JSON = "application/json"


def test_create_list_pause_resume_stop(
    agreeing: Patient, agent: User, first_visit: PlanTemplate, sign_in_as
) -> None:
    client: Client = sign_in_as(agent)
    address = f"/api/v1/patients/{agreeing.code}/plans/"
    made = client.post(
        address, {"template": "first-visit", "anchor_on": "2026-11-23"}, content_type=JSON
    )
    assert made.status_code == 201, made.content
    assert made.json()["state"] == "active"
    assert len(made.json()["steps"]) == 3
    (listed,) = client.get(address).json()
    plan = f"{address}{listed['id']}/"
    for verb, body, state in [
        ("pause", {"version": 2, "reason": "patient_wish"}, "paused"),
        ("resume", {"version": 3}, "active"),
        ("stop", {"version": 4, "reason": "clinical"}, "stopped"),
    ]:
        answer = client.post(f"{plan}{verb}/", body, content_type=JSON)
        assert (answer.status_code, answer.json().get("state")) == (200, state), answer.content
    stale = client.post(f"{plan}pause/", {"version": 1, "reason": "clinical"}, content_type=JSON)
    assert stale.status_code == 409


def test_a_repeated_call_starts_one_plan(
    agreeing: Patient, agent: User, first_visit: PlanTemplate, sign_in_as
) -> None:
    client: Client = sign_in_as(agent)
    address = f"/api/v1/patients/{agreeing.code}/plans/"
    body = {"template": "first-visit", "anchor_on": "2026-11-23"}
    first, again = (
        client.post(address, body, content_type=JSON, headers={"Idempotency-Key": "one"})
        for _ in range(2)
    )
    assert (first.status_code, again.content) == (201, first.content)
    assert Plan.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"template": "nonsense", "anchor_on": "2026-11-23"}, 400),
        ({"template": "first\0visit", "anchor_on": "2026-11-23"}, 400),
        ({"template": {"code": "first-visit"}, "anchor_on": "2026-11-23"}, 400),
        ({"template": "first-visit", "anchor_on": "soon"}, 400),
        ({"template": "first-visit", "anchor_on": "2026-11-20"}, 422),
        ({"template": "first-visit", "anchor_on": "2062-01-01"}, 422),
    ],
)
def test_bad_input_is_named(
    agreeing: Patient, agent: User, first_visit: PlanTemplate, sign_in_as, body, status: int
) -> None:
    address = f"/api/v1/patients/{agreeing.code}/plans/"
    assert sign_in_as(agent).post(address, body, content_type=JSON).status_code == status
    assert not Plan.objects.exists()


def test_without_consent_there_is_no_plan(
    clinic: Clinic, agent: User, first_visit: PlanTemplate, sign_in_as
) -> None:
    patient = PatientFactory.create(clinic=clinic, stage="follow_up")
    body = {"template": "first-visit", "anchor_on": "2026-11-23"}
    address = f"/api/v1/patients/{patient.code}/plans/"
    answer = sign_in_as(agent).post(address, body, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "consent-missing")


@pytest.mark.parametrize("role", Role)
def test_roles(clinic: Clinic, agreeing: Patient, sign_in_as, role: Role) -> None:
    user = UserFactory.create(clinic=clinic, role=role)
    agreeing.care_team.create(staff=user)
    expected = 200 if role in roles_with(Permission.VIEW_PLANS) else 403
    address = f"/api/v1/patients/{agreeing.code}/plans/"
    assert sign_in_as(user).get(address).status_code == expected


def test_a_stranger_gets_404(agreeing: Patient, sign_in_as) -> None:
    stranger = UserFactory.create(clinic=ClinicFactory.create(), role=Role.NURSE)
    assert sign_in_as(stranger).get(f"/api/v1/patients/{agreeing.code}/plans/").status_code == 404


@pytest.mark.parametrize("verb", ["pause", "resume", "stop"])
def test_a_plan_of_somebody_else_is_not_there_and_that_is_booked(
    agreeing: Patient, agent: User, sign_in_as, verb: str
) -> None:
    plan = PlanFactory.create()
    address = f"/api/v1/patients/{agreeing.code}/plans/{plan.pk}/{verb}/"
    asked = sign_in_as(agent).post(address, {"version": 1}, content_type=JSON)
    assert asked.status_code == 404
    with acting_as(READER):
        event = AuditEvent.objects.get(action=AccessEvent.NOT_FOUND)
    assert (event.kind, event.actor, event.target) == (Kind.DENIAL, agent.pk, f"plan:{plan.pk}")


@pytest.mark.parametrize(
    ("address", "fields", "required"),
    [
        ("", {"template", "anchor_on", "skip_past", "only_propose"}, {"template", "anchor_on"}),
        ("{id}/pause/", {"version", "reason"}, {"version", "reason"}),
        ("{id}/resume/", {"version"}, {"version"}),
        ("{id}/stop/", {"version", "reason"}, {"version", "reason"}),
    ],
)
def test_the_schema_tells_what_is_accepted(address, fields, required) -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    operation = schema["paths"][f"/api/v1/patients/{{code}}/plans/{address}"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    named = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]

    assert set(named["properties"]) == fields
    assert set(named["required"]) == required
    answer = operation["responses"]["200" if address else "201"]["content"]["application/json"]
    assert answer["schema"]["$ref"].endswith("/Plan")


@pytest.mark.parametrize(("component", "name"), [("Plan", "reason"), ("Step", "note")])
def test_the_schema_tells_that_most_have_no_reason(component, name) -> None:
    schemas = SchemaGenerator().get_schema(request=None, public=True)["components"]["schemas"]
    choices = schemas[component]["properties"][name]["oneOf"]
    told = [schemas[one["$ref"].rpartition("/")[2]] for one in choices]

    assert {"enum": [""]} in told
