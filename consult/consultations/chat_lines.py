"""What one line of a pasted chat looks like: a heading, a lonely time, or plain text.

Every pattern is anchored at the line start and bounded, so a line costs the same however long
it is. Matching runs on a *shadow* of the text in which full-width forms are replaced one for
one; offsets found there cut the original, which therefore loses nothing.
"""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import Enum, auto

LONGEST_LABEL = 24  # 昵称 limits: WeChat 16 characters, QQ 12, WeCom name@company about 20
# A heading starts a line and is short; what lies behind this many characters is message text.
HEADING_WINDOW = 120
LAST_MONTH, NOON = 12, 12
NOON_ENDS = 2  # 中午两点 is still noon, 中午 11 点 lies before it
LEAP_YEAR = 2000  # stands in for an unknown year, so that 2-29 is accepted
SHORTEST_DATE = 2  # 今天
LEAP_DAY_WITHIN = 8  # years; around 1900 and 2100 a leap day is missing

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SHADOW = _FULL_WIDTH | {0x3000: " ", 0xA0: " ", 0x9: " ", ord("【"): "[", ord("】"): "]"}

_DATE = (
    r"(?:(?P<year>\d{4})\s?[-/.年]\s?(?P<month>\d{1,2})\s?[-/.月]\s?(?P<day>\d{1,2})日?"
    r"|(?P<us_first>\d{1,2})/(?P<us_second>\d{1,2})/(?P<us_year>\d{4})"
    r"|(?P<short_month>\d{1,2})[-/月](?P<short_day>\d{1,2})日?"
    r"|(?P<relative>今天|昨天|前天|[Tt]oday|[Yy]esterday))"
    r"(?:\s?(?:星期|周)[一二三四五六日天])?"
)
_TIME = (
    r"(?P<half>凌晨|早上|上午|中午|下午|傍晚|晚上)?\s?"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:\.\d{1,3})?"
    r"(?:\s?(?P<meridiem>[AaPp])\.?[Mm]\b\.?)?(?!\d)"
)
_STAMP = rf"(?:{_DATE}[\s,T]{{0,3}})?{_TIME}"
_RULE = r"[\s\-—–=_*]{0,40}"

_STAMP_FIRST = re.compile(rf"[\s\[(]{{0,4}}{_STAMP}[\])]{{0,2}}[\s,|\-]{{0,4}}")
_LABEL_FIRST = re.compile(
    rf"\s{{0,8}}(?P<label>[^:\s][^:]{{0,39}}?)[\s(\[]{{1,4}}{_STAMP}[)\]]{{0,2}}\s{{0,4}}(?P<colon>:?)\s?"
)
_LABEL_COLON = re.compile(
    r"\s{0,8}(?P<label>[^:\s][^:]{0,39}?)\s?(?:说|\bsays|\bsaid)?\s{0,2}(?:(?<!\d):|:(?!\d\d))(?!//)\s?"
)
_LONELY_DATE = re.compile(rf"{_RULE}{_DATE}{_RULE}$")
_LONELY_STAMP = re.compile(rf"{_RULE}[\[(]?{_STAMP}[\])]?{_RULE}$")
_TAIL_ID = re.compile(r"\s?(?:\(\d{4,12}\)|<[^<>]{1,40}>)$")
_NO_NAME = re.compile(r"[。？！；，、…?!;\"“”]|https?$")
_AFTERNOON = {"下午", "傍晚", "晚上", "中午"}
_BACK = {"今天": 0, "today": 0, "昨天": 1, "yesterday": 1, "前天": 2}


class Shape(Enum):
    """How a line could open a turn."""

    STAMP = auto()  # only a date or a time: belongs to the heading that follows
    ALONE = auto()  # name and time; the message is on the next lines
    INLINE = auto()  # name, time and a colon; the message follows on the same line
    RUN_ON = auto()  # name and time, then text without a colon between
    COLON = auto()  # name and colon without a time


@dataclass(frozen=True, slots=True)
class Stamp:
    """The date and time as far as a heading tells them; ``back`` counts days before today."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    back: int | None = None
    at: time | None = None

    @property
    def dated(self) -> bool:
        return self.day is not None or self.back is not None

    def on(self, today: date) -> date | None:
        """The date; a missing year is the latest one that does not lie after tomorrow."""
        if self.back is not None:
            return today - timedelta(days=self.back)
        if self.month is None or self.day is None:
            return None
        if self.year is not None:
            return date(self.year, self.month, self.day)
        latest = today + timedelta(days=1)
        years = range(today.year + 1, today.year - LEAP_DAY_WITHIN, -1)
        days = (_calendar_date(year, self.month, self.day) for year in years)
        return next((day for day in days if day is not None and day <= latest), None)


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that may open a turn; ``end`` is where the message starts in the line."""

    shape: Shape
    end: int
    label: str = ""
    stamp: Stamp | None = None

    @property
    def timed(self) -> bool:
        return self.shape in {Shape.ALONE, Shape.INLINE, Shape.RUN_ON}


def shadow_of(text: str) -> str:
    """The text with full-width letters, digits, colons and brackets made plain; same length."""
    return text.translate(_SHADOW)


def read_heading(line: str, shadow: str) -> Heading | None:
    """What ``line`` could open, or None for plain text. ``shadow`` is ``shadow_of(line)``."""
    if ":" not in shadow:
        return _lonely(shadow, _LONELY_DATE.match(shadow)) if len(shadow) >= SHORTEST_DATE else None
    window = shadow[:HEADING_WINDOW]
    return (
        _lonely(shadow, _LONELY_STAMP.match(shadow))
        or _stamp_first(line, shadow, window)
        or _label_first(line, shadow, window)
        or _label_colon(line, window, 0)
    )


def _lonely(shadow: str, found: re.Match[str] | None) -> Heading | None:
    stamp = _stamp(found) if found and len(shadow) <= HEADING_WINDOW else None
    return Heading(Shape.STAMP, len(shadow), stamp=stamp) if stamp else None


def _stamp_first(line: str, shadow: str, window: str) -> Heading | None:
    found = _STAMP_FIRST.match(window)
    stamp = _stamp(found) if found else None
    if found is None or stamp is None:
        return None
    inline = _label_colon(line, window, found.end())
    if inline is not None:
        return Heading(Shape.INLINE, inline.end, inline.label, stamp)
    label = _label(line[found.end() :]) if len(shadow) <= HEADING_WINDOW else ""
    return Heading(Shape.ALONE, len(line), label, stamp) if label else None


def _label_first(line: str, shadow: str, window: str) -> Heading | None:
    found = _LABEL_FIRST.match(window)
    stamp = _stamp(found) if found else None
    if found is None or stamp is None:
        return None
    label = _label(line[found.start("label") : found.end("label")])
    if not label:
        return None
    if found["colon"]:
        return Heading(Shape.INLINE, found.end(), label, stamp)
    if not shadow[found.end() :].strip():
        return Heading(Shape.ALONE, len(line), label, stamp)
    return Heading(Shape.RUN_ON, found.end(), label, stamp)


def _label_colon(line: str, window: str, start: int) -> Heading | None:
    found = _LABEL_COLON.match(window, start)
    label = _label(line[found.start("label") : found.end("label")]) if found else ""
    return Heading(Shape.COLON, found.end(), label) if found and label else None


def _label(raw: str) -> str:
    """The name without a QQ number or address behind it; empty if it cannot be a name."""
    label = _TAIL_ID.sub("", raw.strip()).strip(" -|[]【】")
    if len(label) > LONGEST_LABEL or _NO_NAME.search(label):
        return ""
    return label if any(character.isalpha() for character in label) else ""


def _stamp(found: re.Match[str]) -> Stamp | None:
    """The stamp a pattern matched; None if no calendar or clock shows such a moment."""
    groups = found.groupdict()
    at = None
    if groups.get("hour"):
        at = _clock_time(groups)
        if at is None:
            return None
    if groups["relative"]:
        return Stamp(back=_BACK[groups["relative"].lower()], at=at)
    year, month, day = _date_parts(groups)
    if month is None or day is None:
        return Stamp(at=at)
    if _calendar_date(year or LEAP_YEAR, month, day) is None:
        return None
    return Stamp(year=year, month=month, day=day, at=at)


def _date_parts(groups: dict[str, str | None]) -> tuple[int | None, int | None, int | None]:
    year = groups["year"] or groups["us_year"]
    month = groups["month"] or groups["us_first"] or groups["short_month"]
    day = groups["day"] or groups["us_second"] or groups["short_day"]
    if month is None or day is None:
        return None, None, None
    first, second = int(month), int(day)
    if groups["us_year"] and first > LAST_MONTH:  # 21/11/2026, day first
        first, second = second, first
    return int(year) if year else None, first, second


def _calendar_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clock_time(groups: dict[str, str | None]) -> time | None:
    hour, minute = int(groups["hour"] or 0), int(groups["minute"] or 0)
    meridiem = (groups["meridiem"] or "").lower()
    late = groups["half"] in _AFTERNOON or meridiem == "p"
    before_noon = groups["half"] == "中午" and hour > NOON_ENDS  # 中午 11:50 is not 23:50
    if late and 1 <= hour < NOON and not before_noon:
        hour += NOON
    elif meridiem == "a" and hour == NOON:
        hour = 0
    try:
        return time(hour, minute, int(groups["second"] or 0))
    except ValueError:
        return None
