"""When a sign-in is locked, and which one-time code is good (R28, R29)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

PER_ADDRESS = 5  # failures of one name from one address ...
PER_ADDRESS_WINDOW = timedelta(minutes=15)
PER_NAME = 10  # ... and of one name from anywhere
PER_NAME_WINDOW = timedelta(hours=1)


def locked_until(
    failures: Sequence[tuple[datetime, str | None]], *, ip: str | None, now: datetime
) -> datetime | None:
    """Until when sign-in of one name from ``ip`` is locked, or None.

    In: (moment, address) of this name's failures, any order, aware.
    The lock is on name + address, so that one mistyping person does not lock a whole clinic
    behind one address; the second limit stops guessing from many addresses.
    """
    here = sorted(at for at, source in failures if source == ip and now - at < PER_ADDRESS_WINDOW)
    anywhere = sorted(at for at, _ in failures if now - at < PER_NAME_WINDOW)
    ends = []
    if len(here) >= PER_ADDRESS:
        ends.append(here[-PER_ADDRESS] + PER_ADDRESS_WINDOW)
    if len(anywhere) >= PER_NAME:
        ends.append(anywhere[-PER_NAME] + PER_NAME_WINDOW)
    return max(ends, default=None)


def matching_step(codes: Sequence[tuple[int, int]], *, given: int, last_step: int) -> int | None:
    """The step whose code was given and that was not used before, or None.

    In: (step, code) candidates around now. A code is good once: replays are refused.
    """
    for step, code in codes:
        if code == given and step > last_step:
            return step
    return None
