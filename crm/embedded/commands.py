"""``make manage``: one ``manage.py`` command, with the clinic's servers up while it runs.

Standard output belongs to the command alone; everything we have to say goes to standard error.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from crm.embedded.clinic import Clinic, Stopped
from crm.embedded.console import Console
from crm.embedded.discovery import (
    OWNERS_COMMANDS,
    SETTINGS,
    Announcement,
    command_environment,
    find_running_clinic,
    needs_owner,
)
from crm.embedded.home import PROJECT, ClinicLock, Home
from crm.embedded.running import FAILURES
from crm.embedded.servers import with_own

OWN_SET_UP = frozenset(
    {*OWNERS_COMMANDS, "seed_demo", "replay_erasures", "help", "check", "--help", "--version"}
)
# These read standard input and nothing else: no server starts for them, no clinic is waited for.
ON_THEIR_OWN = frozenset({"find_personal_data"})
LOOK_SECONDS = 0.05
WAIT_SECONDS = 300.0


def manage(arguments: Sequence[str]) -> int:
    """Run ``manage.py`` with these arguments; returns its exit code."""
    if arguments and arguments[0] in ON_THEIR_OWN:
        return run_in_foreground(manage_line(arguments), without_servers())
    home, console = Home.of_this_checkout(), Console(sys.stderr)
    home.create()
    lock = ClinicLock(home)
    said_so, began = False, time.monotonic()
    while not lock.take():
        announcement = find_running_clinic(home)
        if announcement and announcement.address:
            return run_joined(announcement, arguments)
        if time.monotonic() - began > WAIT_SECONDS:
            console.say("The clinic is busy with another command; giving up.")
            return 1
        if not said_so:
            console.say("Waiting for the clinic to open, or for another command to end ...")
            said_so = True
        time.sleep(LOOK_SECONDS)
    try:
        return run_with_servers(Clinic(home, console), arguments)
    finally:
        lock.release()


def run_joined(announcement: Announcement, arguments: Sequence[str]) -> int:
    """Run the command beside the open clinic."""
    variables = command_environment(announcement, arguments)
    return run_in_foreground(manage_line(arguments), {**os.environ, **variables})


def run_with_servers(clinic: Clinic, arguments: Sequence[str]) -> int:
    """Start the servers for this one command, and stop them after it."""
    try:
        addresses = clinic.open_servers()
        if not arguments or arguments[0] not in OWN_SET_UP:
            is_set_up = clinic.is_migrated()
            if not is_set_up:
                clinic.migrate()
            clinic.forget_again()
            if not is_set_up:
                clinic.seed()
        if needs_owner(arguments):
            announcement = Announcement("", clinic.variables, addresses.owner_database)
            environment = {**os.environ, **command_environment(announcement, arguments)}
        else:
            environment = with_own(clinic.variables)
        return run_in_foreground(manage_line(arguments), environment, clinic.supervisor.look)
    except Stopped:
        return 130
    except FAILURES as error:
        clinic.console.say(str(error))
        return 1
    finally:
        clinic.close()


def without_servers() -> dict[str, str]:
    """The environment of a command that needs no server; whoever tried one would not find it."""
    nowhere = {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": secrets.token_hex(32),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", SETTINGS),
    }
    return with_own(nowhere)


def manage_line(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, str(PROJECT / "manage.py"), *arguments]


def run_in_foreground(
    command: Sequence[str],
    environment: Mapping[str, str],
    meanwhile: Callable[[], object] = lambda: None,
) -> int:
    """Run a command with our own input and output; returns its exit code, 128 + n for a signal.

    Ctrl-C reaches the command by itself (same terminal group); a SIGTERM is passed on.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(
        command,
        env=dict(environment),
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509  no threads here
    )
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    try:
        while child.poll() is None:
            meanwhile()
            time.sleep(LOOK_SECONDS)
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return 128 - child.returncode if child.returncode < 0 else child.returncode


def _hear_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
