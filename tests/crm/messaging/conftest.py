"""A real gateway on a port of its own, at 10:00 clinic time."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from pytest_django.fixtures import Settings

from crm.embedded.gateway.server import GatewayServer, Manners
from crm.messaging.models import MessageTemplate
from crm.patients.models import Patient
from tests.factories.messages import NEUTRAL, MessageTemplateFactory, agreeing_patient

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
SECRET = "rehearsal"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Monday, 10:00 in the clinic; ``clock.shift(seconds)`` moves on."""
    with time_machine.travel(MORNING, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def gateway(tmp_path: Path, settings: Settings) -> Iterator[GatewayServer]:
    """The company, knowing one wording, with receipts that never come by themselves."""
    manners = Manners(may_be_faulty=True, receipt_delay=3600, patience=3, slowness=0.05)
    with GatewayServer(
        folder=tmp_path / "gateway", key_id="clinic", secret=SECRET, manners=manners
    ) as server:
        server.ledger.add_template("T", NEUTRAL)
        settings.SMS_GATEWAY_URL = server.url
        settings.SMS_GATEWAY_KEY_ID = "clinic"
        settings.SMS_GATEWAY_SECRET = SECRET
        settings.SMS_TIMEOUT_SECONDS = 0.4
        yield server


@pytest.fixture
def template(db: None) -> MessageTemplate:
    return MessageTemplateFactory.create()


@pytest.fixture
def agreeing(db: None) -> Patient:
    return agreeing_patient()
