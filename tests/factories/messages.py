"""Messages and what they need, for tests."""

from datetime import datetime, timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from crm.messaging.models import Message, MessageTemplate
from crm.patients.models import Patient
from privacy.consent.models import Channel, ConsentText, Purpose
from privacy.consent.rules import Answer
from privacy.consent.services import record_answer
from tests.factories.people import PatientFactory

NEUTRAL = "您好，请记得下次来访的时间。如需改期，请提前致电我们。"


class MessageTemplateFactory(DjangoModelFactory[MessageTemplate]):
    """An approved wording that the provider knows as SMS_100000001 (the gateway's first)."""

    class Meta:
        model = MessageTemplate

    code = factory.Sequence(lambda n: f"T-{n}")
    purpose = Purpose.FOLLOW_UP
    text = NEUTRAL
    time_critical = True
    provider_code = "SMS_100000001"
    approved_at = factory.LazyFunction(timezone.now)


class MessageFactory(DjangoModelFactory[Message]):
    """A queued message that is due now; the patient's consent is not part of it."""

    class Meta:
        model = Message

    patient = factory.SubFactory(PatientFactory)
    template = factory.SubFactory(MessageTemplateFactory)
    purpose = Purpose.FOLLOW_UP
    due_at = factory.LazyFunction(timezone.now)
    not_before = factory.SelfAttribute("due_at")
    idempotency_key = factory.Sequence(lambda n: f"test:{n}")
    time_critical = factory.SelfAttribute("template.time_critical")


def consent_text(purpose: Purpose = Purpose.FOLLOW_UP) -> ConsentText:
    return ConsentText.objects.get_or_create(
        purpose=purpose, language="zh-hans", version=1, defaults={"body": "同意接收随访联系。"}
    )[0]


def answer(
    patient: Patient,
    given: Answer = Answer.GRANTED,
    *,
    channel: Channel = Channel.SMS,
    purpose: Purpose = Purpose.FOLLOW_UP,
    paused_until: datetime | None = None,
) -> None:
    """Record what the patient says, as the patient."""
    record_answer(
        subject=patient,
        purpose=purpose,
        channel=channel,
        answer=given,
        actor=None,
        text=consent_text(purpose) if given == Answer.GRANTED else None,
        paused_until=paused_until,
    )


def agreeing_patient(**kwargs: object) -> Patient:
    """A patient who agreed to reminders by SMS and call."""
    patient = PatientFactory.create(**kwargs)
    answer(patient, channel=Channel.SMS)
    answer(patient, channel=Channel.CALL)
    return patient


HOUR = timedelta(hours=1)
