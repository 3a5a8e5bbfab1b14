"""How a command finds the clinic that runs in this checkout.

The supervisor leaves the environment it gave to its processes in ``.suian/clinic.json`` (0600 in a
0700 folder: it holds the database passwords of this run). What the caller has set wins.
"""

import json
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass

from crm.embedded.home import ClinicLock, Home, write_private

SETTINGS = "crm.settings.local"
# These change or inspect the shape of the database, so they sign in as its owner.
OWNERS_COMMANDS = frozenset(
    {"makemigrations", "migrate", "optimizemigration", "showmigrations", "sqlmigrate"}
    | {"squashmigrations", "lintmigrations"}
)


@dataclass(frozen=True)
class Announcement:
    """What a running clinic tells to commands."""

    address: str  # of the web pages; empty while only the servers run
    environment: Mapping[str, str]
    owner_url: str


def announce(home: Home, announcement: Announcement) -> None:
    """Let commands find this clinic until ``withdraw``."""
    write_private(home.clinic_file, json.dumps(vars(announcement), indent=1))


def withdraw(home: Home) -> None:
    home.clinic_file.unlink(missing_ok=True)


def find_running_clinic(home: Home) -> Announcement | None:
    """What the running clinic announced; None if none runs (a stale file does not count)."""
    if not home.state.is_dir() or not ClinicLock(home).is_held_by_another():
        return None
    try:
        return Announcement(**json.loads(home.clinic_file.read_text()))
    except (OSError, ValueError, TypeError):  # it is just starting or stopping
        return None


def needs_owner(arguments: Sequence[str]) -> bool:
    """Whether the command line after ``manage.py`` is one for the database's owner."""
    return bool(arguments) and arguments[0] in OWNERS_COMMANDS


def command_environment(announcement: Announcement, arguments: Sequence[str]) -> dict[str, str]:
    """The environment for one command: the app's, with the owner's sign-in where it migrates."""
    environment = dict(announcement.environment)
    if needs_owner(arguments):
        environment["DATABASE_URL"] = environment["DATABASE_OWNER_URL"] = announcement.owner_url
    return environment


def join_running_clinic(
    environ: MutableMapping[str, str],
    *,
    home: Home | None = None,
    arguments: Sequence[str] | None = None,
) -> bool:
    """Fill ``environ`` with the running clinic's; returns whether there was one to join.

    Nothing happens where DATABASE_URL or other settings than the embedded clinic's are given:
    then the caller says where to work. Variables that are set already stay.
    """
    if environ.get("DATABASE_URL") or environ.get("DJANGO_SETTINGS_MODULE", SETTINGS) != SETTINGS:
        return False
    announcement = find_running_clinic(home or Home.of_this_checkout())
    if announcement is None:
        return False
    command = sys.argv[1:] if arguments is None else arguments
    for name, value in command_environment(announcement, command).items():
        environ.setdefault(name, value)
    return True
