"""A text that means something else now ends what was agreed to before; better words do not (R6)."""

import pytest

from crm.embedded.gateway.server import GatewayServer
from crm.messaging import tasks
from crm.messaging.dispatch import dispatch_due
from crm.messaging.models import Message, MessageTemplate, Reason
from crm.messaging.rules import Status
from crm.patients.models import Patient
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.consent import comparing, selectors
from privacy.consent.models import Channel, ConsentEntry, ConsentState, ConsentText, Manner, Purpose
from privacy.consent.rules import Answer
from privacy.consent.services import TextMissing, record_answer
from privacy.consent.texts import MATERIAL_FROM, TEXTS
from tests.crm.messaging.conftest import agreeing, clock, gateway, template
from tests.factories.messages import MessageFactory, answer

__all__ = ["agreeing", "clock", "gateway", "template"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
SMS = (Purpose.FOLLOW_UP, Channel.SMS)


@pytest.fixture
def reworded() -> ConsentText:
    """Version 2 of the text on follow-up."""
    return ConsentText.objects.create(
        purpose=Purpose.FOLLOW_UP, language="zh-hans", version=2, body="同意的新文本。"
    )


@pytest.fixture
def material(reworded: ConsentText, monkeypatch) -> ConsentText:
    """Version 2, which means something else."""
    monkeypatch.setattr(selectors, "MATERIAL_FROM", {Purpose.FOLLOW_UP: 2})
    return reworded


def renew(patient: Patient, text: ConsentText) -> None:
    record_answer(
        subject=patient, purpose=SMS[0], channel=SMS[1], answer=Answer.GRANTED, actor=None,
        manner=Manner.OWN_SCREEN, text=text,
    )  # fmt: skip


def test_nothing_is_sent_on_the_old_words_until_they_are_renewed(
    gateway: GatewayServer, template: MessageTemplate, agreeing: Patient, material: ConsentText
) -> None:
    held: Message = MessageFactory.create(patient=agreeing, template=template)
    dispatch_due(10)  # before any job has run
    held.refresh_from_db()
    assert (held.state, held.reason) == (Status.SUPPRESSED, Reason.NO_CONSENT)
    assert gateway.ledger.newest(10) == []

    renew(agreeing, material)
    MessageFactory.create(patient=agreeing, template=template)
    dispatch_due(10)
    assert len(gateway.ledger.newest(10)) == 1


def test_better_words_alone_change_nothing(
    gateway: GatewayServer, template: MessageTemplate, agreeing: Patient, reworded: ConsentText
) -> None:
    MessageFactory.create(patient=agreeing, template=template)
    tasks.end_outdated()
    dispatch_due(10)
    assert len(gateway.ledger.newest(10)) == 1
    assert selectors.has_consent(agreeing, *SMS)


def test_the_job_ends_them_for_screens_and_calls_once(
    agreeing: Patient, material: ConsentText, settings
) -> None:
    settings.MESSAGE_BATCH = 1
    answer(agreeing, purpose=Purpose.MARKETING)  # its words mean what they meant
    for _run in range(2):
        tasks.end_outdated()
    assert selectors.channels_agreed([agreeing.pk], Purpose.FOLLOW_UP) == {}
    assert selectors.has_consent(agreeing, Purpose.MARKETING, Channel.SMS)
    assert ConsentEntry.objects.filter(answer="ended").count() == 2
    with acting_as(READER):
        events = AuditEvent.objects.filter(action="consent.ended", process="consent-texts")
        assert {event.target for event in events} == {
            "consent:follow_up/sms",
            "consent:follow_up/call",
        }
    assert comparing.compare() == 0

    renew(agreeing, material)
    tasks.end_outdated()
    assert selectors.has_consent(agreeing, *SMS)


def test_a_pause_on_the_old_words_is_not_resumed(agreeing: Patient, material: ConsentText) -> None:
    answer(agreeing, Answer.PAUSED)
    tasks.end_outdated()
    with pytest.raises(TextMissing):
        record_answer(
            subject=agreeing, purpose=SMS[0], channel=SMS[1], answer=Answer.GRANTED, actor=None
        )


def test_a_no_stays_a_no(agreeing: Patient, material: ConsentText) -> None:
    answer(agreeing, Answer.WITHDRAWN)
    tasks.end_outdated()
    assert ConsentState.objects.get(channel=Channel.SMS).expires_at is None


def test_every_change_of_meaning_has_its_words_in_both_languages() -> None:
    versions = {(purpose, language, version) for purpose, language, version, _body in TEXTS}
    for purpose, version in MATERIAL_FROM.items():
        assert {(purpose, one, version) for one in ("zh-hans", "en")} <= versions
