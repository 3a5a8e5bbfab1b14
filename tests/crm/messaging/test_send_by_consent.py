"""Sending against a model: whatever the patient said in whatever order, a message leaves at an
instant exactly when the last word of the patient, the hour and the caps allow it then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from crm.messaging.dispatch import claim
from crm.messaging.models import Message, MessageTemplate, Reason
from crm.messaging.rules import Status
from privacy.consent.models import Channel, ConsentText, Purpose
from privacy.consent.rules import Answer
from privacy.consent.services import AnswerOutOfOrder, record_answer, stop_all_contact
from tests.crm.messaging.conftest import MORNING, SHANGHAI
from tests.factories.messages import MessageFactory, MessageTemplateFactory
from tests.factories.people import PatientFactory
from tests.factories.sizes import of_machine

# One that lasts until it is taken back, and one whose text says "a year".
PURPOSES = (Purpose.FOLLOW_UP, Purpose.EDUCATION)
CHANNELS = (Channel.SMS, Channel.CALL)  # what is said about calls is nothing to a message
STANDING = {"granted", "paused"}
DAYS = (0.01, 0.1, 0.4, 1, 3, 8, 40, 200, 365)


@dataclass
class Said:
    """What the model knows of one cell."""

    last: str | None = None
    pause_ends: datetime | None = None
    ends: datetime | None = None

    def allows(self, now: datetime) -> bool:
        if self.ends is not None and now >= self.ends:
            return False
        if self.last == "paused":
            return self.pause_ends is not None and now >= self.pause_ends
        return self.last == "granted"


class Sending(RuleBasedStateMachine):
    """The patient speaks, time passes, texts change, messages come due."""

    @initialize()
    def begin(self) -> None:
        self.clock = time_machine.travel(MORNING, tick=False)
        self.traveller = self.clock.start()
        self.now = MORNING
        self.patient = PatientFactory.create()
        self.templates: dict[Purpose, MessageTemplate] = {
            purpose: MessageTemplateFactory.create(purpose=purpose) for purpose in PURPOSES
        }
        self.said = {(purpose, channel): Said() for purpose in PURPOSES for channel in CHANNELS}
        self.texts = dict.fromkeys(PURPOSES, 50)
        self.left: list[datetime] = []
        self.waiting: dict[object, tuple[Purpose, datetime]] = {}

    def teardown(self) -> None:
        """All runs share one database: what still waits here would fill the rounds of the next."""
        if hasattr(self, "patient"):
            left = Message.objects.filter(patient=self.patient, state=Status.QUEUED)
            left.update(state=Status.CANCELLED, reason=Reason.TOO_LATE)
        if hasattr(self, "clock"):
            self.clock.stop()

    # --- what happens -------------------------------------------------------------------------

    @rule(days=st.sampled_from(DAYS))
    def time_passes(self, days: float) -> None:
        self.now += timedelta(days=days)
        self.traveller.move_to(self.now)

    @rule(purpose=st.sampled_from(PURPOSES))
    def a_new_text_is_laid_down(self, purpose: Purpose) -> None:
        """Who agreed to the old one agreed to that (R6): nothing else changes."""
        self.texts[purpose] += 1

    @rule(
        purpose=st.sampled_from(PURPOSES),
        channel=st.sampled_from(CHANNELS),
        answer=st.sampled_from(Answer),
        pause=st.none() | st.sampled_from([-1, 1, 5, 30]),
    )
    def the_patient_answers(self, purpose, channel, answer, pause) -> None:
        cell = self.said[purpose, channel]
        until = self.now + timedelta(days=pause) if pause is not None else None
        if not self._may_say(cell, answer):
            with pytest.raises(AnswerOutOfOrder), transaction.atomic():
                self._tell(purpose, channel, answer, until)
            return
        resumes = cell.last == "paused" and not (cell.ends and self.now >= cell.ends)
        self._tell(purpose, channel, answer, until)
        if answer == Answer.GRANTED and not resumes:
            yearly = purpose == Purpose.EDUCATION
            cell.ends = self.now + timedelta(days=365) if yearly else None
        elif answer in {Answer.REFUSED, Answer.WITHDRAWN}:
            cell.ends = None
            self._forget(purpose, channel)
        cell.last, cell.pause_ends = answer.value, until if answer == Answer.PAUSED else None

    def _may_say(self, cell: Said, answer: Answer) -> bool:
        if answer == Answer.GRANTED:
            return True
        if answer == Answer.REFUSED:
            return cell.last in {None, "refused", "withdrawn"}  # asked anew, and refused
        if answer == Answer.WITHDRAWN:
            return cell.last in {*STANDING, "withdrawn"}
        return cell.last in STANDING

    def _tell(self, purpose, channel, answer, until) -> None:
        text = ConsentText.objects.get_or_create(
            purpose=purpose, language="zh-hans", version=self.texts[purpose],
            defaults={"body": f"{purpose} {self.texts[purpose]}"},
        )[0]  # fmt: skip
        record_answer(
            subject=self.patient, purpose=purpose, channel=channel, answer=answer, actor=None,
            text=text if answer == Answer.GRANTED else None, paused_until=until,
        )  # fmt: skip

    @rule(pause=st.booleans())
    def all_contact_is_stopped(self, pause: bool) -> None:
        stop_all_contact(subject=self.patient, actor=None, pause=pause)
        for (purpose, channel), cell in self.said.items():
            if pause and (cell.last == "granted" or cell.pause_ends):
                cell.last, cell.pause_ends = "paused", None
            elif not pause and cell.last in STANDING:
                cell.last, cell.pause_ends, cell.ends = "withdrawn", None, None
                self._forget(purpose, channel)

    def _forget(self, purpose: Purpose, channel: Channel) -> None:
        """A no takes out what waits at that moment."""
        if channel != Channel.SMS:
            return
        gone = [key for key, (about, _due) in self.waiting.items() if about == purpose]
        left = Message.objects.filter(pk__in=gone).exclude(state=Status.CANCELLED)
        assert not left.exists()
        for key in gone:
            del self.waiting[key]

    @rule(purpose=st.sampled_from(PURPOSES))
    def a_message_is_due_later(self, purpose: Purpose) -> None:
        message = self._message(purpose, self.now + timedelta(hours=30))
        self.waiting[message.pk] = (purpose, message.due_at)

    @rule(purpose=st.sampled_from(PURPOSES))
    def a_message_is_due(self, purpose: Purpose) -> None:
        """The one that matters: at this instant it leaves if the model allows it, and only then."""
        self._round()  # what was due before goes, or waits, on its own
        allowed = self._allows(purpose, self.now)
        message = self._message(purpose, self.now)
        claim(100)
        message.refresh_from_db()
        assert (message.state == Status.HANDED_OVER) is allowed, (message.state, message.reason)
        if allowed:
            self.left.append(self.now)
        elif message.state == Status.QUEUED:
            self.waiting[message.pk] = (purpose, message.due_at)

    @rule()
    def a_round_of_sending(self) -> None:
        self._round()

    # --- the model ----------------------------------------------------------------------------

    def _round(self) -> None:
        """Whatever of those that wait leaves now was allowed to, one after the other."""
        claim(100)
        for message in Message.objects.filter(pk__in=list(self.waiting)).exclude(
            state=Status.QUEUED
        ):
            purpose, due = self.waiting.pop(message.pk)
            if message.state == Status.HANDED_OVER:
                assert self._allows(purpose, due), (message.due_at, self.now)
                self.left.append(self.now)

    def _allows(self, purpose: Purpose, due: datetime) -> bool:
        here = self.now.astimezone(SHANGHAI)
        today = [one for one in self.left if one.astimezone(SHANGHAI).date() == here.date()]
        week = [one for one in self.left if self.now - one < timedelta(days=7)]
        return (
            self.said[purpose, Channel.SMS].allows(self.now)
            and due <= self.now < due + timedelta(hours=24)
            and 9 <= here.hour < 20
            and len(today) < 1
            and len(week) < 3
        )

    def _message(self, purpose: Purpose, due: datetime) -> Message:
        return MessageFactory.create(
            patient=self.patient, template=self.templates[purpose], purpose=purpose, due_at=due
        )


@pytest.mark.django_db
def test_a_message_leaves_exactly_when_the_model_allows_it() -> None:
    run_state_machine_as_test(Sending, settings=of_machine(runs=12, steps=15))
