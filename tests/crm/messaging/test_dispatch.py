"""The one way out: what leaves, what waits, what is stopped, at the instant of sending."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from crm.embedded.gateway.server import GatewayServer
from crm.messaging import dispatch
from crm.messaging.dispatch import claim, dispatch_due
from crm.messaging.models import Attempt, Message, MessageTemplate, Reason
from crm.messaging.rules import Status
from crm.messaging.sms.current import NoProvider
from crm.messaging.sms.provider import Answer as Reply
from crm.messaging.sms.provider import Fate
from crm.patients.models import Patient
from crm.patients.services.care import change_contact
from crm.staff.models import User
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.consent.rules import Answer
from tests.crm.messaging.conftest import MORNING
from tests.factories.messages import (
    HOUR,
    MessageFactory,
    MessageTemplateFactory,
    agreeing_patient,
    answer,
)
from tests.factories.people import PatientFactory
from tests.factories.races import alone, while_it_waits
from tests.factories.restrictions import close

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def state_of(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def test_a_due_message_reaches_the_provider_once(
    gateway: GatewayServer, agreeing: Patient, template: MessageTemplate
) -> None:
    message = MessageFactory.create(patient=agreeing, template=template)

    assert dispatch_due(10) == 1
    assert dispatch_due(10) == 0

    assert state_of(message) == (Status.ACCEPTED, "")
    (sent,) = gateway.ledger.newest(10)
    assert sent.phone == "13800138000"
    assert sent.content.startswith("【健康管理中心】您好")
    assert sent.out_id == Attempt.objects.get(message=message).reference


def test_the_hand_over_leaves_one_event_naming_patient_field_and_message(
    gateway: GatewayServer, agreeing: Patient, template: MessageTemplate
) -> None:
    message = MessageFactory.create(patient=agreeing, template=template)
    dispatch_due(10)
    with acting_as(READER):
        (event,) = AuditEvent.objects.filter(action="message.sent")
    assert event.codes == [agreeing.code]
    assert event.fields == ["patientcontact.phone"]
    assert event.target == f"message:{message.pk}"
    assert (event.kind, event.process) == ("send", "dispatch")


def test_a_message_that_is_not_due_stays(gateway: GatewayServer, agreeing: Patient) -> None:
    message = MessageFactory.create(patient=agreeing, due_at=timezone.now() + HOUR)
    assert dispatch_due(10) == 0
    assert state_of(message)[0] == Status.QUEUED


def test_while_the_provider_is_away_messages_wait(
    gateway: GatewayServer, agreeing: Patient, settings
) -> None:
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:1"
    message = MessageFactory.create(patient=agreeing)
    assert dispatch_due(10) == 0
    assert state_of(message)[0] == Status.QUEUED


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], (Status.SUPPRESSED, Reason.NO_CONSENT)),
        ([Answer.REFUSED], (Status.SUPPRESSED, Reason.NO_CONSENT)),
        ([Answer.GRANTED, Answer.WITHDRAWN], (Status.CANCELLED, Reason.WITHDRAWN)),
        ([Answer.GRANTED, Answer.PAUSED], (Status.QUEUED, Reason.PAUSED)),
    ],
)
def test_without_consent_nothing_leaves(
    gateway: GatewayServer, given: list[Answer], expected: tuple[str, str]
) -> None:
    patient = PatientFactory.create()
    for one in given:
        answer(patient, one)
    message = MessageFactory.create(patient=patient)  # queued behind the listener's back
    dispatch_due(10)
    assert state_of(message) == expected
    assert gateway.ledger.newest(10) == []


def test_withdrawal_takes_queued_messages_out_at_once(agreeing: Patient) -> None:
    message = MessageFactory.create(patient=agreeing, due_at=MORNING + 5 * HOUR)
    answer(agreeing, Answer.WITHDRAWN)
    assert state_of(message) == (Status.CANCELLED, Reason.WITHDRAWN)


def test_a_pause_with_an_end_delays(
    gateway: GatewayServer, agreeing: Patient, clock: time_machine.Traveller
) -> None:
    answer(agreeing, Answer.PAUSED, paused_until=MORNING + 3 * HOUR)
    message = MessageFactory.create(patient=agreeing)
    dispatch_due(10)
    message.refresh_from_db()
    assert message.not_before == MORNING + 3 * HOUR
    clock.shift(3 * 3600)
    dispatch_due(10)
    assert state_of(message) == (Status.ACCEPTED, "")


def test_after_resuming_what_is_still_useful_goes_out(
    gateway: GatewayServer, agreeing: Patient, clock: time_machine.Traveller
) -> None:
    answer(agreeing, Answer.PAUSED)
    message = MessageFactory.create(patient=agreeing)
    dispatch_due(10)
    clock.shift(3600)
    answer(agreeing, Answer.GRANTED)
    dispatch_due(10)
    assert state_of(message) == (Status.ACCEPTED, "")


def test_a_pause_without_end_outlives_the_message(
    gateway: GatewayServer, agreeing: Patient, clock: time_machine.Traveller
) -> None:
    answer(agreeing, Answer.PAUSED)
    message = MessageFactory.create(patient=agreeing)
    dispatch_due(10)
    clock.shift(timedelta(hours=24, minutes=1))
    dispatch_due(10)
    assert state_of(message) == (Status.SUPPRESSED, Reason.PAUSED)


def test_a_message_a_day_late_is_not_sent(gateway: GatewayServer, agreeing: Patient) -> None:
    message = MessageFactory.create(patient=agreeing, due_at=MORNING - 25 * HOUR)
    dispatch_due(10)
    assert state_of(message) == (Status.SUPPRESSED, Reason.TOO_LATE)


@pytest.mark.parametrize(
    ("hours", "opens"),
    [(-2, MORNING - HOUR), (10.5, MORNING + 23 * HOUR), (-10, MORNING - HOUR)],
)
def test_quiet_hours_hold_until_nine(
    gateway: GatewayServer, agreeing: Patient, clock: time_machine.Traveller, hours, opens
) -> None:
    clock.move_to(MORNING + hours * HOUR)
    message = MessageFactory.create(patient=agreeing)
    dispatch_due(10)
    message.refresh_from_db()
    assert (message.state, message.reason) == (Status.QUEUED, Reason.QUIET_HOURS)
    assert message.not_before == opens
    assert gateway.ledger.newest(10) == []


def test_one_message_a_day_also_inside_one_batch(
    gateway: GatewayServer, agreeing: Patient, template: MessageTemplate
) -> None:
    first = MessageFactory.create(patient=agreeing, template=template)
    second = MessageFactory.create(patient=agreeing, template=template)
    dispatch_due(10)
    assert state_of(first) == (Status.ACCEPTED, "")
    assert state_of(second) == (Status.QUEUED, Reason.CAP)
    second.refresh_from_db()
    assert second.not_before == MORNING + 23 * HOUR


def test_three_messages_a_week(
    gateway: GatewayServer,
    agreeing: Patient,
    template: MessageTemplate,
    clock: time_machine.Traveller,
) -> None:
    for _ in range(3):
        MessageFactory.create(patient=agreeing, template=template)
        dispatch_due(10)
        clock.shift(timedelta(days=1))
    fourth = MessageFactory.create(patient=agreeing, template=template)
    dispatch_due(10)
    assert state_of(fourth) == (Status.QUEUED, Reason.CAP)
    clock.shift(timedelta(days=1))
    dispatch_due(10)
    assert state_of(fourth) == (Status.SUPPRESSED, Reason.TOO_LATE)


@pytest.mark.parametrize("status", [Patient.Status.RESTRICTED, Patient.Status.INACTIVE])
def test_a_restricted_record_is_left_alone(
    gateway: GatewayServer, agreeing: Patient, status: str
) -> None:
    close(agreeing, status)
    message = MessageFactory.create(patient=agreeing)
    dispatch_due(10)
    assert state_of(message) == (Status.SUPPRESSED, Reason.RESTRICTED)


def test_no_phone_no_message(gateway: GatewayServer, agreeing: Patient) -> None:
    agreeing.contact.set_phone("")
    agreeing.contact.save()
    message = MessageFactory.create(patient=agreeing)
    dispatch_due(10)
    assert state_of(message) == (Status.SUPPRESSED, Reason.NO_CONTACT)


@pytest.mark.parametrize(
    ("wording", "reason"),
    [
        ({"approved_at": None}, Reason.NOT_APPROVED),
        ({"text": "您好，明天试管门诊见。"}, Reason.NOT_NEUTRAL),
        ({"purpose": "marketing"}, Reason.NOT_APPROVED),
    ],
)
def test_only_approved_neutral_wording_leaves(
    gateway: GatewayServer, agreeing: Patient, wording: dict[str, object], reason: str
) -> None:
    template = MessageTemplateFactory.create(**wording)
    message = MessageFactory.create(patient=agreeing, template=template)
    dispatch_due(10)
    assert state_of(message) == (Status.SUPPRESSED, reason)
    assert gateway.ledger.newest(10) == []


def test_a_wording_the_provider_does_not_know_yet_waits(
    gateway: GatewayServer, agreeing: Patient
) -> None:
    template = MessageTemplateFactory.create(provider_code="")
    message = MessageFactory.create(patient=agreeing, template=template)
    dispatch_due(10)
    assert state_of(message) == (Status.QUEUED, Reason.NOT_REGISTERED)


def test_a_phone_that_does_not_open_stops_only_its_own_message(
    gateway: GatewayServer, agreeing: Patient, template: MessageTemplate
) -> None:
    other = agreeing_patient()
    broken = MessageFactory.create(patient=agreeing, template=template)
    whole = MessageFactory.create(patient=other, template=template)
    box = bytearray(agreeing.contact.phone.box)
    box[-1] ^= 1
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_patientcontact SET phone = %s WHERE patient_id = %s",
            [bytes(box), agreeing.pk],
        )
    dispatch_due(10)
    assert state_of(broken) == (Status.SUPPRESSED, Reason.UNREADABLE)
    assert state_of(whole) == (Status.ACCEPTED, "")
    assert not Attempt.objects.filter(message=broken).exists()


def test_nothing_of_the_phone_shows_in_a_hand_over(agreeing: Patient) -> None:
    MessageFactory.create(patient=agreeing)
    _, batch = claim(10)
    assert "13800138000" not in repr(batch)


@pytest.mark.django_db(transaction=True)
def test_what_is_withdrawn_during_a_call_stops_messages_whose_call_has_not_begun(
    template: MessageTemplate, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MESSAGE_LANES = 1
    patients = [agreeing_patient() for _ in range(3)]
    messages = [MessageFactory.create(patient=one, template=template) for one in patients]
    called: list[str] = []

    class Slow(NoProvider):
        """Takes so long for its first call that the third patient withdraws in the meantime."""

        def is_reachable(self) -> bool:
            return True

        def send(self, *, phone: str, template: str, reference: str) -> Reply:
            if not called:
                alone(partial(answer, patients[2], Answer.WITHDRAWN))
            called.append(reference)
            return Reply(Fate.ACCEPTED, "OK")

    @contextmanager
    def connected() -> Iterator[Slow]:
        yield Slow()

    monkeypatch.setattr(dispatch, "provider_connection", connected)

    assert dispatch_due(10) == 2

    assert state_of(messages[2]) == (Status.CANCELLED, Reason.WITHDRAWN)
    references = Attempt.objects.order_by("created_at").values_list("reference", flat=True)
    assert called == list(references)
    assert {state_of(one) for one in messages[:2]} == {(Status.ACCEPTED, "")}


def test_a_round_ends_at_its_limit(
    gateway: GatewayServer, template: MessageTemplate, settings
) -> None:
    settings.MESSAGE_LANES = 2
    for _ in range(5):
        MessageFactory.create(patient=agreeing_patient(), template=template)
    assert [dispatch_due(3), dispatch_due(3), dispatch_due(3)] == [3, 2, 0]


@pytest.mark.django_db(transaction=True)
def test_after_a_correction_nothing_leaves_for_the_old_number(
    agreeing: Patient, template: MessageTemplate, carer: User
) -> None:
    """The correction is under way, the hand-over waits for it, and then reads the new number."""
    MessageFactory.create(patient=agreeing, template=template)
    phones: list[str] = []

    def correct() -> None:
        change_contact(patient=agreeing, name="", phone="+8613900139000", actor=carer)

    def hand_over() -> None:
        _, batch = claim(10)
        phones.extend(one.phone for one in batch)

    with while_it_waits(correct, hand_over):
        pass
    assert phones == ["+8613900139000"]
