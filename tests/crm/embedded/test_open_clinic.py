"""The whole clinic, opened as ``make run`` and ``make manage`` do, in a folder of its own."""

import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from crm.embedded import __main__ as door
from crm.embedded import commands, running, steps
from crm.embedded.clinic import pages_answer
from crm.embedded.home import ClinicLock, Home
from crm.embedded.processes import birth_of, free_ports, wait_until

pytestmark = pytest.mark.slow
WHO = "from django.db import connection as c; k = c.cursor(); k.execute('SELECT current_user'); "


@pytest.fixture
def checkout(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A checkout whose clinic lives in a temporary folder, with no server named outside."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.delenv(name, raising=False)
    (port,) = free_ports(1)
    monkeypatch.setenv("PORT", str(port))
    monkeypatch.setenv("SUIAN_DEMO", "0")
    monkeypatch.setattr(Home, "of_this_checkout", lambda: home)
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield home
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture
def when_open(checkout: Home) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Do something once the pages are open, then press Ctrl-C."""
    threads: list[threading.Thread] = []

    def plan(action: Callable[[], None]) -> None:
        def act() -> None:
            try:
                wait_until(lambda: find_address(checkout) != "", seconds=90)
                action()
            finally:
                os.kill(os.getpid(), signal.SIGINT)

        threads.append(threading.Thread(target=act))
        threads[-1].start()

    yield plan
    for thread in threads:
        thread.join(10)


def find_address(home: Home) -> str:
    if not home.clinic_file.exists():
        return ""
    return f"http://127.0.0.1:{os.environ['PORT']}/"


def test_the_pages_open_keep_open_and_close(
    checkout: Home, when_open, capfd: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, object] = {}
    port = int(os.environ["PORT"])

    def use_it() -> None:
        seen["live"] = httpx.get(f"http://127.0.0.1:{port}/healthz/live/").status_code
        seen["children"] = (checkout.state / "children.json").read_text()
        seen["second"] = running.run([])

    when_open(use_it)
    assert running.run([]) == 0

    output = capfd.readouterr().out
    assert seen["live"] == 200
    assert f"Suian is open: http://127.0.0.1:{port}/" in output
    assert seen["second"] == 1
    assert f"already open: http://127.0.0.1:{port}/" in output
    assert "All stopped in" in output
    assert not checkout.clinic_file.exists()
    assert not pages_answer(port)
    assert not ClinicLock(checkout).is_held_by_another()
    assert not any(birth_of(int(pid)) for pid in json.loads(str(seen["children"])))


def test_a_taken_port_is_reported_and_nothing_stays_up(
    checkout: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(os.environ["PORT"])))
        other.listen()
        assert running.run([]) == 1

    output = capfd.readouterr().out
    assert "is in use. Try: PORT=" in output
    assert (checkout.state / "children.json").read_text() == "{}"


def test_ctrl_c_while_opening_stops_at_once(
    checkout: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    really = steps.manage_program

    def interrupted(*arguments: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return really(*arguments)

    monkeypatch.setattr(steps, "manage_program", interrupted)

    assert running.run([]) == 0
    assert "Suian is open" not in capfd.readouterr().out


def test_a_failing_step_is_shown(
    checkout: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "no.such.settings")

    assert running.run([]) == 1
    assert "No module named 'no'" in capfd.readouterr().out


def test_a_command_alone_gets_servers_and_only_its_output(
    checkout: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    assert commands.manage(["shell", "--no-imports", "-c", WHO + "print(k.fetchone())"]) == 0

    said = capfd.readouterr()
    assert said.out == "('suian_app',)\n"
    assert "Bringing the database up to date" in said.err

    assert commands.manage(["sqlmigrate", "crm", "no-such-migration"]) == 1
    assert capfd.readouterr().out == ""
    assert commands.manage(["shell", "--no-imports", "-c", "import os; os.kill(os.getpid(), 9)"])


def test_nothing_starts_while_the_ledger_of_erasures_is_not_ours(
    checkout: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    checkout.erasures.write_text("nobody wrote this\n{}\n")

    assert commands.manage(["shell", "--no-imports", "-c", "print('started')"]) == 1
    said = capfd.readouterr()
    assert "started" not in said.out
    assert "line 1 of erasures.log cannot be read" in said.err

    checkout.erasures.unlink()  # nobody was erased: there is no patient yet
    assert commands.manage(["shell", "--no-imports", "-c", "print('started')"]) == 0
    assert capfd.readouterr().out == "started\n"
    assert checkout.erasures.read_text() == ""


def test_an_unknown_word_is_explained(capfd: pytest.CaptureFixture[str]) -> None:
    assert door.main(["dance"]) == door.USAGE_ERROR
    assert "run|manage" in capfd.readouterr().err
