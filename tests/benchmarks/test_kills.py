"""The kills that need servers of their own, a few of each: what is counted is in the program."""

import pytest

from benchmarks.assure import slices
from benchmarks.assure.slices import alone
from benchmarks.books import Books

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("what", ["kill_postgres", "kill_web"])
def test_a_killed_server_loses_nothing(what: str) -> None:
    outcome = slices.run(alone(what, "--kills=2")).outcome
    assert outcome.reached, outcome.text
    assert outcome.of == 2


def test_books_count_what_is_wrong() -> None:
    assert Books(0, 0, 0, amiss=()).bad == 0
    assert Books(1, 2, 3, amiss=("gap", "sink_gone")).bad == 7
    assert "NOT whole: gap" in str(Books(0, 0, 0, amiss=("gap",)))
