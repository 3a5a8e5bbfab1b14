"""Name and phone are asked for three times at most, and never after a no (S17, U15)."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.consultations import services
from consult.consultations.asking import MOST_ASKS, Asking, asking_in, asks, refuses
from consult.consultations.models import Consultation
from consult.consultations.notices import CURRENT, EDITIONS, edition
from consult.consultations.rules import Outcome
from consult.consultations.services.texts import hand_written
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.consult.consultations.asking_phrases import (
    ASKS,
    DOES_NOT,
    NO_REFUSAL,
    REFUSES,
    REFUSES_BY_ITSELF,
)
from tests.shared_data import shared

OUTCOME = Outcome(
    channel="wecom",
    started_at=datetime(2026, 11, 20, 1, 2, tzinfo=UTC),
    source="brand_search",
    worries=["fees"],
    disposition="refer_to_visit",
    next_step="await_patient",
)

SAY = st.tuples(
    st.sampled_from(["patient", "staff", "unknown"]),
    st.sampled_from([*ASKS, *DOES_NOT, *REFUSES, *NO_REFUSAL]) | st.text(max_size=60),
)


def test_the_list_is_long_enough_and_says_nothing_twice() -> None:
    said = [*ASKS, *DOES_NOT]
    assert len(said) >= 120
    assert len(set(said)) == len(said)
    assert len(DOES_NOT) >= 50


@pytest.mark.parametrize("text", ASKS)
def test_this_asks(text) -> None:
    assert asks(text)


@pytest.mark.parametrize("text", DOES_NOT)
def test_this_does_not(text) -> None:
    assert not asks(text)


@pytest.mark.parametrize("text", [*REFUSES, *REFUSES_BY_ITSELF])
def test_this_is_a_no(text) -> None:
    assert refuses(text, asked=True)


@pytest.mark.parametrize("text", REFUSES_BY_ITSELF)
def test_this_is_a_no_without_a_question(text) -> None:
    assert refuses(text, asked=False)


@pytest.mark.parametrize("text", NO_REFUSAL)
def test_this_is_no_no(text) -> None:
    assert not refuses(text, asked=True)


def test_a_no_about_something_else_is_none() -> None:
    assert asking_in([("staff", "哪里不舒服"), ("patient", "走路不方便")]).refused is False


@given(st.lists(SAY, max_size=12))
def test_the_count_adds_up(talk) -> None:
    found = asking_in(talk)
    staff = [text for speaker, text in talk if speaker == "staff"]
    assert found.times == sum(map(asks, staff))
    assert found.after_refusal <= found.times
    assert found.after_refusal == 0 or found.refused
    assert found.too_often is (found.times > MOST_ASKS)
    assert found.faulty is (found.too_often or found.after_refusal > 0)


@given(st.lists(SAY, max_size=8), st.lists(SAY, max_size=8))
def test_a_longer_talk_never_counts_less(first, then) -> None:
    short, whole = asking_in(first), asking_in(first + then)
    assert whole.times >= short.times
    assert whole.after_refusal >= short.after_refusal
    assert whole.refused >= short.refused


@given(st.text())
def test_any_text_is_taken(text) -> None:
    assert asks(text) in {True, False}


def test_the_fourth_is_too_many() -> None:
    talk = [("staff", "方便留个电话吗"), ("patient", "看看再说")] * 3
    assert asking_in(talk) == Asking(times=3)
    assert asking_in(talk).last_one
    assert asking_in([*talk, ("staff", "您贵姓")]).too_often


def test_after_a_no_one_is_too_many() -> None:
    talk = [("staff", "方便留个电话吗"), ("patient", "先不留了"), ("staff", "那说说症状")]
    assert asking_in(talk) == Asking(times=1, refused=True)
    assert asking_in([*talk, ("staff", "还是留一下电话吧")]).after_refusal == 1


def test_dialogues_of_doctors_hardly_ask() -> None:
    """Doctors' answers in public dialogues ask for no contact: every hit there is looked at."""
    rows = shared("consultations/dialogues.jsonl").read_text().splitlines()
    lines = [
        str(turn.get("text", ""))
        for row in rows
        for turn in json.loads(row).get("turns", [])
        if turn.get("role") != "patient"
    ]
    if not lines:
        pytest.skip("the file has another shape")
    hits = [line for line in lines if asks(line)]
    assert len(hits) <= len(lines) // 200, hits[:5]


# --- with a record --------------------------------------------------------------------------------


def booked(action: str) -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(action=action))


def talk_of(*said: tuple[str, str]) -> list[services.NewTurn]:
    return [hand_written(speaker=speaker, text=text) for speaker, text in said]


@pytest.mark.django_db
def test_the_submitted_record_bears_the_count(patient, carer, sign_in_as) -> None:
    turns = talk_of(
        ("staff", "方便留个电话吗"), ("patient", "先不留了"), ("staff", "您还是留一下电话吧"),
    )  # fmt: skip
    draft = services.start_draft(
        patient=patient, actor=carer, channel="wecom", turns=turns, notice=True
    )
    desk = sign_in_as(carer)
    page = desk.get(f"/consultations/{draft.pk}/draft/").content.decode()
    assert page.count('role="status"') >= 1
    found = services.submit(
        draft=draft, actor=carer, version=draft.version, talk_version=draft.talk_version,
        outcome=OUTCOME,
    )  # fmt: skip
    assert (found.contact_asks, found.asks_after_refusal) == (2, 1)
    assert found.asking.faulty
    assert found.notice == CURRENT
    (counted,) = booked("consultation.asks_counted")
    assert (counted.actor, counted.process) == (None, "asking")
    (event,) = booked("consultation.submitted")
    assert (event.detail["asks"], event.detail["asks_after_refusal"]) == (2, 1)
    assert desk.get(f"/consultations/{draft.pk}/").status_code == 200


@pytest.mark.django_db
def test_a_talk_that_does_not_open_is_counted_as_far_as_it_does(patient, carer) -> None:
    draft = services.start_draft(
        patient=patient, actor=carer, channel="wecom", turns=talk_of(("staff", "您贵姓"))
    )
    draft.turns.update(text=b"broken")
    found = services.submit(draft=draft, actor=carer, version=1, talk_version=1, outcome=OUTCOME)
    assert found.contact_asks == 0
    assert found.notice is None


def test_editions_are_numbered_from_one_and_never_change() -> None:
    assert [one.version for one in EDITIONS] == list(range(1, len(EDITIONS) + 1))
    assert edition(1) == EDITIONS[0]
    assert edition(99) is None
    assert "保密" in EDITIONS[0].zh


@pytest.mark.django_db
def test_the_page_that_begins_a_record_says_what_to_tell(patient, carer, sign_in_as) -> None:
    page = sign_in_as(carer).get(f"/patients/{patient.code}/consultations/new/").content.decode()
    assert CURRENT.zh in page
    assert not Consultation.objects.exists()
