"""A message moves along the table, by the database's own hand."""

import itertools

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from crm.messaging.models import Message, MessageTemplate, Reason
from crm.messaging.rules import TRANSITIONS, Status, neutral
from crm.messaging.services import (
    NotNeutral,
    approve_template,
    cancel_for_sources,
    ensure_shipped_templates,
    queue_message,
)
from crm.messaging.shipped import WORDINGS
from crm.patients.models import Patient
from privacy.errors import Conflict
from tests.crm.messaging.conftest import MORNING
from tests.factories.messages import MessageFactory, MessageTemplateFactory

pytestmark = pytest.mark.django_db
HANDED = {"handed_over_at": MORNING}


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(Status, 2)))
def test_the_database_knows_the_same_table(
    patient: Patient, template: MessageTemplate, before: Status, after: Status
) -> None:
    def stamps(state: Status) -> dict[str, object]:
        never = state in (Status.QUEUED, Status.SUPPRESSED, Status.CANCELLED)
        return {"handed_over_at": None if never else MORNING, "reason": Reason.BY_PERSON}

    message = MessageFactory.create(
        patient=patient, template=template, state=before, **stamps(before)
    )
    change = Message.objects.filter(pk=message.pk)
    if after in TRANSITIONS[before]:
        assert change.update(state=after, **stamps(after)) == 1
    else:
        with pytest.raises(IntegrityError, match="cannot go"), transaction.atomic():
            change.update(state=after, **stamps(after))


def test_a_message_keeps_patient_and_wording(patient: Patient) -> None:
    message = MessageFactory.create(patient=patient)
    with pytest.raises(IntegrityError, match="keeps its patient"), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(idempotency_key="another")


def test_nothing_in_the_outbox_is_deleted(patient: Patient) -> None:
    message = MessageFactory.create(patient=patient)
    with pytest.raises(DatabaseError), transaction.atomic():
        message.delete()


@pytest.mark.parametrize(
    "change", [{"text": "别的"}, {"approved_at": None}, {"time_critical": False}]
)
def test_an_approved_wording_stays(template: MessageTemplate, change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        MessageTemplate.objects.filter(pk=template.pk).update(**change)


def test_a_wording_that_gives_away_is_not_approved() -> None:
    draft = MessageTemplateFactory.build(text="您好，请来取试管报告。", approved_at=None)
    with pytest.raises(NotNeutral):
        approve_template(template=draft, actor=None)


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda one: one.code)
def test_the_shipped_wordings_are_neutral(wording) -> None:
    assert neutral(wording.text)
    assert "【" not in wording.text
    assert len(wording.text) <= 70  # one SMS together with the signature


def test_shipped_wordings_come_once() -> None:
    ensure_shipped_templates()
    assert ensure_shipped_templates() == 0
    codes = MessageTemplate.objects.values_list("code", flat=True)
    assert sorted(codes) == sorted(wording.code for wording in WORDINGS)


def test_the_same_key_gives_the_same_message(patient: Patient, template: MessageTemplate) -> None:
    first = queue_message(patient=patient, template=template, due_at=MORNING, idempotency_key="a")
    again = queue_message(patient=patient, template=template, due_at=MORNING, idempotency_key="a")
    assert first == again
    other = MessageTemplateFactory.create()
    with pytest.raises(Conflict):
        queue_message(patient=patient, template=other, due_at=MORNING, idempotency_key="a")


def test_a_source_takes_its_messages_back(patient: Patient, template: MessageTemplate) -> None:
    message = queue_message(
        patient=patient, template=template, due_at=MORNING, idempotency_key="a", source="step:1"
    )
    assert cancel_for_sources(sources=["step:1", "step:2"]) == 1
    message.refresh_from_db()
    assert (message.state, message.reason) == (Status.CANCELLED, Reason.PLAN_CHANGED)
