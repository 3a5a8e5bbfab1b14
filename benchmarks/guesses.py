"""Guessing at the door: do any of 10,000 guesses pass, and does the clock tell who works here?

``make bench ARGS="guesses"`` guesses passwords and codes from one address, from many, and with
patience (the clock moves on, so that locks end); the dice are seeded. While guesses are counted
passwords are hashed by MD5: the way through the code is the same, and time is not what is counted.
Lock and unlock must fall on the microsecond, and colleagues behind the same address must come in
all the while. Then 2,000 failed sign-ins each of a known and an unknown name are timed, in turn,
with the real password hash: Welch's t has to stay below 4.5. ``--way 2 --samples 0`` is a slice:
one way of guessing, no clock.
"""

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from benchmarks.figures import conclude
from benchmarks.stage import adopt, fresh_database, inside

GUESSES, SAMPLES, SEED, LIMIT = 10_000, 2_000, 20261122, 4.5
START = datetime(2026, 11, 22, 1, tzinfo=UTC)
PASSWORD = "correct horse battery staple"  # noqa: S105  of an account that lives for one run
CLINIC, ARGON = "10.1.1.1", "django.contrib.auth.hashers.Argon2PasswordHasher"
QUICK = "django.contrib.auth.hashers.MD5PasswordHasher"
COLLEAGUES, EVERY = 5, 500


@dataclass
class Figures:
    """What the guesses came to."""

    passed: int = 0
    checked: dict[str, int] = field(default_factory=dict)
    locked_out: int = 0  # colleagues who could not come in
    off: list[str] = field(default_factory=list)  # locks that did not end or begin as they should

    @property
    def good(self) -> bool:
        return not (self.passed or self.locked_out or self.off)


def attempt(staff_no: str, password: str, code: str, ip: str) -> str:
    """ "in", "refused" (checked and wrong) or "locked" (not looked at)."""
    from crm.staff import services

    try:
        services.sign_in(staff_no=staff_no, password=password, code=code, ip=ip)
    except services.SignInLocked:
        return "locked"
    except services.SignInRefused:
        return "refused"
    return "in"


def open_clinic(dice: random.Random) -> list[Any]:
    """One victim and some colleagues, their seeds thrown by the dice: every run is the same."""
    from crm.staff.models import Clinic, TotpDevice
    from crm.staff.services import open_account

    clinic = Clinic.objects.create(name=f"rehearsal {dice.random()}")
    people = []
    for number in range(COLLEAGUES + 1):
        user, _seed = open_account(
            clinic=clinic, staff_no=f"g{dice.randrange(10**8)}", display_name=f"甲{number}",
            role="nurse", password=PASSWORD,
        )  # fmt: skip
        device = TotpDevice.objects.get(user=user)
        device.seed = dice.randbytes(20).hex()
        device.save()
        people.append(user)
    return people


def code_of(user: Any) -> str:
    from crm.staff.models import TotpDevice

    return f"{TotpDevice.objects.get(user=user).generator().token():06d}"


def rehearse(*, guesses: int, seed: int, way: int = 0) -> Figures:
    """All ways of guessing (or the ``way``-th), ``guesses`` each. Needs a database."""
    import time_machine

    dice, figures = random.Random(seed), Figures()
    ways: dict[str, tuple[Callable[[int], str], timedelta, bool]] = {
        "password and code, one address": (lambda _n: CLINIC, timedelta(0), False),
        "password and code, many addresses": (_address, timedelta(0), False),
        "code alone, one address, patient": (lambda _n: CLINIC, timedelta(seconds=30), True),
        "code alone, many addresses, patient": (_address, timedelta(seconds=30), True),
    }
    for number, (name, (address, step, knows)) in enumerate(ways.items(), 1):
        if way not in {0, number}:
            continue
        with time_machine.travel(START, tick=False) as clock:
            people = open_clinic(dice)
            told: Counter[str] = Counter()
            for turn in range(guesses):
                password = PASSWORD if knows else f"{dice.randrange(10**12)}"
                code = f"{dice.randrange(10**6):06d}"
                told[attempt(people[0].staff_no, password, code, address(turn))] += 1
                if turn % max(1, min(EVERY, guesses // 2)) == 0:
                    figures.locked_out += _colleagues_out(people[1:], clock)
                clock.shift(step)
            figures.passed += told["in"]
            figures.checked[name] = told["refused"]
    with time_machine.travel(START, tick=False) as clock:
        figures.off = _locks_that_are_off(open_clinic(dice)[0], clock)
    return figures


def _address(number: int) -> str:
    return f"10.{2 + number // 65536}.{number // 256 % 256}.{number % 256}"


def _colleagues_out(colleagues: list[Any], clock: Any) -> int:
    """How many of those behind the clinic's one address cannot come in right now."""
    clock.shift(timedelta(seconds=60))  # each has a code that was not used yet
    told = [attempt(one.staff_no, PASSWORD, code_of(one), CLINIC) for one in colleagues]
    return len(told) - told.count("in")


def _locks_that_are_off(user: Any, clock: Any) -> list[str]:
    """5 in 15 minutes from one address, 10 an hour from anywhere; both to the microsecond."""
    from crm.staff import rules
    from crm.staff.models import SignInFailure

    found, tick = [], timedelta(microseconds=1)
    for name, most, window, address in (
        ("address", rules.PER_ADDRESS, rules.PER_ADDRESS_WINDOW, lambda _n: CLINIC),
        ("name", rules.PER_NAME, rules.PER_NAME_WINDOW, _address),
    ):
        SignInFailure.objects.all().delete()
        told = [attempt(user.staff_no, "no", "000000", address(n)) for n in range(most)]
        if told != ["refused"] * most:
            found.append(f"{name}: locked before {most}")
        clock.shift(window - tick)
        if attempt(user.staff_no, PASSWORD, code_of(user), CLINIC) != "locked":
            found.append(f"{name}: open too early")
        clock.shift(tick)
        if attempt(user.staff_no, PASSWORD, code_of(user), CLINIC) != "in":
            found.append(f"{name}: locked too long")
    return found


def welch(one: list[float], other: list[float]) -> float:
    """Welch's t of two samples."""
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.fmean(one) - statistics.fmean(other)) / spread**0.5


def timed(*, samples: int, seed: int) -> tuple[float, float, float]:
    """Milliseconds of a failed sign-in of a known name, of an unknown one, and Welch's t."""
    from django.test import override_settings

    from crm.staff.models import SignInFailure

    dice = random.Random(seed)
    every = {"PER_SOURCE": sys.maxsize, "IN_ALL": sys.maxsize}  # booked, as the first of a minute
    with (
        override_settings(PASSWORD_HASHERS=[ARGON]),
        patch.multiple("crm.staff.failures", **every),
    ):
        known = open_clinic(dice)[0].staff_no
        spent: dict[str, list[float]] = {known: [], "unknown": []}
        for _ in range(samples):
            names = [known, "unknown"]
            dice.shuffle(names)  # so that a slow moment of the machine meets both alike
            for name in names:
                SignInFailure.objects.all().delete()
                begun = time.perf_counter()
                attempt(name, "no such password", "000000", CLINIC)
                spent[name].append((time.perf_counter() - begun) * 1000)
    one, other = spent[known], spent["unknown"]
    return statistics.fmean(one), statistics.fmean(other), welch(one, other)


def _inside(guesses: int, samples: int, seed: int, way: int) -> int:
    adopt({"LOG_LEVEL": "ERROR"})
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=[QUICK]):  # what is counted here is not time
        figures = rehearse(guesses=guesses, seed=seed, way=way)
    for name, checked in figures.checked.items():
        print(f"{name}: {guesses} guesses, {checked} looked at")
    print(
        f"passed: {figures.passed}; colleagues locked out: {figures.locked_out}; "
        f"locks that are off: {figures.off or 0}"
    )
    known, unknown, t = timed(samples=samples, seed=seed + 1) if samples else (0.0, 0.0, 0.0)
    bad = figures.passed + figures.locked_out + len(figures.off) + (abs(t) >= LIMIT)
    cases = guesses * len(figures.checked) + samples
    told = f"known {known:.2f} ms, unknown {unknown:.2f} ms, {samples} each, Welch t {t:.2f}"
    return conclude(
        cases - bad, cases, told, guesses=figures.checked, passed=figures.passed,
        locked_out=figures.locked_out, locks_off=figures.off, t=round(t, 3), samples=samples,
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """10,000 guesses each way and 2,000 timings; exit code 1 if one passed or the clock tells."""
    parser = argparse.ArgumentParser(prog="guesses", description=__doc__)
    parser.add_argument("place", nargs="?", choices=["inside"], help=argparse.SUPPRESS)
    parser.add_argument("--guesses", type=int, default=GUESSES)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--way", type=int, default=0, help="1 to 4: a slice; 0 for all")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    if asked.place:
        return _inside(asked.guesses, asked.samples, asked.seed, asked.way)
    with fresh_database("bench_guesses") as environment:
        figures = [f"--guesses={asked.guesses}", f"--samples={asked.samples}"]
        figures.append(f"--way={asked.way}")
        return inside("benchmarks.guesses", environment, *figures, f"--seed={asked.seed}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
