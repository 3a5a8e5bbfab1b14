"""How the application's log is written: UTC, one message like one, no secret address."""

import logging
import re
import time
from typing import Final

# Control and format characters but the line's end: they move a terminal's cursor, or hide text.
CONTROLS: Final = {
    number: f"\\x{number:02x}"
    for number in (*range(32), *range(127, 160), 0x2028, 0x2029, 0x202E)
    if number != ord("\n")
}
SECRET_ADDRESS: Final = re.compile(r"(?<=/hooks/sms/)[^/\s]+")  # of the provider's push


def _utc(moment: float | None) -> time.struct_time:
    return time.gmtime(moment)


class Line(logging.Formatter):
    """``2026-11-22T01:02:03.456Z LEVEL logger message``; what belongs to it is set in.

    A text from outside, in a message or in the error of a stack, begins no line of its own.
    """

    converter = staticmethod(_utc)  # Django sets the process to clinic time
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        line = SECRET_ADDRESS.sub("-", super().format(record))
        return line.replace("\n", "\n    ").translate(CONTROLS)
