"""Homes in temporary folders, a console that keeps what it was told, and real servers."""

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crm.embedded.clinic import Clinic
from crm.embedded.console import Console
from crm.embedded.home import Home
from crm.embedded.processes import ChildRegister, Program
from crm.embedded.supervisor import Supervisor


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "state")
    made.create()
    return made


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(screen: io.StringIO) -> Iterator[Console]:
    made = Console(screen)
    yield made
    made.close()


@pytest.fixture
def supervisor(home: Home, console: Console) -> Iterator[Supervisor]:
    made = Supervisor(console, ChildRegister(home))
    yield made
    made.stop_all()


@pytest.fixture
def child(home: Home) -> Callable[..., Program]:
    """Makes a program out of a line of Python."""

    def make(line: str, *, name: str = "child", stop_seconds: float = 5.0) -> Program:
        return Program(
            name=name,
            command=[sys.executable, "-c", line],
            log=home.logs / f"{name}.log",
            env={},
            cwd=home.state,
            stop_seconds=stop_seconds,
        )

    return make


@pytest.fixture(scope="module")
def open_clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """A clinic with running embedded servers, whatever the environment names."""
    home = Home(tmp_path_factory.mktemp("clinic") / "state")
    home.create()
    clinic = Clinic(home, Console(io.StringIO()))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("REDIS_URL", raising=False)
        clinic.open_servers()
    yield clinic
    clinic.close()
