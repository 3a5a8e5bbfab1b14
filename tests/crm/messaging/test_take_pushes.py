"""What the provider pushes: true receipts, forged ones, replays, and a patient who says stop."""

import json

import pytest
from django.test import Client

from crm.embedded.gateway.server import GatewayServer
from crm.messaging import inbound
from crm.messaging.dispatch import dispatch_due
from crm.messaging.models import Attempt, DeliveryAnswer, Message, MessageTemplate, Reason
from crm.messaging.rules import Status
from crm.messaging.sms.callback_address import callback_address, derived_token
from crm.patients.models import Patient
from crm.web.log_lines import Line
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.consent.models import Channel, Purpose
from privacy.consent.selectors import has_consent
from tests.crm.messaging.conftest import SECRET
from tests.factories.messages import MessageFactory, agreeing_patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
ANSWER = {"code": 0, "msg": "OK"}


@pytest.fixture
def sent(gateway: GatewayServer, agreeing: Patient, template: MessageTemplate) -> Message:
    message = MessageFactory.create(patient=agreeing, template=template)
    dispatch_due(10)
    return message


def receipt(message: Message, **changes: object) -> dict[str, object]:
    return {
        "phone_number": "13800138000",
        "send_time": "2026-11-23 10:00:00",
        "report_time": "2026-11-23 10:00:05",
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": "1",
        "biz_id": "1^0",
        "out_id": Attempt.objects.get(message=message).reference,
        **changes,
    }


def push(items: object, token: str = derived_token(SECRET)) -> Client:
    body = items if isinstance(items, bytes) else json.dumps(items).encode()
    return Client(enforce_csrf_checks=True).post(
        f"/hooks/sms/{token}/", data=body, content_type="application/json"
    )


def state_of(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def test_a_receipt_delivers(sent: Message) -> None:
    assert push([receipt(sent)]).json() == ANSWER
    assert state_of(sent) == (Status.DELIVERED, "")
    answers = DeliveryAnswer.objects.filter(attempt__message=sent)
    assert set(answers.values_list("source", "code")) == {("send", "OK"), ("receipt", "DELIVERED")}


def test_a_receipt_may_say_that_it_did_not_arrive(sent: Message) -> None:
    push([receipt(sent, success=False, err_code="MK:0001")])
    assert state_of(sent) == (Status.FAILED, Reason.NOT_RECEIVED)


def test_a_receipt_may_overtake_the_answer_and_never_goes_back(sent: Message) -> None:
    push([receipt(sent)])
    push([receipt(sent, success=False, err_code="LATE", report_time="2026-11-23 11:00:00")])
    assert state_of(sent) == (Status.DELIVERED, "")


def test_a_replay_is_kept_once(sent: Message) -> None:
    for _ in range(3):
        assert push([receipt(sent)]).json() == ANSWER
    assert DeliveryAnswer.objects.filter(source="receipt").count() == 1


@pytest.mark.parametrize("token", ["x" * 32, derived_token("another secret"), "é"])
def test_without_the_secret_address_nothing_happens(sent: Message, token: str) -> None:
    assert push([receipt(sent)], token=token).status_code == 404
    assert state_of(sent)[0] == Status.ACCEPTED


def test_without_a_secret_there_is_no_address(settings) -> None:
    settings.SMS_GATEWAY_SECRET = settings.SMS_CALLBACK_TOKEN = ""
    assert not inbound.is_callback_token("")
    settings.SMS_CALLBACK_TOKEN = "set by hand"
    assert inbound.is_callback_token("set by hand")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        {"out_id": "x"},
        [None, 1, "x", [], {}],
        [{"out_id": "x" * 5000, "success": True}],
        [{"out_id": "f" * 32, "success": True, "err_code": "DELIVERED"}],
        [{"out_id": ["x"], "success": "yes"}],
        [{"content": 7, "phone_number": None}],
        [{"content": "T", "phone_number": "not a number"}],
    ],
)
def test_nonsense_gets_the_same_answer_and_changes_nothing(sent: Message, body: object) -> None:
    response = push(body)
    assert (response.status_code, response.json()) == (200, ANSWER)
    assert state_of(sent)[0] == Status.ACCEPTED


def test_one_bad_item_does_not_lose_the_others(sent: Message) -> None:
    push([{"out_id": 7}, None, receipt(sent)])
    assert state_of(sent)[0] == Status.DELIVERED


def test_the_callback_takes_posts_only() -> None:
    assert Client().get(f"/hooks/sms/{derived_token(SECRET)}/").status_code == 405


@pytest.mark.parametrize(("end", "status"), [("/", 405), ("/more/", 404)])
def test_what_is_logged_of_a_request_holds_no_secret_address(
    caplog: pytest.LogCaptureFixture, settings, end: str, status: int
) -> None:
    token = derived_token(SECRET)
    assert Client().get(f"/hooks/sms/{token}{end}").status_code == status
    form = settings.LOGGING["formatters"]["line"]["format"]
    (line,) = [Line(form).format(one) for one in caplog.records if one.name == "django.request"]
    assert line.endswith(f"/hooks/sms/-{end}")


def test_a_stop_word_ends_all_contact_of_everyone_on_the_phone(
    gateway: GatewayServer, agreeing: Patient
) -> None:
    spouse = agreeing_patient()
    stranger = agreeing_patient(contact={"phone": "+8613900139000"})
    queued = MessageFactory.create(patient=spouse)
    push([{"phone_number": "13800138000", "content": "退订", "sequence_id": 1}])
    for patient in (agreeing, spouse):
        for channel in (Channel.SMS, Channel.CALL):
            assert not has_consent(patient, Purpose.FOLLOW_UP, channel)
    assert has_consent(stranger, Purpose.FOLLOW_UP, Channel.SMS)
    assert state_of(queued) == (Status.CANCELLED, Reason.WITHDRAWN)


def test_other_words_are_for_people(gateway: GatewayServer, agreeing: Patient) -> None:
    push([{"phone_number": "13800138000", "content": "取消预约可以吗", "sequence_id": 1}])
    assert has_consent(agreeing, Purpose.FOLLOW_UP, Channel.SMS)


def test_both_ends_work_out_the_same_address(settings) -> None:
    settings.SMS_GATEWAY_SECRET, settings.SMS_CALLBACK_TOKEN = SECRET, ""
    address = callback_address("http://127.0.0.1:8000/", SECRET)
    assert address == f"http://127.0.0.1:8000/hooks/sms/{inbound.callback_token()}/"
    assert callback_address("", SECRET) == ""


@pytest.mark.parametrize("odd", ["\x00", "a\x00b", "\ud800"])
def test_text_that_no_database_holds_does_not_lose_the_receipts_beside_it(
    sent: Message, odd
) -> None:
    bad = [
        receipt(sent, out_id=odd),
        receipt(sent, success=False, err_code=odd, out_id="nobody"),
        {"content": odd, "phone_number": odd},
    ]

    assert push([*bad, receipt(sent, report_time=odd)]).json() == ANSWER
    assert state_of(sent)[0] == Status.DELIVERED


def test_a_stranger_with_the_same_fingerprint_did_not_ask_for_anything(
    agreeing: Patient, settings
) -> None:
    stranger = agreeing_patient()
    stranger.contact.set_phone("13900139000")
    stranger.contact.save()
    stranger.contact.__class__.objects.filter(pk=stranger.contact.pk).update(
        phone_index=agreeing.contact.phone_index
    )
    settings.SMS_GATEWAY_SECRET = SECRET

    push([{"content": "退订", "phone_number": "13800138000"}])

    with acting_as(READER):
        asked = [one.codes for one in AuditEvent.objects.filter(action="message.stop_word")]
        compared = [one.codes for one in AuditEvent.objects.filter(action="message.compared")]
    assert asked == [[agreeing.code]]
    assert sorted(compared) == sorted([[agreeing.code], [stranger.code]])
    assert has_consent(stranger, Purpose.FOLLOW_UP, Channel.SMS)
