"""A part that dies is started again, with growing pauses; stopping leaves nothing behind."""

import io
import os
import signal
from collections.abc import Callable

import pytest

from crm.embedded import supervisor as supervision
from crm.embedded.home import Home
from crm.embedded.processes import ChildRegister, Program, birth_of, start, wait_until
from crm.embedded.supervisor import Supervisor, pause_after

SLEEP = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(600)"
)


def looks_until(supervisor: Supervisor, condition: Callable[[], bool]) -> bool:
    def look() -> bool:
        supervisor.look()
        return condition()

    return wait_until(look, seconds=20)


def test_a_killed_part_comes_back_and_says_so(
    supervisor: Supervisor, child: Callable[..., Program], screen: io.StringIO
) -> None:
    supervisor.start(child(SLEEP))
    first = supervisor.pid_of("child")
    assert first

    os.kill(first, signal.SIGKILL)

    assert looks_until(supervisor, lambda: supervisor.pid_of("child") not in {first, None})
    assert "child was ended by signal 9; starting it again in 0.5 s" in screen.getvalue()
    assert "child started again" in screen.getvalue()


def test_children_of_a_killed_part_do_not_work_on(
    supervisor: Supervisor, child: Callable[..., Program], home: Home
) -> None:
    forks = f"import os, time; print(os.fork(), flush=True); {SLEEP}"
    supervisor.start(child(forks))
    log = home.logs / "child.log"
    assert wait_until(lambda: len(log.read_text().split()) == 2, seconds=10)
    grandchild = max(map(int, log.read_text().split()))
    first = supervisor.pid_of("child")
    assert first

    os.kill(first, signal.SIGKILL)

    assert looks_until(supervisor, lambda: birth_of(grandchild) is None)


def test_a_part_that_keeps_failing_shows_its_last_words(
    supervisor: Supervisor,
    child: Callable[..., Program],
    screen: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE_SECONDS", 0.01)
    supervisor.start(child("raise SystemExit('no such table')"))

    assert looks_until(supervisor, lambda: supervisor.worst_failures() >= 3)

    assert "keeps ending" in screen.getvalue()
    assert "no such table" in screen.getvalue()


def test_failures_are_forgotten_once_a_part_is_steady(
    supervisor: Supervisor, child: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor.start(child(SLEEP))
    os.kill(supervisor.pid_of("child") or 0, signal.SIGKILL)
    assert looks_until(supervisor, lambda: supervisor.worst_failures() == 1)

    monkeypatch.setattr(supervision, "STEADY_AFTER_SECONDS", 0.0)

    assert looks_until(supervisor, lambda: supervisor.worst_failures() == 0)


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0.5), (2, 1), (4, 4), (7, 15), (1000, 15)])
def test_pauses_grow_to_a_limit(failures: int, seconds: float) -> None:
    assert pause_after(failures) == seconds


def test_a_part_deaf_to_its_stop_signal_is_ended(
    supervisor: Supervisor, child: Callable[..., Program], home: Home
) -> None:
    supervisor.start(child(STUBBORN, stop_seconds=0.1))
    assert wait_until(lambda: "deaf" in (home.logs / "child.log").read_text(), seconds=10)
    pid = supervisor.pid_of("child")
    assert pid

    supervisor.stop_all()

    assert birth_of(pid) is None


def test_several_parts_stop_together_and_the_rest_stays(
    supervisor: Supervisor, child: Callable[..., Program]
) -> None:
    for name in ("server", "web", "worker"):
        supervisor.start(child(SLEEP, name=name))

    supervisor.stop_together(["web", "worker"])

    assert supervisor.pid_of("web") is None
    assert supervisor.pid_of("server")


def test_what_a_killed_supervisor_left_is_ended(home: Home, child: Callable[..., Program]) -> None:
    left = start(child(SLEEP))
    ChildRegister(home).add(left.pid, signal.SIGTERM)

    assert ChildRegister(home).end_leftovers() == 1

    assert left.wait(5) == -signal.SIGTERM
    assert ChildRegister(home).end_leftovers() == 0


def test_a_deaf_leftover_is_killed(home: Home, child: Callable[..., Program]) -> None:
    left = start(child(STUBBORN))
    assert wait_until(lambda: "deaf" in (home.logs / "child.log").read_text(), seconds=10)
    ChildRegister(home).add(left.pid, signal.SIGTERM)

    ChildRegister(home).end_leftovers(seconds=0.1)

    assert left.wait(5) == -signal.SIGKILL


def test_a_number_that_now_belongs_to_another_program_is_left_alone(
    home: Home, child: Callable[..., Program]
) -> None:
    stranger = start(child(SLEEP))
    register = ChildRegister(home)
    register._children = {stranger.pid: ("born at another time", signal.SIGTERM)}
    register._write()

    assert ChildRegister(home).end_leftovers() == 0

    assert birth_of(stranger.pid)
    stranger.kill()
    stranger.wait()
