"""What a consultation record must say before it is locked."""

from dataclasses import replace
from datetime import date

import pytest

from consult.consultations import rules
from consult.consultations.rules import Finding, Problem, Submission

TODAY = date(2026, 11, 21)
WHOLE = Submission(
    turns=["在吗"], source="search", worry="费用", disposition="unknown", explained="可选项非必需"
)


def test_a_whole_record_has_no_findings():
    assert rules.submission_findings(WHOLE) == []


@pytest.mark.parametrize("name", ["source", "worry", "disposition"])
def test_mandatory_fields(name):
    assert rules.submission_findings(replace(WHOLE, **{name: " \n"})) == [
        Finding(name, Problem.MISSING)
    ]


@pytest.mark.parametrize("turns", [[], [" "]])
def test_a_record_without_a_word_said(turns):
    found = rules.submission_findings(replace(WHOLE, turns=turns))

    assert found == [Finding("turns", Problem.MISSING)]


def test_the_disposition_is_one_of_the_list():
    found = rules.submission_findings(replace(WHOLE, disposition="push_harder"))

    assert found == [Finding("disposition", Problem.NOT_A_CHOICE)]
    assert {d.value for d in rules.Disposition} == {
        *("refer_to_visit", "emergency", "self_care", "unknown")
    }


def test_limits_of_length():
    long = replace(
        WHOLE,
        turns=["好"] * rules.MOST_TURNS + ["长" * (rules.LONGEST_TURN + 1)],
        worry="长" * (rules.LONGEST_WORRY + 1),
        explained="长" * (rules.LONGEST_EXPLAINED + 1),
    )

    assert rules.submission_findings(long) == [
        Finding("turns", Problem.TOO_MANY_TURNS, rules.MOST_TURNS),
        Finding("turns", Problem.TOO_LONG, rules.LONGEST_TURN, turn=rules.MOST_TURNS),
        Finding("worry", Problem.TOO_LONG, rules.LONGEST_WORRY),
        Finding("explained", Problem.TOO_LONG, rules.LONGEST_EXPLAINED),
    ]


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("更正一处", []),
        ("　", [Finding("addendum", Problem.MISSING)]),
        ("长" * 4001, [Finding("addendum", Problem.TOO_LONG, rules.LONGEST_ADDENDUM)]),
    ],
)
def test_an_addendum_says_something(text, findings):
    assert rules.addendum_findings(text) == findings


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
