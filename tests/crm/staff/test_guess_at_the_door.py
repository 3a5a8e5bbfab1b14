"""The rehearsal of guessing, with few guesses; its figures with many are the bench's."""

import random

import pytest

from benchmarks import guesses
from crm.staff import rules

pytestmark = pytest.mark.django_db


def test_no_guess_passes_and_nobody_else_is_locked_out() -> None:
    figures = guesses.rehearse(guesses=60, seed=7)

    assert figures.good, figures
    assert figures.checked["password and code, one address"] == rules.PER_ADDRESS
    assert figures.checked["password and code, many addresses"] == rules.PER_NAME
    assert figures.checked["code alone, one address, patient"] < 60


def test_a_door_without_locks_would_be_seen(monkeypatch) -> None:
    monkeypatch.setattr(rules, "PER_ADDRESS", 10**9)
    monkeypatch.setattr(rules, "PER_NAME", 10**9)
    monkeypatch.setattr(guesses, "_locks_that_are_off", lambda _user, _clock: [])
    assert guesses.rehearse(guesses=8, seed=7).checked["password and code, one address"] == 8


def test_welch_tells_apart_what_differs_and_nothing_else() -> None:
    dice = random.Random(3)  # noqa: S311 - numbers to compare, not secrets
    one = [dice.gauss(100, 5) for _ in range(500)]
    same = [dice.gauss(100, 9) for _ in range(500)]
    slower = [dice.gauss(103, 5) for _ in range(500)]
    assert abs(guesses.welch(one, same)) < guesses.LIMIT
    assert abs(guesses.welch(one, slower)) > guesses.LIMIT
