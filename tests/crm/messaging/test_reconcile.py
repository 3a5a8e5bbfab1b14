"""Every way a provider can fail: a decided state each, and no second message outside the rule."""

from datetime import timedelta
from functools import partial
from threading import Event, Thread
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from crm.embedded.gateway.server import GatewayServer
from crm.messaging import answers
from crm.messaging.dispatch import claim, dispatch_due
from crm.messaging.models import Attempt, Message, MessageTemplate, Reason
from crm.messaging.reconcile import expire_leases, reconcile
from crm.messaging.rules import Status
from crm.messaging.services import settle_by_person
from crm.patients.models import Patient
from crm.patients.services.care import change_contact
from crm.staff.models import User
from privacy.consent.rules import Answer
from privacy.errors import Conflict
from tests.factories.messages import MessageFactory, MessageTemplateFactory, answer
from tests.factories.races import while_it_waits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
MINUTE = 60


def send(patient: Patient, template: MessageTemplate) -> Message:
    message = MessageFactory.create(patient=patient, template=template)
    dispatch_due(10)
    message.refresh_from_db()
    return message


def wait(clock: time_machine.Traveller, message: Message, minutes: float) -> Message:
    clock.shift(minutes * MINUTE)
    reconcile(10)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        ("slow", Status.ACCEPTED, ""),
        ("error_body", Status.FAILED, Reason.REFUSED),
        ("refused", Status.FAILED, Reason.REFUSED),
        ("timeout_before", Status.UNKNOWN, Reason.NO_ANSWER),
        ("timeout_after", Status.UNKNOWN, Reason.NO_ANSWER),
        ("error_before", Status.UNKNOWN, Reason.NO_ANSWER),
        ("error_after", Status.UNKNOWN, Reason.NO_ANSWER),
        ("reset_before", Status.UNKNOWN, Reason.NO_ANSWER),
        ("reset_after", Status.UNKNOWN, Reason.NO_ANSWER),
        ("garbage_before", Status.UNKNOWN, Reason.NO_ANSWER),
        ("garbage_after", Status.UNKNOWN, Reason.NO_ANSWER),
        ("busy", Status.UNKNOWN, Reason.NO_ANSWER),
    ],
)
def test_each_fault_has_its_state(
    gateway: GatewayServer,
    agreeing: Patient,
    template: MessageTemplate,
    fault: str,
    state: Status,
    reason: str,
) -> None:
    gateway.company.faults.plan(send=[fault])
    message = send(agreeing, template)
    assert (message.state, message.reason) == (state, reason)
    taken = fault == "slow" or fault.endswith("_after")
    assert len(gateway.ledger.newest(10)) == int(taken)


@pytest.mark.parametrize("fault", ["timeout_after", "error_after", "reset_after", "garbage_after"])
def test_what_the_provider_has_is_found_and_not_sent_again(
    gateway: GatewayServer,
    agreeing: Patient,
    template: MessageTemplate,
    clock: time_machine.Traveller,
    fault: str,
) -> None:
    gateway.company.faults.plan(send=[fault])
    message = send(agreeing, template)
    assert wait(clock, message, 0.9).state == Status.UNKNOWN
    assert wait(clock, message, 0.2).state == Status.ACCEPTED
    assert len(gateway.ledger.newest(10)) == 1


@pytest.mark.parametrize(
    "fault", ["timeout_before", "error_before", "reset_before", "garbage_before", "busy"]
)
def test_not_found_twice_sends_a_time_critical_message_once_more_by_the_same_reference(
    gateway: GatewayServer,
    agreeing: Patient,
    template: MessageTemplate,
    clock: time_machine.Traveller,
    fault: str,
) -> None:
    gateway.company.faults.plan(send=[fault])
    message = send(agreeing, template)
    reference = Attempt.objects.get(message=message).reference
    assert wait(clock, message, 1.1).state == Status.UNKNOWN
    assert gateway.ledger.newest(10) == []
    assert wait(clock, message, 4).state == Status.ACCEPTED
    (sent,) = gateway.ledger.newest(10)
    assert sent.out_id == reference
    wait(clock, message, 60)
    assert len(gateway.ledger.newest(10)) == 1


def test_not_found_twice_fails_what_can_wait(
    gateway: GatewayServer, agreeing: Patient, clock: time_machine.Traveller
) -> None:
    template = MessageTemplateFactory.create(time_critical=False)
    gateway.company.faults.plan(send=["reset_before"])
    message = send(agreeing, template)
    wait(clock, message, 1.1)
    message = wait(clock, message, 4)
    assert (message.state, message.reason) == (Status.FAILED, Reason.NOT_FOUND)
    assert gateway.ledger.newest(10) == []


def test_one_re_send_and_then_a_person(
    gateway: GatewayServer,
    agreeing: Patient,
    template: MessageTemplate,
    clock: time_machine.Traveller,
) -> None:
    gateway.company.faults.plan(send=["reset_before"] * 5)
    message = send(agreeing, template)
    for minutes in (1.1, 4, 10, 14):
        message = wait(clock, message, minutes)
        assert message.state == Status.UNKNOWN
    assert message.needs_person_at is None
    message = wait(clock, message, 1)
    assert message.needs_person_at is not None
    attempt = Attempt.objects.get(message=message)
    assert (attempt.asked, attempt.not_found) == (3, 3)
    assert gateway.ledger.newest(10) == []


def test_consent_is_asked_again_before_the_re_send(
    gateway: GatewayServer,
    agreeing: Patient,
    template: MessageTemplate,
    clock: time_machine.Traveller,
) -> None:
    gateway.company.faults.plan(send=["reset_before"])
    message = send(agreeing, template)
    wait(clock, message, 1.1)
    answer(agreeing, Answer.WITHDRAWN)
    message = wait(clock, message, 4)
    assert (message.state, message.reason) == (Status.FAILED, Reason.WITHDRAWN)
    assert gateway.ledger.newest(10) == []


def test_a_question_without_answer_does_not_count(
    gateway: GatewayServer,
    agreeing: Patient,
    template: MessageTemplate,
    clock: time_machine.Traveller,
) -> None:
    gateway.company.faults.plan(send=["reset_before"], lookup=["error", "garbage"])
    message = send(agreeing, template)
    for _ in range(2):
        wait(clock, message, 1.1)
        attempt = Attempt.objects.get(message=message)
        assert (attempt.asked, attempt.not_found) == (0, 0)
    wait(clock, message, 1.1)
    assert Attempt.objects.get(message=message).not_found == 1


def test_while_the_provider_is_away_a_person_still_gets_the_task(
    gateway: GatewayServer,
    agreeing: Patient,
    template: MessageTemplate,
    clock: time_machine.Traveller,
    settings,
) -> None:
    gateway.company.faults.plan(send=["timeout_before"])
    message = send(agreeing, template)
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:1"
    for _ in range(29):
        message = wait(clock, message, 1)
        assert message.needs_person_at is None
    assert wait(clock, message, 1.5).needs_person_at is not None


def test_a_hand_over_whose_worker_died_is_asked_after(
    gateway: GatewayServer,
    agreeing: Patient,
    template: MessageTemplate,
    clock: time_machine.Traveller,
) -> None:
    message = MessageFactory.create(patient=agreeing, template=template)
    claim(10)  # and the worker dies here, before it calls
    assert dispatch_due(10) == 0
    assert expire_leases(10) == 0
    clock.shift(121)
    assert expire_leases(10) == 1
    wait(clock, message, 1.1)
    assert wait(clock, message, 4).state == Status.ACCEPTED
    assert len(gateway.ledger.newest(10)) == 1


def test_a_worker_that_woke_up_late_sends_nothing(
    gateway: GatewayServer, agreeing: Patient, template: MessageTemplate, settings
) -> None:
    from crm.messaging.dispatch import push
    from crm.messaging.sms.current import provider_connection

    settings.MESSAGE_LEASE_SECONDS = 0
    message = MessageFactory.create(patient=agreeing, template=template)
    _, batch = claim(10)
    with provider_connection() as provider:
        push(batch, provider)
    message.refresh_from_db()
    assert message.state == Status.HANDED_OVER
    assert gateway.ledger.newest(10) == []


def test_a_person_settles_what_stayed_unknown(
    gateway: GatewayServer,
    agreeing: Patient,
    template: MessageTemplate,
    carer: User,
) -> None:
    gateway.company.faults.plan(send=["timeout_before"])
    message = send(agreeing, template)
    message.needs_person_at = timezone.now() + timedelta(minutes=30)
    message.save()
    settled = settle_by_person(message=message, received=False, actor=carer)
    assert (settled.state, settled.reason) == (Status.FAILED, Reason.BY_PERSON)
    assert settled.needs_person_at is None
    with pytest.raises(Conflict):
        settle_by_person(message=message, received=True, actor=carer)


@pytest.mark.django_db(transaction=True)
def test_an_answer_counts_though_another_worker_is_looking_at_the_message(
    gateway: GatewayServer,
    agreeing: Patient,
    template: MessageTemplate,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway.company.faults.plan(send=["reset_before"])
    message = send(agreeing, template)
    locked, book = Event(), answers.take_answers

    def hold() -> None:
        try:
            with transaction.atomic():
                Message.objects.select_for_update().get(pk=message.pk)
                locked.set()
                while not somebody_waits() and not over.is_set():
                    pass
        finally:
            connection.close()

    def book_then_look(*given: Any, **source: Any) -> int:
        found = book(*given, **source)
        other.start()
        assert locked.wait(5)
        return found

    over, other = Event(), Thread(target=hold)
    monkeypatch.setattr(answers, "take_answers", book_then_look)
    wait(clock, message, 1.1)
    over.set()
    other.join()

    assert Attempt.objects.get(message=message).not_found == 1


@pytest.mark.django_db(transaction=True)
def test_after_a_correction_nothing_is_sent_again_to_the_old_number(
    gateway: GatewayServer,
    agreeing: Patient,
    template: MessageTemplate,
    clock: time_machine.Traveller,
    carer: User,
) -> None:
    gateway.company.faults.plan(send=["reset_before"])
    message = send(agreeing, template)
    wait(clock, message, 1.1)
    clock.shift(4 * MINUTE)

    def correct() -> None:
        change_contact(patient=agreeing, name="", phone="+8613900139000", actor=carer)

    with while_it_waits(correct, partial(reconcile, 10)):
        pass
    (sent,) = gateway.ledger.newest(10)
    assert sent.phone == "13900139000"


def somebody_waits() -> bool:
    """Whether another transaction waits for this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks "
            "WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])
