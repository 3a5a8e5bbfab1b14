"""Odd calls made from the API's own schema, a hundred a role."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import api_fuzz
from benchmarks.api_clinic import grafted


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", api_fuzz.ROLES)
@pytest.mark.filterwarnings("ignore")  # the tool's own, of calls that are wrong on purpose
def test_odd_calls_neither_crash_nor_pass(role: str) -> None:
    figures = api_fuzz.fuzz(role=role, cases=100, seed=7)

    assert not figures.bad, "\n".join(sorted({one[:600] for one in figures.bad}))
    assert figures.cases >= 90
    assert figures.reached > figures.cases / 2, figures  # they came further than the door
    assert figures.statuses[429] == 0, figures


@given(dice=st.randoms())
def test_a_graft_changes_one_value_and_leaves_the_rest(dice: Random) -> None:
    good = {"title": "a", "lines": [{"item": "b", "low": "1"}, {"item": "c", "low": "2"}]}

    deep = grafted(good, {"lines": [{"low": "odd"}]}, dice)
    added = grafted(good, {"other": 1}, dice)

    assert deep == good | {"lines": [{"item": "b", "low": "odd"}, good["lines"][1]]}
    assert added == good | {"other": 1}
    assert grafted(good, "odd", dice) == "odd"
    assert good["lines"][0]["low"] == "1"
