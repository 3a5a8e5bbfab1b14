"""What of a name may be seen, and what of it may be searched."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.patients.rules import (
    TokenKind,
    fold_name,
    form_of_address,
    mask_name,
    mask_phone,
    name_tokens,
    query_tokens,
    surname,
)
from tests.shared_data import shared


@pytest.mark.parametrize(
    ("name", "masked", "address"),
    [
        ("王伟", "王※", "王女士"),
        ("王小伟", "王※", "王女士"),
        ("欧阳雨桐", "欧阳※", "欧阳女士"),
        ("歐陽慧", "歐陽※", "歐陽女士"),
        ("欧阳", "欧※", "欧女士"),
        ("张李明慧", "张※", "张女士"),
        ("王", "※", "王女士"),
        ("𬱖䶮", "𬱖※", "𬱖女士"),
        ("葛󠄀静", "葛󠄀※", "葛󠄀女士"),
        ("阿依古丽·买买提", "阿※", "阿依古丽女士"),
        ("Anna 王", "A※", "Anna女士"),
        ("Chen, Wei", "C※", "Chen女士"),
        (" 王 女 ", "王※", "王女士"),
        ("", "", ""),
        (" \t", "", ""),
    ],
)
def test_masks_and_forms_of_address(name, masked, address):
    assert mask_name(name) == masked
    assert form_of_address(name, "ms") == address


def test_without_a_title_the_address_is_neutral():
    assert form_of_address("王伟") == "王某"
    assert form_of_address("王伟", "mr") == "王先生"
    assert form_of_address("Anna") == "Anna"


@given(st.text(max_size=20))
def test_a_mask_never_shows_a_given_name(name):
    masked = mask_name(name)

    assert not masked or masked.endswith("※")
    assert surname(name) == surname(" " + name)
    if len(fold_name(name)) > 4 and masked:
        assert name.strip() not in masked


def test_masks_of_names_of_every_kind():
    rows = json.loads(shared("names/edge_case_names.json").read_text(encoding="utf-8"))["names"]

    for name in (row["name"] for row in rows):
        assert mask_name(name) != name
        assert len(mask_name(name)) <= 3
        assert name_tokens(name) >= query_tokens(name)


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("+8613800138021", "·········21"),
        ("１３８００１３８０２１", "·········21"),
        ("21", "·········"),
        ("", "·········"),
    ],
)
def test_phones_show_two_digits(phone, masked):
    assert mask_phone(phone) == masked


def test_tokens_of_a_name():
    assert name_tokens("王 小明") == {
        (TokenKind.WHOLE, "王小明"),
        (TokenKind.PREFIX_1, "王"),
        (TokenKind.PREFIX_2, "王小"),
        *((TokenKind.CHARACTER, sign) for sign in "王小明"),
        (TokenKind.BIGRAM, "王小"),
        (TokenKind.BIGRAM, "小明"),
    }
    assert name_tokens("𬱖") == {
        *((kind, "𬱖") for kind in (TokenKind.WHOLE, TokenKind.PREFIX_1, TokenKind.CHARACTER))
    }
    assert name_tokens("·") == name_tokens("") == query_tokens(" ") == frozenset()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ａｎｎａ", "anna"),
        ("e\u0301va", "éva"),
        ("买买提·江", "买买提江"),
        ("Li  Na", "lina"),
        ("凞", "凞"),
    ],
)
def test_forms_that_are_one_name(one, other):
    assert fold_name(one) == fold_name(other)


@given(st.text(min_size=1, max_size=12), st.data())
def test_any_part_of_a_name_finds_it(name, data):
    folded = fold_name(name)
    start = data.draw(st.integers(0, len(folded)))
    end = data.draw(st.integers(start, len(folded)))

    assert query_tokens(folded[start:end]) <= name_tokens(name)
