"""What the audit console decides without looking anything up."""

from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from crm.web.numbers import day_after


class Range(StrEnum):
    """Relative ranges: they mean the same tomorrow, so they can be kept as a bookmark (U25)."""

    TODAY = "today"
    WEEK = "7d"
    MONTH = "30d"


DAYS = {Range.TODAY: 1, Range.WEEK: 7, Range.MONTH: 30}


def span(
    *, chosen: str, since: date | None, until: date | None, today: date, zone: tzinfo
) -> tuple[datetime | None, datetime | None]:
    """From when to when (first moment in, second out, aware) a filter looks.

    In: a relative range wins over the two days; both days count in full, in clinic time ``zone``.
    """
    if chosen in DAYS:
        since, until = today - timedelta(days=DAYS[Range(chosen)] - 1), None
    start = datetime.combine(since, time.min, zone) if since else None
    end = datetime.combine(day_after(until), time.min, zone) if until else None
    return start, end


def span_of_year(day: date, *, zone: tzinfo) -> datetime:
    """The first moment of the clinic's year that ``day`` lies in, for a yearly audit (R18)."""
    return datetime.combine(day.replace(month=1, day=1), time.min, zone)


# First match wins: every browser claims to be some of the others.
BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("wxwork/", "WeCom"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
)


def short_agent(agent: str) -> str:
    """``Chrome 141`` out of a user agent; its first word where it is no browser."""
    for mark, name in BROWSERS:
        _before, found, after = agent.partition(mark)
        if found:
            return f"{name} {after.partition('.')[0].partition(' ')[0]}"[:24]
    return agent.partition(" ")[0][:24]
