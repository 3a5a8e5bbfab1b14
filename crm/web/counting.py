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
