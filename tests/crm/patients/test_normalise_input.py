"""Phones and identity numbers in any written form become one form, or a reason why not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.patients import rules
from crm.patients.rules import InputProblem, Normalised, normalise_id_number, normalise_phone

TODAY = date(2026, 11, 21)
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
MOBILES = st.integers(13 * 10**9, 20 * 10**9 - 1).map(str)


@given(
    MOBILES,
    st.sampled_from(["", "+86", "0086", "86", "+86 ", "(+86)"]),
    st.sampled_from(["", " ", "-", "－", ".", "\u3000", "\u200b"]),
    st.booleans(),
)
def test_a_mobile_in_any_written_form(number, country, gap, wide):
    typed = f" {country}{gap}{number[:3]}{gap}{number[3:7]}{gap}{number[7:]} "
    typed = typed.translate(FULL_WIDTH) if wide else typed

    assert normalise_phone(typed) == Normalised("+86" + number)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("010-33673698", "+861033673698"),
        ("(0571) 7589 4526", "+8657175894526"),
        ("0571-7589452", "+865717589452"),
        ("+86 10 33673698", "+861033673698"),
        ("0086-0755-88777963", "+8675588777963"),
        ("+852 9123 4567", "+85291234567"),
        ("00852 91234567", "+85291234567"),
        ("+1 (415) 555-2671", "+14155552671"),
    ],
)
def test_landlines_and_other_countries(typed, canonical):
    assert normalise_phone(typed).value == canonical
    assert normalise_phone(canonical).value == canonical


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", InputProblem.EMPTY),
        (" - ", InputProblem.EMPTY),
        ("1" * 41, InputProblem.TOO_LONG),
        ("1380013800", InputProblem.WRONG_LENGTH),
        ("138001380000", InputProblem.WRONG_LENGTH),
        ("83669347", InputProblem.WRONG_LENGTH),
        ("12800138000", InputProblem.UNKNOWN_PREFIX),
        ("400-820-8820", InputProblem.UNKNOWN_PREFIX),
        ("2033673698", InputProblem.UNKNOWN_PREFIX),
        ("0101234567", InputProblem.UNKNOWN_PREFIX),
        ("1380013800a", InputProblem.NOT_DIGITS),
        ("没有", InputProblem.NOT_DIGITS),
        ("+86", InputProblem.NOT_DIGITS),
        ("=1+1|cmd", InputProblem.NOT_DIGITS),
    ],
)
def test_phones_that_are_not_taken(typed, problem):
    assert normalise_phone(typed) == Normalised(problem=problem)


@given(st.text(max_size=50))
def test_any_phone_text_gives_a_form_that_stays_or_a_problem(text):
    found = normalise_phone(text)

    assert bool(found.value) != bool(found.problem)
    if found.value:
        assert normalise_phone(found.value) == found


@pytest.mark.parametrize(
    "typed",
    [
        "11010119900307993x",
        "110101 19900307 993X",
        "110101-19900307-993X",
        "１１０１０１１９９００３０７９９３Ｘ",
    ],
)
def test_identity_numbers_become_eighteen_characters(typed):
    assert normalise_id_number(typed, today=TODAY) == Normalised("11010119900307993X")


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", InputProblem.EMPTY),
        ("1" * 41, InputProblem.TOO_LONG),
        ("11010119900307993", InputProblem.WRONG_LENGTH),
        ("110101900307993", InputProblem.WRONG_LENGTH),
        ("1101011990030799XX", InputProblem.NOT_DIGITS),
        ("护照E12345678", InputProblem.NOT_DIGITS),
        ("X", InputProblem.NOT_DIGITS),
        ("110101199013079930", InputProblem.IMPOSSIBLE_DATE),
        ("110101190003079930", InputProblem.IMPOSSIBLE_DATE),
        ("110101202703079930", InputProblem.IMPOSSIBLE_DATE),
        ("990101199003079930", InputProblem.UNKNOWN_PREFIX),
        ("110101199003079930", InputProblem.WRONG_CHECK),
    ],
)
def test_identity_numbers_that_are_not_taken(typed, problem):
    assert normalise_id_number(typed, today=TODAY) == Normalised(problem=problem)


def test_a_leap_day_is_a_day_like_any_other():
    found = normalise_id_number("11010119900307993X", today=date(2028, 2, 29))

    assert found.value


def test_declined_is_a_value():
    assert rules.MaritalStatus.DECLINED == rules.DECLINED == "declined"
