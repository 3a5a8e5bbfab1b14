"""Times, money and icons as the clinic writes them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st
from lucide import IconDoesNotExist

from crm.templatetags import suian

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 2, 12, tzinfo=UTC)  # Saturday 10:12 in the clinic


@pytest.fixture
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def test_a_moment_is_written_in_clinic_time() -> None:
    assert suian.moment(NOW) == "2026-11-21 周六 10:12"
    assert suian.day(date(2026, 11, 22)) == "2026-11-22 周日"
    with translation.override("en"):
        assert suian.moment(NOW) == "2026-11-21 Sat 10:12"


@pytest.mark.usefixtures("_now")
@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-21T10:11", "今天 10:11"),
        ("2026-11-21T00:00", "今天 00:00"),
        ("2026-11-21T23:59", "今天 23:59"),
        ("2026-11-20T23:59", "昨天 23:59"),
        ("2026-11-20T00:00", "昨天 00:00"),
        ("2026-11-19T23:59", "11-19 23:59"),
        ("2026-11-22T00:00", "11-22 00:00"),
        ("2026-01-01T00:00", "01-01 00:00"),
        ("2025-12-31T23:59", "2025-12-31 23:59"),
        ("2027-01-01T00:00", "2027-01-01 00:00"),
    ],
)
def test_short_times_name_today_and_yesterday_only(moment: str, text: str) -> None:
    assert suian.short(at(moment)) == text


@pytest.mark.parametrize(
    ("now", "moment", "text"),
    [
        ("2026-11-21T00:00", "2026-11-20T23:59", "昨天 23:59"),
        ("2026-11-20T23:59", "2026-11-20T00:00", "今天 00:00"),
        ("2026-01-01T00:00", "2025-12-31T23:59", "昨天 23:59"),
    ],
)
def test_midnight_and_new_year_are_the_clinics(now: str, moment: str, text: str) -> None:
    with time_machine.travel(at(now), tick=False):
        assert suian.short(at(moment)) == text


@pytest.mark.parametrize(
    ("utc", "text"),
    [
        # Shanghai put its clocks back on 1991-09-15: one o'clock came twice.
        ("1991-09-14T16:30:00+00:00", "1991-09-15 周日 01:30"),
        ("1991-09-14T17:30:00+00:00", "1991-09-15 周日 01:30"),
        ("1991-09-14T18:30:00+00:00", "1991-09-15 周日 02:30"),
        # and forward on 1991-04-14: there was no half past two
        ("1991-04-13T17:30:00+00:00", "1991-04-14 周日 01:30"),
        ("1991-04-13T18:30:00+00:00", "1991-04-14 周日 03:30"),
    ],
)
def test_old_clock_changes_are_respected(utc: str, text: str) -> None:
    assert suian.moment(datetime.fromisoformat(utc)) == text


@pytest.mark.parametrize(
    ("now", "moment", "text"),
    [
        ("2026-10-25T23:30", "2026-10-24T00:10", "昨天 00:10"),  # a day of 25 hours between them
        ("2026-10-25T12:00", "2026-10-25T00:10", "今天 00:10"),
        ("2026-03-29T00:30", "2026-03-28T23:30", "昨天 23:30"),
        ("2026-03-30T00:30", "2026-03-28T23:30", "03-28 23:30"),
    ],
)
def test_yesterday_is_a_day_of_the_calendar_also_where_clocks_change(
    now: str, moment: str, text: str
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    with time_machine.travel(at(now, berlin), tick=False), timezone.override(berlin):
        assert suian.short(at(moment, berlin)) == text


@given(
    hours=st.integers(min_value=0, max_value=90 * 365 * 24),
    ago=st.timedeltas(timedelta(hours=-80), timedelta(hours=80)),
)
def test_words_for_days_never_reach_beyond_two_days(hours: int, ago: timedelta) -> None:
    now = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    with time_machine.travel(now, tick=False), translation.override("zh-hans"):
        text = suian.short(now - ago)

    assert text[-3] == ":"
    if text.startswith(("今天", "昨天")):
        assert abs(ago) < timedelta(hours=48)


@pytest.mark.usefixtures("_now")
def test_a_time_element_keeps_the_exact_moment() -> None:
    html = suian.when(NOW)

    assert 'datetime="2026-11-21T10:12:00+08:00"' in html
    assert 'title="2026-11-21 周六 10:12"' in html
    assert html.endswith(">今天 10:12</time>")
    assert ">2026-11-21 周六 10:12<" in suian.when(NOW, "full")


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0 分钟"),
        (59.9, "59 分钟"),
        (60, "1 小时"),
        (378, "6 小时 18 分"),
        (47 * 60 + 59, "47 小时 59 分"),
        (48 * 60, "2 天"),
    ],
)
def test_durations(minutes: float, text: str) -> None:
    assert suian.duration(timedelta(minutes=minutes)) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("41860", "41,860.00"),
        ("0", "0.00"),
        ("-800", "−800.00"),
        ("1234567.5", "1,234,567.50"),
        ("0.005", "0.00"),
    ],
)
def test_money(amount: str, text: str) -> None:
    assert suian.money(Decimal(amount)) == text


@pytest.mark.parametrize(
    "show",
    [suian.day, suian.clock, suian.moment, suian.short, suian.when, suian.duration, suian.money],
)
def test_what_is_not_there_is_a_dash(show) -> None:
    assert show(None) == "—"


def test_a_code_is_escaped_and_kept_together() -> None:
    assert suian.code("B-001") == '<span class="code">B-001</span>'
    assert "<b>" not in suian.code("<b>")


def test_icons_are_decoration_unless_named() -> None:
    assert 'aria-hidden="true"' in suian.icon("users")
    named = suian.icon("users", label='"两人"')
    assert 'role="img" aria-label="&quot;两人&quot;"' in named
    with pytest.raises(IconDoesNotExist):
        suian.icon("no-such-icon")


@pytest.mark.urls("crm.web.urls")
@pytest.mark.parametrize(("path", "marked"), [("/healthz/live/", True), ("/healthz/", False)])
def test_a_tab_knows_when_it_is_open(path: str, *, marked: bool) -> None:
    template = Template("{% current 'live' %}")

    html = template.render(Context({"request": RequestFactory().get(path)}))

    assert (html == 'aria-current="page"') is marked
