"""The pages of the outbox: who may open them, what they show, what is booked."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from crm.embedded.gateway.server import GatewayServer
from crm.messaging.dispatch import dispatch_due
from crm.messaging.models import Message, MessageTemplate
from crm.messaging.rules import Status
from crm.patients.models import Patient
from crm.staff.models import Clinic, User
from privacy.access.policy import Permission, Role, roles_with
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.factories.messages import MessageFactory, agreeing_patient
from tests.factories.people import ClinicFactory, UserFactory
from tests.factories.work import work_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def agreeing(clinic: Clinic) -> Patient:
    patient = agreeing_patient(clinic=clinic)
    work_of(Role.FOLLOWUP_AGENT, patient)
    return patient


@pytest.fixture
def agent(clinic: Clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.FOLLOWUP_AGENT)


def viewed(action: str) -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(action=action))


def unknown(patient: Patient, template: MessageTemplate) -> Message:
    return MessageFactory.create(
        patient=patient,
        template=template,
        state=Status.UNKNOWN,
        reason="no_answer",
        handed_over_at=timezone.now(),
        unknown_since=timezone.now(),
        needs_person_at=timezone.now(),
    )


@pytest.mark.parametrize("role", Role)
def test_only_roles_with_the_permission_open_it(clinic: Clinic, sign_in_as, role: Role) -> None:
    user = UserFactory.create(clinic=clinic, role=role)
    expected = 200 if role in roles_with(Permission.VIEW_MESSAGES) else 403
    assert sign_in_as(user).get("/messages/").status_code == expected


def test_codes_states_and_reasons_one_event_no_phone(
    agent: User, agreeing: Patient, template: MessageTemplate, sign_in_as
) -> None:
    MessageFactory.create(patient=agreeing, template=template)
    page = sign_in_as(agent).get("/messages/").content.decode()
    assert agreeing.code in page
    assert "13800138000" not in page
    (event,) = viewed("message.viewed")
    assert event.codes == [agreeing.code]


def test_a_stranger_sees_none_of_it(
    agreeing: Patient, template: MessageTemplate, sign_in_as
) -> None:
    message = unknown(agreeing, template)
    stranger = UserFactory.create(clinic=ClinicFactory.create(), role=Role.FOLLOWUP_AGENT)
    client = sign_in_as(stranger)
    assert agreeing.code not in client.get("/messages/").content.decode().replace("-", "")
    data = {"idempotency_key": "0190c2a4-0000-7000-8000-000000000001", "received": "yes"}
    assert client.post(f"/messages/{message.pk}/settle/", data).status_code == 404
    message.refresh_from_db()
    assert message.state == Status.UNKNOWN


def test_filters_and_settling(
    agent: User, agreeing: Patient, template: MessageTemplate, sign_in_as
) -> None:
    message = unknown(agreeing, template)
    client: Client = sign_in_as(agent)
    assert agreeing.code in client.get("/messages/?state=person").content.decode()
    assert agreeing.code not in client.get("/messages/?state=queued").content.decode().replace(
        "-", ""
    )
    assert agreeing.code in client.get("/messages/?state=nonsense").content.decode()
    data = {"idempotency_key": "0190c2a4-0000-7000-8000-000000000002", "received": "no"}
    assert client.post(f"/messages/{message.pk}/settle/", data).status_code == 302
    message.refresh_from_db()
    assert (message.state, message.reason) == (Status.FAILED, "by_person")


def test_the_list_takes_the_same_number_of_statements_however_long(
    agent: User,
    agreeing: Patient,
    template: MessageTemplate,
    sign_in_as,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(20):
        MessageFactory.create(patient=agreeing, template=template)
    client = sign_in_as(agent)
    with django_assert_max_num_queries(14):
        client.get("/messages/")


@pytest.fixture
def nurse_of_one(clinic: Clinic, agreeing: Patient) -> User:
    user = UserFactory.create(clinic=clinic, role=Role.NURSE)
    agreeing.care_team.create(staff=user)
    return user


def test_the_ledger_shows_what_went_out_with_the_number_masked(
    agent: User,
    agreeing: Patient,
    template: MessageTemplate,
    gateway: GatewayServer,
    sign_in_as,
    settings,
) -> None:
    settings.DEMO = True
    MessageFactory.create(patient=agreeing, template=template)
    MessageFactory.create(patient=agreeing_patient(), template=template)  # of another clinic
    dispatch_due(10)
    page = sign_in_as(agent).get("/messages/ledger/").content.decode()
    assert page.count("【健康管理中心】") == 1
    assert "·········00" in page
    assert "13800138000" not in page
    (event,) = viewed("message.ledger_viewed")
    assert event.codes == [agreeing.code]


def test_an_empty_ledger_says_when_something_will_stand_there(
    agent: User,
    agreeing: Patient,
    template: MessageTemplate,
    gateway: GatewayServer,
    sign_in_as,
    settings,
) -> None:
    settings.DEMO = True
    client = sign_in_as(agent)
    assert "没有待发的消息" in client.get("/messages/ledger/").content.decode()

    MessageFactory.create(patient=agreeing, template=template)

    page = client.get("/messages/ledger/").content.decode()
    assert "下一条" in page
    assert 'href="/messages/"' in page.partition("<main")[2]
    assert "演示" in page.partition("<footer>")[2]


def test_other_peoples_patients_do_not_push_ones_own_off_the_ledger(
    nurse_of_one: User,
    agreeing: Patient,
    template: MessageTemplate,
    gateway: GatewayServer,
    sign_in_as,
    settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.DEMO = True
    monkeypatch.setattr("crm.messaging.views.LEDGER_ROWS", 1)
    MessageFactory.create(patient=agreeing, template=template)
    dispatch_due(10)
    MessageFactory.create(patient=agreeing_patient(clinic=nurse_of_one.clinic), template=template)
    dispatch_due(10)

    rows = sign_in_as(nurse_of_one).get("/messages/ledger/").context["rows"]

    assert [one.patient for one in rows] == [agreeing]


def test_the_ledger_exists_in_the_embedded_clinic_only(agent: User, sign_in_as) -> None:
    assert sign_in_as(agent).get("/messages/ledger/").status_code == 404


def test_the_ledger_says_when_the_gateway_is_away(agent: User, sign_in_as, settings) -> None:
    settings.DEMO = True
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:1"
    assert sign_in_as(agent).get("/messages/ledger/").status_code == 200
