"""Commands join the clinic that runs here, and only where nobody has said otherwise."""

import stat

import pytest

from crm.embedded.discovery import (
    Announcement,
    announce,
    find_running_clinic,
    join_running_clinic,
    withdraw,
)
from crm.embedded.home import ClinicLock, Home

ANNOUNCEMENT = Announcement(
    address="http://127.0.0.1:8000/",
    environment={"DATABASE_URL": "postgres://app", "REDIS_URL": "redis://own", "SUIAN_DEMO": "1"},
    owner_url="postgres://owner",
)


@pytest.fixture
def running(home: Home):
    """A clinic that runs: its lock is held through another open file, as by another process."""
    lock = ClinicLock(home)
    assert lock.take()
    announce(home, ANNOUNCEMENT)
    yield home
    lock.release()


def test_a_command_gets_the_environment_of_the_running_clinic(running: Home) -> None:
    environ: dict[str, str] = {}

    assert join_running_clinic(environ, home=running, arguments=["verify_audit"])

    assert environ == dict(ANNOUNCEMENT.environment)


@pytest.mark.parametrize("command", ["migrate", "showmigrations", "sqlmigrate"])
def test_migration_commands_sign_in_as_the_owner(running: Home, command: str) -> None:
    environ: dict[str, str] = {}

    join_running_clinic(environ, home=running, arguments=[command, "--plan"])

    assert environ["DATABASE_URL"] == environ["DATABASE_OWNER_URL"] == "postgres://owner"


def test_a_database_from_outside_wins(running: Home) -> None:
    environ = {"DATABASE_URL": "postgres://elsewhere"}

    assert not join_running_clinic(environ, home=running, arguments=["check"])

    assert environ == {"DATABASE_URL": "postgres://elsewhere"}


def test_other_settings_are_left_alone(running: Home) -> None:
    environ = {"DJANGO_SETTINGS_MODULE": "crm.settings.production"}

    assert not join_running_clinic(environ, home=running, arguments=["check"])


def test_single_variables_of_the_caller_stay(running: Home) -> None:
    environ = {"SUIAN_DEMO": "0"}

    join_running_clinic(environ, home=running, arguments=["check"])

    assert environ["SUIAN_DEMO"] == "0"


def test_a_file_left_by_a_killed_clinic_does_not_count(home: Home) -> None:
    announce(home, ANNOUNCEMENT)

    assert find_running_clinic(home) is None


def test_a_clinic_that_is_just_starting_is_not_joined(running: Home) -> None:
    withdraw(running)
    assert find_running_clinic(running) is None

    running.clinic_file.write_text("{half")
    assert find_running_clinic(running) is None


def test_no_clinic_was_ever_here(tmp_path) -> None:
    assert find_running_clinic(Home(tmp_path / "nothing")) is None


def test_the_file_with_passwords_is_closed(running: Home) -> None:
    assert stat.S_IMODE(running.clinic_file.stat().st_mode) == 0o600


def test_the_lock_is_held_once(running: Home) -> None:
    assert not ClinicLock(running).take()
    assert ClinicLock(running).is_held_by_another()
