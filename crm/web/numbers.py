"""Numbers and days that come from an address or a hidden field: anything may stand there."""

from datetime import date, timedelta
from typing import Final

MOST_DIGITS: Final = 9  # more is no page, version or count of ours; Python refuses thousands


def natural(text: str | None, *, otherwise: int = 0) -> int:
    """The whole number that ``text`` says in ASCII digits; ``otherwise`` for anything else."""
    if not text or len(text) > MOST_DIGITS or not (text.isascii() and text.isdigit()):
        return otherwise
    return int(text)


def day_after(day: date) -> date:
    """The following day; the calendar's last day has none and stays."""
    return day + timedelta(days=1) if day < date.max else day
