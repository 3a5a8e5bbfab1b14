"""Codes are random, readable, and a slip of the pen never opens another record."""

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.pseudonyms import rules
from privacy.pseudonyms.rules import ALPHABET, make_code, parse_code, parse_codes

CODES = st.lists(st.sampled_from(ALPHABET), min_size=7, max_size=7).map(
    lambda stem: "".join(stem) + rules.check_character("".join(stem))
)
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def test_the_alphabet_has_no_look_alikes():
    assert len(set(ALPHABET)) == 32
    assert not set("ILOU") & set(ALPHABET)


def test_codes_are_seven_random_characters_and_a_check():
    codes = {make_code() for _ in range(2000)}

    assert len(codes) == 2000
    assert all(len(code) == 8 and parse_code(code) == code for code in codes)


@given(CODES)
def test_every_single_substitution_is_caught(code):
    """All 8 x 31 of them: over the field this is proof, here it is also counted."""
    for place in range(8):
        for other in ALPHABET:
            slipped = code[:place] + other + code[place + 1 :]
            assert (parse_code(slipped) is None) == (other != code[place])


@given(CODES)
def test_every_swap_of_neighbours_is_caught(code):
    for place in range(7):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert parse_code(swapped) == (code if code[place] == code[place + 1] else None)


@pytest.mark.parametrize("place", range(7))
def test_all_swaps_of_all_pairs_are_caught_at_each_place(place):
    """The check is linear, so pairs among zeros stand for pairs among anything."""
    for left in ALPHABET:
        for right in ALPHABET:
            stem = "0" * place + left + right + "0" * (5 - place) if place < 6 else "000000" + left
            code = stem + rules.check_character(stem)
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert parse_code(swapped) == (code if code[place] == code[place + 1] else None)


@given(CODES, st.randoms(use_true_random=False))
def test_typing_is_forgiven(code, dice: random.Random):
    loose = {"0": "0Oo", "1": "1IiLl", "V": "VvUu"}
    typed = "".join(dice.choice(loose.get(c, c + c.lower())) for c in code)
    typed = "".join(sign + dice.choice(["", " ", "-", "－", "\u3000", "—"]) for sign in typed)

    assert parse_code(typed) == code
    assert parse_code(typed.translate(FULL_WIDTH)) == code
    assert parse_code(rules.display_code(code)) == code
    assert len(rules.display_code(code)) == 9


@pytest.mark.parametrize(
    "text", ["", "7K2M9QX", "7K2M9QXAA", "患者", "B-001", "0" * 65, "7K2M9QX!", "' OR 1=1"]
)
def test_what_is_no_code(text):
    assert parse_code(text) is None


@given(st.text(max_size=30))
def test_any_text_is_answered(text):
    code = parse_code(text)

    assert code is None or (len(code) == 8 and set(code) <= set(ALPHABET))
    assert rules.parse_visit_code(text) is None or any(
        unicodedata.decimal(sign, None) is not None for sign in unicodedata.normalize("NFKC", text)
    )


@pytest.mark.parametrize(
    ("number", "letter", "code"),
    [(1, "B", "B-001"), (42, "A", "A-042"), (999, "B", "B-999"), (1024, "B", "B-1024")],
)
def test_visit_codes(number, letter, code):
    assert rules.visit_code(number, letter) == code
    assert rules.parse_visit_code(code, letter) == number


@pytest.mark.parametrize(
    ("number", "letter"), [(0, "B"), (-1, "B"), (100_000, "B"), (1, "O"), (1, "b"), (1, "")]
)
def test_visit_codes_that_cannot_be(number, letter):
    with pytest.raises(ValueError, match="visit"):
        rules.visit_code(number, letter)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("b001", 1), ("Ｂ－００１", 1), (" B – 12 ", 12), ("7", 7), ("", None), ("B-", None),
        ("A-001", None), ("B-000", None), ("B-100000", None), ("B-0x1", None), ("B" * 65, None),
    ],
)  # fmt: skip
def test_visit_codes_as_typed(typed, number):
    assert rules.parse_visit_code(typed) == number


def test_a_pasted_list_of_codes() -> None:
    one, other = make_code(), make_code()
    text = f"\ufeff{one[:4]}-{one[4:]}，{other.lower()}\r\n{one}\t{one[:4]} {one[4:]} ; x1 {other}"
    assert parse_codes(text) == ([one, other], ["x1"])
    assert parse_codes(" \n") == ([], [])
