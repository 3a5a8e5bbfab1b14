"""The present answers are the ledger's, every night; what somebody put right in SQL is found."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from crm.alerts.models import Alert
from crm.alerts.watching import watch
from crm.trail.tasks import compare_consents
from privacy.consent import comparing
from privacy.consent.models import Channel, ConsentEntry, ConsentState, Purpose
from privacy.consent.rules import Answer
from privacy.consent.services import end_consent, stop_all_contact
from tests.conftest import owner_connection
from tests.crm.conftest import booked
from tests.factories.messages import agreeing_patient, answer
from tests.factories.people import PatientFactory

__all__ = ["booked"]
pytestmark = pytest.mark.django_db(transaction=True)


def by_hand(statement: str) -> None:
    """As the database's owner, past the product."""
    with owner_connection() as owner:
        owner.execute(statement)


def test_honest_work_differs_nowhere(patient, booked, monkeypatch) -> None:
    monkeypatch.setattr(comparing, "BATCH", 2)
    for _neighbour in range(3):
        PatientFactory.create()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for purpose in (Purpose.FOLLOW_UP, Purpose.MARKETING, Purpose.EDUCATION):
            answer(patient, purpose=purpose)
            clock.shift(timedelta(days=1))
            answer(patient, Answer.PAUSED, purpose=purpose, paused_until=timezone.now())
        clock.shift(timedelta(days=30))
        answer(patient, purpose=Purpose.EDUCATION)  # resumed: its end stays
        clock.shift(timedelta(days=400))
        answer(patient, purpose=Purpose.MARKETING)  # over by then: given anew
        state = ConsentState.objects.get(purpose=Purpose.FOLLOW_UP)
        end_consent(subject=patient, state=state, process="test")
        clock.shift(timedelta(days=1))
        answer(patient, Answer.REFUSED, channel=Channel.CALL)
        other = agreeing_patient()
        stop_all_contact(subject=other, actor=None)
    assert comparing.compare() == 0
    (end,) = booked("consents.compared")
    assert (end.outcome, end.process) == ("ok", "compare_consents")
    assert end.detail == {"patients": 5, "findings": 0}
    assert not booked("consents.differ")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE privacy_consentstate SET status = 'granted' WHERE status = 'withdrawn'",
        "UPDATE privacy_consentstate SET expires_at = now() + interval '1 day'",
        "DELETE FROM privacy_consentstate",
    ],
)
def test_a_state_that_was_changed_in_sql_raises_an_alert(patient, booked, change: str) -> None:
    answer(patient)
    answer(patient, Answer.WITHDRAWN)
    agreeing_patient()
    before = ConsentEntry.objects.count()
    by_hand(f"{change} {'AND' if 'WHERE' in change else 'WHERE'} subject_id = '{patient.pk}'")

    compare_consents()
    (event,) = booked("consents.differ")
    assert (event.outcome, event.target) == ("failed", "consent:follow_up/sms")
    assert (event.codes, event.purpose, event.actor) == ([patient.code], "follow_up", None)
    assert booked("consents.compared")[0].detail["findings"] == 1
    watch()
    alert = Alert.objects.get(kind="consent")
    assert (alert.target, alert.codes) == ("consent:follow_up/sms", [patient.code])
    assert ConsentEntry.objects.count() == before  # found, not mended


def test_a_state_without_any_line_is_found(patient) -> None:
    ConsentState.objects.create(
        subject=patient.subject, purpose="marketing", channel="sms", status="granted"
    )
    assert comparing.compare() == 1


def test_an_end_that_older_versions_dated_a_moment_later_is_the_same(patient) -> None:
    answer(patient, purpose=Purpose.MARKETING)
    by_hand("UPDATE privacy_consentstate SET expires_at = expires_at + interval '20 ms'")
    assert comparing.compare() == 0


def test_of_very_many_all_are_counted_and_the_first_are_told(booked, monkeypatch) -> None:
    monkeypatch.setattr(comparing, "MOST_ALARMS", 3)
    for _patient in range(3):
        agreeing_patient()
    by_hand("DELETE FROM privacy_consentstate")
    assert comparing.compare() == 6
    assert len(booked("consents.differ")) == 3


def test_an_answer_between_the_two_readings_is_no_finding(patient, booked, monkeypatch) -> None:
    answer(patient)
    folded = comparing._folded

    def and_meanwhile(keys):
        if not connection.in_atomic_block:  # the first look, which locks nothing
            answer(patient, Answer.WITHDRAWN)
        return folded(keys)

    monkeypatch.setattr(comparing, "_folded", and_meanwhile)
    assert comparing.compare() == 0
    assert not booked("consents.differ")
