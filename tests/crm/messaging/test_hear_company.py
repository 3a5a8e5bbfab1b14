"""The company's own side: receipts over HTTP to our address, patients' answers, its start."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.embedded.gateway import __main__ as program
from crm.embedded.gateway.faults import ReceiptFault
from crm.embedded.gateway.server import GatewayServer, Manners
from crm.messaging.dispatch import dispatch_due
from crm.messaging.models import DeliveryAnswer
from crm.messaging.rules import Status
from crm.messaging.sms.aliyun import AliyunSms
from crm.messaging.sms.callback_address import callback_address
from privacy.consent.models import Channel, Purpose
from privacy.consent.selectors import has_consent
from tests.crm.messaging.conftest import SECRET
from tests.factories.messages import (
    NEUTRAL,
    MessageFactory,
    MessageTemplateFactory,
    agreeing_patient,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(live_server, tmp_path: Path, settings) -> Iterator[GatewayServer]:
    """A company that pushes to the running app; it delivers when it is told to."""
    settings.CLINIC_OPEN_FROM, settings.CLINIC_OPEN_UNTIL = 0, 24
    settings.ALLOWED_HOSTS = ["*"]
    manners = Manners(
        callback=callback_address(live_server.url, SECRET), receipt_delay=3600, may_be_faulty=True
    )
    with GatewayServer(
        folder=tmp_path / "gateway", key_id="clinic", secret=SECRET, manners=manners
    ) as server:
        server.ledger.add_template("T", NEUTRAL)
        settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_KEY_ID = server.url, "clinic"
        settings.SMS_GATEWAY_SECRET, settings.SMS_CALLBACK_TOKEN = SECRET, ""
        yield server


@pytest.mark.parametrize(
    ("fault", "state", "receipts"),
    [
        (None, Status.DELIVERED, 1),
        (ReceiptFault.TWICE, Status.DELIVERED, 1),
        (ReceiptFault.GARBLED, Status.DELIVERED, 1),
        (ReceiptFault.FAILED, Status.FAILED, 1),
        (ReceiptFault.NEVER, Status.ACCEPTED, 0),
    ],
)
def test_receipts_come_over_http(
    company: GatewayServer, fault: ReceiptFault | None, state: Status, receipts: int
) -> None:
    template = MessageTemplateFactory.create()
    message = MessageFactory.create(patient=agreeing_patient(), template=template)
    dispatch_due(10)
    (sent,) = company.ledger.newest(1)
    company.receipts.deliver(sent.biz_id, fault)
    message.refresh_from_db()
    assert message.state == state
    assert DeliveryAnswer.objects.filter(source="receipt").count() == receipts


def test_a_patient_answers_stop(company: GatewayServer) -> None:
    patient = agreeing_patient()
    with AliyunSms(
        base_url=company.url, key_id="clinic", secret=SECRET, sign_name="", timeout=5
    ) as phone:
        taken = phone.local_action("LocalAnswer", {"PhoneNumber": "13800138000", "Content": " Ｔ "})
    assert taken.get("Taken") is True
    assert not has_consent(patient, Purpose.FOLLOW_UP, Channel.SMS)


def test_nobody_at_the_address(tmp_path: Path) -> None:
    manners = Manners(callback="http://127.0.0.1:1/", receipt_delay=3600)
    with GatewayServer(folder=tmp_path, key_id="k", secret="s", manners=manners) as server:
        server.receipts.stop_waiting()
        assert not server.receipts.push([])


def test_faults_are_planned_where_a_rehearsal_asks_for_them(company: GatewayServer) -> None:
    with AliyunSms(
        base_url=company.url, key_id="clinic", secret=SECRET, sign_name="", timeout=5
    ) as rehearsal:
        assert rehearsal.local_action("LocalFaults", {"Plan": '{"send": ["busy"]}'})
        assert company.company.faults.next_send() == "busy"
        for nonsense in ('{"send": ["nonsense"]}', '{"what": []}', "[", "7"):
            assert rehearsal.local_action("LocalFaults", {"Plan": nonsense}) == {}
        company.company.may_be_faulty = False
        assert rehearsal.local_action("LocalFaults", {"Plan": "{}"}) == {}


@pytest.mark.parametrize(
    "missing", ["SMS_GATEWAY_PORT", "SMS_GATEWAY_KEY_ID", "SMS_GATEWAY_SECRET"]
)
def test_it_says_what_its_environment_lacks(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    full = {
        "SMS_GATEWAY_PORT": "0",
        "SMS_GATEWAY_DATA_DIR": str(tmp_path),
        "SMS_GATEWAY_KEY_ID": "k",
        "SMS_GATEWAY_SECRET": "s",
    }
    for name, value in full.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)
    monkeypatch.delenv("SMS_GATEWAY_SECRET_FILE", raising=False)
    assert program.main() == 2
    assert missing.removesuffix("SECRET") in capsys.readouterr().err


def test_it_serves_until_it_is_told_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SMS_GATEWAY_PORT": "0",
        "SMS_GATEWAY_DATA_DIR": str(tmp_path),
        "SMS_GATEWAY_KEY_ID": "k",
        "SMS_GATEWAY_SECRET": "s",
    }.items():
        monkeypatch.setenv(name, value)

    def told(_server: GatewayServer, poll_interval: float) -> None:
        program._stop(15, None)

    monkeypatch.setattr(GatewayServer, "serve_forever", told)
    assert program.main() == 0
