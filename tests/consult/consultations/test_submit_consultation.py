"""What a consultation record must say before it is locked."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from consult.consultations import choices, rules
from consult.consultations.rules import Finding, Outcome, Problem

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
WHOLE = Outcome(
    channel="wecom",
    started_at=NOW - timedelta(hours=1),
    source="brand_search",
    worries=["fees"],
    explained=["optional"],
    disposition="unknown",
    next_step="await_patient",
)


def findings(outcome=WHOLE, turns=("在吗",)):
    return rules.submission_findings(turns, outcome, now=NOW)


def test_a_whole_record_has_no_findings():
    assert findings() == []


@pytest.mark.parametrize("name", ["channel", "source", "worries", "disposition", "next_step"])
def test_mandatory_fields(name):
    assert findings(replace(WHOLE, **{name: ""})) == [Finding(name, Problem.MISSING)]


@pytest.mark.parametrize("turns", [[], [" "]])
def test_a_record_without_a_word_said(turns):
    assert findings(turns=turns) == [Finding("turns", Problem.MISSING)]


def test_the_disposition_is_one_of_the_list():
    found = findings(replace(WHOLE, disposition="push_harder"))

    assert found == [Finding("disposition", Problem.NOT_A_CHOICE)]


def test_rules_and_lists_know_the_same_codes():
    assert set(choices.Disposition.values) == {one.value for one in rules.Disposition}
    assert set(choices.Speaker.values) == {one.value for one in rules.Speaker}
    assert rules.CONTACT_AGAIN in choices.NextStep.values


def test_a_sentence_that_was_typed_and_not_put_into_the_talk_stops_the_submission():
    assert findings(replace(WHOLE, unsent="还有一句")) == [Finding("unsent", Problem.LEFT_OVER)]


def test_moments_make_sense():
    later, earlier = NOW + timedelta(minutes=1), NOW - timedelta(minutes=1)
    again = replace(WHOLE, next_step=rules.CONTACT_AGAIN)

    assert findings(replace(WHOLE, started_at=later)) == [
        Finding("started_at", Problem.IN_THE_FUTURE)
    ]
    assert findings(replace(WHOLE, next_contact_at=earlier)) == [
        Finding("next_contact_at", Problem.IN_THE_PAST)
    ]
    assert findings(again) == [Finding("next_contact_at", Problem.MISSING)]
    assert findings(replace(again, next_contact_at=later)) == []


def test_limits_of_length():
    long = replace(
        WHOLE, keyword="长" * (rules.LONGEST_KEYWORD + 1), note="长" * (rules.LONGEST_NOTE + 1)
    )
    turns = ["好"] * rules.MOST_TURNS + ["长" * (rules.LONGEST_TURN + 1)]

    assert findings(long, turns) == [
        Finding("turns", Problem.TOO_MANY_TURNS, rules.MOST_TURNS),
        Finding("turns", Problem.TOO_LONG, rules.LONGEST_TURN, turn=rules.MOST_TURNS),
        Finding("keyword", Problem.TOO_LONG, rules.LONGEST_KEYWORD),
        Finding("note", Problem.TOO_LONG, rules.LONGEST_NOTE),
    ]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (" 好\n", "好"),
        ("a\x00b", "ab"),
        ("半个\ud83d字", "半个\ufffd字"),
        ("\ud83d\ude00", "😀"),
        ("䶮𬱖😀１３８", "䶮𬱖😀１３８"),
    ],
)
def test_text_is_made_storable_and_nothing_else_is_changed(text, plain):
    assert rules.plain_text(text) == plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("更正一处", []),
        ("　", [Finding("addendum", Problem.MISSING)]),
        ("长" * 4001, [Finding("addendum", Problem.TOO_LONG, rules.LONGEST_ADDENDUM)]),
    ],
)
def test_an_addendum_says_something(text, expected):
    assert rules.addendum_findings(text) == expected


def test_a_paste_is_refused_by_size_before_it_is_read():
    paste = "患者：在\n" * 300_000

    assert rules.read_paste(paste, today=TODAY) == Finding(
        "paste", Problem.PASTE_TOO_LARGE, rules.LARGEST_PASTE_BYTES
    )


def test_a_paste_without_turns_says_so():
    assert rules.read_paste("今天没人来", today=TODAY) == Finding("paste", Problem.NO_TURNS)
    assert isinstance(rules.read_paste("患者：在", today=TODAY), rules.ChatExport)


def test_a_lone_surrogate_is_only_a_character():
    assert rules.read_paste("患者：\ud800", today=TODAY).turns[0].text == "\ud800"
