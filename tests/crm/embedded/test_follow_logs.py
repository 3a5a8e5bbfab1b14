"""The terminal shows whole lines of the parts' logs, and logs do not grow for ever."""

import io
import stat

from crm.embedded.console import Console, last_lines, set_aside_long_log
from crm.embedded.home import Home


def test_whole_lines_are_relayed_once_with_the_name_of_their_part(
    home: Home, console: Console, screen: io.StringIO
) -> None:
    log = home.logs / "web.log"
    log.write_text("from an earlier run\n")
    console.follow("web", log)
    with log.open("a") as file:
        file.write("first\n\nsec")
        file.flush()
        console.relay()
        file.write("ond\n")
    console.relay()

    assert screen.getvalue() == "web     | first\nweb     | second\n"


def test_own_lines_are_named_too(console: Console, screen: io.StringIO) -> None:
    console.say("hello")
    console.say()
    console.step("started")
    console.plain("as it is")

    first, blank, third, last = screen.getvalue().splitlines()
    assert (first, blank) == ("suian   | hello", "")
    assert third.endswith(" s  started")
    assert last == "as it is"


def test_a_new_log_is_closed_to_others(home: Home, console: Console) -> None:
    console.follow("web", home.logs / "web.log")

    assert stat.S_IMODE((home.logs / "web.log").stat().st_mode) == 0o600


def test_a_long_log_is_set_aside(home: Home) -> None:
    log = home.logs / "web.log"
    log.write_bytes(b"x" * (6 * 1024 * 1024))

    set_aside_long_log(log)

    assert not log.exists()
    assert log.with_name("web.log.1").exists()


def test_the_end_of_a_log(home: Home) -> None:
    log = home.logs / "web.log"
    assert last_lines(log) == []

    log.write_text("1\n2\n3\n")
    assert last_lines(log, 2) == ["2", "3"]
