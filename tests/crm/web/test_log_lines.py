"""The application's log: moments in UTC, and no text from outside that looks like a line."""

import logging
import logging.config
import re

import pytest
from django.conf import settings

from crm.web.log_lines import Line

FORMAT = settings.LOGGING["formatters"]["line"]["format"]


def written(message: str, *, error: BaseException | None = None) -> str:
    about = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("crm.x", logging.WARNING, __file__, 1, message, (), about)
    record.created, record.msecs = 0.0, 7.0
    return Line(FORMAT).format(record)


def test_moments_are_utc_and_say_so() -> None:
    assert written("told") == "1970-01-01T00:00:00.007Z WARNING crm.x told"


@pytest.mark.parametrize("sign", ["\r", "\x1b", "\x00", "\x85", "\u2028", "\u202e"])
def test_no_sign_moves_the_cursor_or_hides_text(sign: str) -> None:
    assert sign not in written(f"a{sign}b")


def test_a_text_from_outside_begins_no_line() -> None:
    forged = "x\n1970-01-01T00:00:00.000Z INFO crm.staff signed in"
    lines = written(forged, error=ValueError(forged)).splitlines()
    assert len(lines) > 3
    assert [line for line in lines if re.match(r"\d{4}-", line)] == lines[:1]
    assert any("signed in" in line for line in lines[1:])


def test_the_settings_use_it() -> None:
    formatter = logging.config.DictConfigurator(settings.LOGGING).configure_formatter(
        settings.LOGGING["formatters"]["line"]
    )
    assert isinstance(formatter, Line)


def test_it_goes_to_standard_error_alone() -> None:
    """Whatever else is written somewhere stands in the inventory of logs (ASVS 16.2.3)."""
    (handler,) = settings.LOGGING["handlers"].values()
    assert handler["class"] == "logging.StreamHandler"
    assert settings.LOGGING["root"]["handlers"] == ["console"]
    assert all("handlers" not in one for one in settings.LOGGING["loggers"].values())
