"""``make manage`` beside an open clinic, and ``make test``'s own arithmetic."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from crm.embedded import commands, testing
from crm.embedded.discovery import Announcement, announce
from crm.embedded.home import ClinicLock, Home

SHOW = ["shell", "--no-imports", "-c", "import os; print(os.environ['DATABASE_URL'])"]
TEST_SETTINGS = "crm.settings.test"
JUNIT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


@pytest.fixture
def held(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home whose lock another holder has."""
    monkeypatch.setattr(Home, "of_this_checkout", lambda: home)
    lock = ClinicLock(home)
    assert lock.take()
    yield home
    lock.release()


def test_a_command_runs_beside_the_open_clinic(
    held: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    environment = {"DATABASE_URL": "postgres://app@h/d", "DJANGO_SETTINGS_MODULE": TEST_SETTINGS}
    announce(held, Announcement("http://127.0.0.1:8000/", environment, "postgres://owner@h/d"))

    assert commands.manage(SHOW) == 0
    assert capfd.readouterr().out == "postgres://app@h/d\n"


def test_a_command_gives_up_on_a_clinic_that_stays_busy(
    held: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "WAIT_SECONDS", 0.1)

    assert commands.manage(["check"]) == 1
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.count("Waiting for the clinic") == 1
    assert "giving up" in said.err


@pytest.mark.slow
def test_pytest_gets_the_arguments_and_servers(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)

    assert testing.test(["--version"]) == 0
    assert "pytest" in capfd.readouterr().out


class FakeRuns:
    """Stands for the foreground runs of ``make test``: leaves reports, answers codes."""

    def __init__(self, codes: dict[str, int], failures: int = 0) -> None:
        self.codes, self.failures = codes, failures
        self.lines: list[str] = []

    def __call__(self, command: Sequence[str], environment: object) -> int:
        line = " ".join(command[1:])
        self.lines.append(line)
        for word in command:
            if word.startswith("--junitxml="):
                report = Path(word.partition("=")[2])
                report.write_text(JUNIT.format(5, self.failures, 0, 1))
        return next((code for part, code in self.codes.items() if part in line), 0)


class FakeClinic:
    def __init__(self, home: Home) -> None:
        self.home = home


@pytest.mark.parametrize(
    ("codes", "failures", "code", "line"),
    [
        ({}, 0, 0, "8 passed, 0 failed, 2 skipped"),
        ({"-m browser": 5}, 0, 0, "8 passed, 0 failed, 2 skipped"),  # nothing collected
        ({"pytest": 1}, 2, 1, "4 passed, 4 failed, 2 skipped"),
        ({"fail-under=90": 2}, 0, 1, "8 passed, 0 failed, 2 skipped"),
        ({"fail-under=100": 2}, 0, 1, "8 passed, 0 failed, 2 skipped"),
        ({"combine": 1}, 0, 1, "8 passed, 0 failed, 2 skipped"),
    ],
)
def test_everything_must_pass_and_be_covered(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    codes: dict[str, int],
    failures: int,
    code: int,
    line: str,
) -> None:
    monkeypatch.setattr(testing, "run_in_foreground", FakeRuns(codes, failures))

    assert testing.test_everything(FakeClinic(home), {}) == code
    assert capsys.readouterr().out.splitlines()[-1] == line


def test_reports_are_summed(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(JUNIT.format(3, 1, 1, 0))
    (tmp_path / "b.xml").write_text(JUNIT.format(4, 0, 0, 2))

    assert testing.count_outcomes(tmp_path.glob("*.xml")) == Counter(
        tests=7, failures=1, errors=1, skipped=2
    )


def test_a_command_that_reads_standard_input_needs_no_clinic(
    held: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    """The home is taken and nothing is announced: any other command would wait."""
    assert commands.manage(["find_personal_data", "--help"]) == 0
    assert "JSON" in capfd.readouterr().out
