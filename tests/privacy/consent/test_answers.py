"""The ledger and its projection: a state machine of answers, and each refusal by name."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.consent import selectors
from privacy.consent.events import ConsentTrailEvent
from privacy.consent.models import (
    CELLS,
    Channel,
    ConsentEntry,
    ConsentState,
    ConsentText,
    Manner,
    Purpose,
)
from privacy.consent.rules import Answer, expiry, may_follow
from privacy.consent.services import AnswerOutOfOrder, TextMissing, record_answer, stop_all_contact
from privacy.consent.signals import consent_changed
from privacy.consent.texts import TEXTS
from privacy.errors import Conflict
from privacy.pseudonyms.services import issue_subject
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.sizes import of_machine

SMS = (Purpose.FOLLOW_UP, Channel.SMS)


def text_of(purpose: Purpose, version: int = 90, language: str = "zh-hans") -> ConsentText:
    found, _new = ConsentText.objects.get_or_create(
        purpose=purpose,
        language=language,
        version=version,
        defaults={"body": f"{purpose} {version}"},
    )
    return found


class Answers(RuleBasedStateMachine):
    """Any order of answers by any hand; the projection is the ledger replayed."""

    @initialize()
    def begin(self) -> None:
        self.subject = issue_subject()
        self.actor = UserFactory.create()
        self.expected: dict[tuple[str, str], Answer] = {}
        self.ending: set[tuple[str, str]] = set()  # pauses that have an end, or have reached it

    @rule(
        cell=st.sampled_from(CELLS[:4]),
        answer=st.sampled_from(Answer),
        by_patient=st.booleans(),
        pause=st.none() | st.integers(-5, 5),
    )
    def answer(self, cell, answer, by_patient, pause) -> None:
        purpose, channel = cell
        before = self.expected.get(cell)
        until = timezone.now() + timedelta(days=pause) if pause is not None else None

        def give() -> None:
            record_answer(
                subject=self.subject,
                purpose=purpose,
                channel=channel,
                answer=answer,
                actor=None if by_patient else self.actor,
                text=text_of(purpose),
                paused_until=until,
            )

        if may_follow(before, answer):
            give()
            self.expected[cell] = answer
            dated = answer is Answer.PAUSED and until is not None
            (self.ending.add if dated else self.ending.discard)(cell)
        else:
            with pytest.raises(AnswerOutOfOrder), transaction.atomic():
                give()

    @rule(pause=st.booleans())
    def stop(self, pause) -> None:
        standing = {Answer.GRANTED} if pause else {Answer.GRANTED, Answer.PAUSED}
        due = {cell for cell, answer in self.expected.items() if answer in standing} | self.ending
        changed = stop_all_contact(subject=self.subject, actor=self.actor, pause=pause)
        assert changed == len(due)
        for cell in due:
            self.expected[cell] = Answer.PAUSED if pause else Answer.WITHDRAWN
        self.ending.clear()

    @invariant()
    def the_state_is_the_ledger_replayed(self) -> None:
        if not hasattr(self, "subject"):
            return
        replayed: dict[tuple[str, str], tuple[str, object]] = {}
        for entry in reversed(selectors.ledger_of(self.subject)):
            replayed[entry.purpose, entry.channel] = (entry.answer, entry.paused_until)
        states = {
            (state.purpose, state.channel): (state.status, state.paused_until)
            for state in ConsentState.objects.filter(subject_id=self.subject.pk)
        }
        assert states == replayed
        assert {cell: Answer(value[0]) for cell, value in states.items()} == self.expected

    @invariant()
    def only_a_standing_yes_allows(self) -> None:
        if not hasattr(self, "subject"):
            return
        for purpose, channel in CELLS[:4]:
            if selectors.has_consent(self.subject, purpose, channel):
                assert self.expected.get((purpose, channel)) in {Answer.GRANTED, Answer.PAUSED}


@pytest.mark.django_db
def test_any_order_of_answers_keeps_ledger_and_state_in_step() -> None:
    run_state_machine_as_test(Answers, settings=of_machine(runs=20, steps=15))


@pytest.mark.django_db
class TestRecordAnswer:
    def give(self, patient, answer: Answer, actor=None, **how) -> ConsentState:
        how.setdefault("text", text_of(Purpose.FOLLOW_UP) if answer == Answer.GRANTED else None)
        return record_answer(
            subject=patient, purpose=SMS[0], channel=SMS[1], answer=answer, actor=actor, **how
        )

    def test_the_ledger_keeps_text_manner_and_hand(self, patient, carer) -> None:
        text = text_of(Purpose.FOLLOW_UP)
        self.give(patient, Answer.GRANTED, carer, manner=Manner.SIGNATURE, text=text)
        (entry,) = selectors.ledger_of(patient)
        assert (entry.text, entry.text_sha256, entry.manner) == (text, text.sha256, "signature")
        assert entry.operator == carer
        assert str(entry) == "follow_up/sms: granted"
        with acting_as(READER):
            event = AuditEvent.objects.get(action="consent.granted")
        assert event.codes == [patient.code]
        assert event.detail == {"manner": "signature", "text": text.sha256[:16]}

    def test_a_yes_names_the_text_of_its_purpose(self, patient, carer) -> None:
        for text in (None, text_of(Purpose.MARKETING)):
            with pytest.raises(TextMissing):
                self.give(patient, Answer.GRANTED, carer, text=text)

    def test_resuming_keeps_the_text_it_was_given_on(self, patient, carer) -> None:
        text = text_of(Purpose.FOLLOW_UP)
        self.give(patient, Answer.GRANTED, carer, text=text)
        self.give(patient, Answer.PAUSED, carer)
        state = self.give(patient, Answer.GRANTED, carer, text=None)
        assert state.status == "granted"
        assert selectors.ledger_of(patient)[0].text == text
        with acting_as(READER):
            assert AuditEvent.objects.filter(action="consent.resumed").count() == 1

    def test_a_pause_without_a_consent_line_in_the_ledger_cannot_be_resumed(self, patient) -> None:
        ConsentState.objects.create(
            subject=patient.subject, purpose=SMS[0], channel=SMS[1], status="paused"
        )
        with pytest.raises(TextMissing):
            self.give(patient, Answer.GRANTED, text=None)

    def test_a_pause_with_an_end_is_over_by_itself(self, patient, carer) -> None:
        self.give(patient, Answer.GRANTED, carer)
        soon, past = timezone.now() + timedelta(days=1), timezone.now() - timedelta(seconds=1)
        self.give(patient, Answer.PAUSED, carer, paused_until=soon)
        assert not selectors.has_consent(patient, *SMS)
        self.give(patient, Answer.PAUSED, carer, paused_until=past)
        assert selectors.has_consent(patient, *SMS)

    def test_a_listener_that_fails_undoes_the_answer(self, patient, carer) -> None:
        def refuse(**_kwargs: object) -> None:
            raise ZeroDivisionError

        consent_changed.connect(refuse)
        try:
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                self.give(patient, Answer.REFUSED, carer)
        finally:
            consent_changed.disconnect(refuse)
        assert selectors.ledger_of(patient) == []

    def test_two_first_answers_at_once_are_a_conflict(self, patient, carer, monkeypatch) -> None:
        def taken(_self: ConsentState, **_kwargs: object) -> None:
            raise IntegrityError

        monkeypatch.setattr(ConsentState, "save", taken)
        with pytest.raises(Conflict):
            self.give(patient, Answer.REFUSED, carer)

    def test_the_ledger_only_grows(self, patient, carer) -> None:
        self.give(patient, Answer.REFUSED, carer)
        for statement in ("UPDATE privacy_consententry SET answer = 'granted'",
                          "DELETE FROM privacy_consententry"):  # fmt: skip
            with (
                pytest.raises(ProgrammingError),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
        assert ConsentEntry.objects.count() == 1


@pytest.mark.django_db
class TestSelectors:
    def test_the_desk_asks_every_cell_in_order(self, patient, carer) -> None:
        text = text_of(Purpose.FOLLOW_UP, 99)
        record_answer(subject=patient, purpose=SMS[0], channel=SMS[1], answer=Answer.GRANTED,
                      actor=carer, text=text)  # fmt: skip
        cells = selectors.cells_of(patient, "zh-hans")
        assert [(cell.purpose, cell.channel) for cell in cells] == list(CELLS)
        assert [cell.allows for cell in cells] == [True] + [False] * 7
        assert cells[0].key == "follow_up-sms"
        assert cells[0].text == text
        assert str(cells[0].state) == "follow_up/sms: granted"

    def test_a_text_is_found_in_the_language_or_in_chinese(self) -> None:
        chinese = text_of(Purpose.RESEARCH, 91)
        assert selectors.consent_text(Purpose.RESEARCH, "fr") == chinese
        english = text_of(Purpose.RESEARCH, 91, "en")
        assert selectors.consent_text(Purpose.RESEARCH, "en") == english
        assert str(english) == "research v91 (en)"

    def test_other_languages_give_way(self, patient) -> None:
        text_of(Purpose.RESEARCH, 95)
        german = text_of(Purpose.RESEARCH, 96, "de")
        cells = {cell.purpose: cell for cell in selectors.cells_of(patient, "de")}
        assert cells[Purpose.RESEARCH].text == german
        assert selectors.cells_of(patient, "zh-hans")[6].text.version == 95

    def test_channels_agreed_are_told_of_many_at_once(self, patient, carer) -> None:
        nobody = PatientFactory.create()
        text = text_of(Purpose.FOLLOW_UP, 99)
        for channel in (Channel.CALL, Channel.SMS):
            record_answer(subject=patient, purpose=SMS[0], channel=channel, answer=Answer.GRANTED,
                          actor=carer, text=text)  # fmt: skip
        for who in (patient, nobody):
            record_answer(subject=who, purpose=SMS[0], channel=Channel.WECOM,
                          answer=Answer.REFUSED, actor=carer)  # fmt: skip
        found = selectors.channels_agreed([patient.pk, nobody.pk], Purpose.FOLLOW_UP)
        assert found == {patient.pk: [Channel.SMS, Channel.CALL]}
        assert selectors.channels_agreed([patient.pk], Purpose.MARKETING) == {}

    def test_cells_are_locked_for_sending(self, patient, carer) -> None:
        record_answer(subject=patient, purpose=SMS[0], channel=SMS[1], answer=Answer.REFUSED,
                      actor=carer)  # fmt: skip
        (state,) = ConsentState.objects.locked_for_sending([patient.pk])
        assert state.status == "refused"


@pytest.mark.django_db
@pytest.mark.parametrize("ended", [timedelta(days=-1), timedelta(days=1)])
def test_pausing_everything_takes_in_a_pause_with_an_end(ended):
    subject, actor = issue_subject(), UserFactory.create()
    purpose, channel = SMS
    record_answer(
        subject=subject, purpose=purpose, channel=channel, answer=Answer.GRANTED, actor=actor,
        text=text_of(purpose),
    )  # fmt: skip
    record_answer(
        subject=subject, purpose=purpose, channel=channel, answer=Answer.PAUSED, actor=actor,
        paused_until=timezone.now() + ended,
    )  # fmt: skip

    count = stop_all_contact(subject=subject, actor=actor, pause=True)

    state = ConsentState.objects.get()
    assert (count, state.status, state.paused_until) == (1, Answer.PAUSED, None)
    assert stop_all_contact(subject=subject, actor=actor, pause=True) == 0


@pytest.mark.django_db
def test_the_words_that_were_agreed_to_are_not_rewritten():
    for change in ("UPDATE privacy_consenttext SET body = 'x'", "DELETE FROM privacy_consenttext"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)


@pytest.mark.django_db
class TestConsentsWithAnEnd:
    """What the texts promise: a year, unless it is given anew."""

    YEARLY = (Purpose.MARKETING, Channel.SMS)
    GIVEN = datetime(2026, 11, 22, 10, tzinfo=UTC)

    @pytest.fixture
    def clock(self) -> Iterator[time_machine.Traveller]:
        with time_machine.travel(self.GIVEN, tick=False) as clock:
            yield clock

    def give(self, patient, answer: Answer, text: ConsentText | None = None) -> ConsentState:
        if answer == Answer.GRANTED and text is None:
            text = text_of(Purpose.MARKETING)
        purpose, channel = self.YEARLY
        return record_answer(
            subject=patient, purpose=purpose, channel=channel, answer=answer, actor=None, text=text
        )

    def test_it_holds_for_a_year_and_not_a_moment_longer(self, patient, clock) -> None:
        state = self.give(patient, Answer.GRANTED)
        assert state.expires_at == self.GIVEN + timedelta(days=365)
        clock.move_to(state.expires_at - timedelta(microseconds=1))
        assert selectors.has_consent(patient, *self.YEARLY)
        clock.move_to(state.expires_at)
        assert not selectors.has_consent(patient, *self.YEARLY)

    def test_the_desk_is_told(self, patient, clock) -> None:
        def expired() -> dict[tuple[str, str], bool]:
            cells = selectors.cells_of(patient, "zh-hans")
            return {(cell.purpose, cell.channel): cell.expired for cell in cells}

        self.give(patient, Answer.GRANTED)
        assert not any(expired().values())
        clock.shift(timedelta(days=365))
        assert expired() == {cell: cell == self.YEARLY for cell in CELLS}

    def test_given_anew_it_holds_for_another_year(self, patient, clock) -> None:
        self.give(patient, Answer.GRANTED)
        clock.shift(timedelta(days=400))
        state = self.give(patient, Answer.GRANTED)
        assert selectors.has_consent(patient, *self.YEARLY)
        assert state.expires_at == self.GIVEN + timedelta(days=400 + 365)

    def test_pausing_and_resuming_do_not_make_it_longer(self, patient, clock) -> None:
        end = self.give(patient, Answer.GRANTED).expires_at
        clock.shift(timedelta(days=30))
        assert self.give(patient, Answer.PAUSED).expires_at == end
        clock.shift(timedelta(days=30))
        assert self.give(patient, Answer.GRANTED).expires_at == end

    def test_one_that_ended_while_paused_is_asked_for_anew(self, patient, clock) -> None:
        self.give(patient, Answer.GRANTED)
        self.give(patient, Answer.PAUSED)
        clock.shift(timedelta(days=365))
        with pytest.raises(TextMissing):
            record_answer(subject=patient, purpose=self.YEARLY[0], channel=self.YEARLY[1],
                          answer=Answer.GRANTED, actor=None)  # fmt: skip
        state = self.give(patient, Answer.GRANTED)
        assert state.expires_at == self.GIVEN + timedelta(days=2 * 365)
        with acting_as(READER):
            assert not AuditEvent.objects.filter(action="consent.resumed").exists()

    def test_what_is_taken_back_has_no_end(self, patient, clock) -> None:
        self.give(patient, Answer.GRANTED)
        assert self.give(patient, Answer.WITHDRAWN).expires_at is None

    def test_reminders_have_no_end_of_their_own(self, patient, clock) -> None:
        state = record_answer(
            subject=patient, purpose=SMS[0], channel=SMS[1], answer=Answer.GRANTED, actor=None,
            text=text_of(SMS[0]),
        )  # fmt: skip
        assert state.expires_at is None

    @pytest.mark.parametrize("row", TEXTS, ids=lambda row: f"{row[0]}-{row[1]}")
    def test_the_end_is_the_one_that_the_text_names(self, row) -> None:
        purpose, _language, _version, body = row
        promised = "一年内有效" in body or "valid for one year" in body
        assert (expiry(purpose, self.GIVEN) is not None) is promised


def test_other_floors_find_what_happened_by_these_names() -> None:
    """Stored in the trail for ever, and searched for by name (crm/separation, crm/alerts)."""
    assert sorted(ConsentTrailEvent) == [
        *("consent.ended", "consent.granted", "consent.paused", "consent.refused"),
        *("consent.resumed", "consent.viewed", "consent.withdrawn"),
        *("consents.compared", "consents.differ"),
    ]
