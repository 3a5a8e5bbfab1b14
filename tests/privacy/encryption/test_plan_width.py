"""How wide a fingerprint may be, and that a stored one says how wide it is."""

from collections import Counter
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.encryption import blind_index
from privacy.encryption.rules import (
    FEWEST_ALIKE,
    WIDEST,
    every_width,
    index_bits,
    narrowed,
    span_of,
    stored,
)

whole = st.integers(0, 2**WIDEST - 1)
widths = st.integers(0, WIDEST)


@pytest.mark.parametrize(
    ("patients", "bits"),
    [(0, 0), (15, 0), (16, 1), (100, 3), (3_000, 7), (100_000, 12), (10**9, WIDEST)],
)
def test_the_plan_by_size(patients: int, bits: int) -> None:
    assert index_bits(patients) == bits


@given(st.integers(16, 1_000_000))
def test_several_share_each_and_nobody_is_alone(patients: int) -> None:
    alike = patients / 2 ** index_bits(patients)
    assert alike >= FEWEST_ALIKE
    assert patients * exp(-alike) < 0.01
    assert index_bits(patients) <= index_bits(patients + 1)


@given(whole, widths, whole, widths)
def test_two_widths_are_never_one_value(one: int, bits: int, other: int, width: int) -> None:
    if stored(one, bits) == stored(other, width):
        assert bits == width
    assert stored(one, bits) in every_width(one)
    first, end = span_of(bits)
    assert first <= stored(one, bits) < end


@given(whole, widths, widths)
def test_narrower_needs_no_key_and_wider_is_refused(one: int, bits: int, fewer: int) -> None:
    if fewer <= bits:
        assert narrowed(stored(one, bits), fewer) == stored(one, fewer)
    else:
        with pytest.raises(ValueError, match="wider"):
            narrowed(stored(one, bits), fewer)


@pytest.mark.parametrize("value", [None, -1])
def test_what_finds_nobody_stays(value: int | None) -> None:
    assert narrowed(value, 3) is value


@pytest.mark.parametrize("patients", [300, 3_000, 20_000])
def test_a_clinic_of_that_size_has_no_set_of_one(patients: int) -> None:
    bits = index_bits(patients)
    numbers = (f"+86138{n:08d}" for n in range(patients))
    sets = Counter(blind_index.index_value("phone", one, bits=bits) for one in numbers)
    assert min(sets.values()) >= 2
    alone = Counter(blind_index.fingerprint("phone", f"+86138{n:08d}") for n in range(3_000))
    assert sum(size == 1 for size in alone.values()) > 2_500  # what 16 bits gave such a clinic
