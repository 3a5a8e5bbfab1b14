"""How often something happened within the running minute, over all processes."""

import time
from dataclasses import dataclass
from typing import Final

from django.core.cache import cache

MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Counted:
    """The ``number`` of this one within the minute, and the ``seconds`` left of the minute."""

    number: int
    seconds: int


def count(name: str) -> Counted:
    """Count one more of ``name``; the name is an id, never personal data."""
    minute, second = divmod(int(time.time()), MINUTE)
    key = f"counted:{minute}:{name}"
    try:
        number = int(cache.incr(key))
    except ValueError:  # the first of the minute, or one of several that come first together
        number = 1 if cache.add(key, 1, 2 * MINUTE) else int(cache.incr(key))
    return Counted(number, MINUTE - second)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What to do about a refusal: book it with this ``detail``, or have the caller ``wait``."""

    wait: int
    detail: dict[str, str | int]


def count_refusal(kind: str, source: str, *, per_source: int, in_all: int) -> Refusal:
    """Count one refusal of a kind that strangers can bring about, for whoever is to book it.

    Out: ``wait`` 0, and ``{"last": 1}`` for the last that is booked in this minute; beyond the
    limit of the source, or of all together, the seconds left of the minute.
    """
    # Of one source first: a single caller cannot use up what is there for all.
    last = False
    for name, most in ((source, per_source), ("all", in_all)):
        counted = count(f"{kind}:{name}")
        if counted.number > most:
            return Refusal(counted.seconds, {})
        last = last or counted.number == most
    return Refusal(0, {"last": 1} if last else {})
