"""``make run``: the whole clinic in the foreground until Ctrl-C."""

import os
import socket
import sys
import time
from collections.abc import Sequence

from crm.embedded import steps
from crm.embedded.clinic import Clinic, StepFailedError, Stopped
from crm.embedded.console import Console
from crm.embedded.discovery import find_running_clinic
from crm.embedded.home import ClinicLock, Home
from crm.embedded.keys import KeysMissingError
from crm.embedded.postgres import PostgresError
from crm.embedded.valkey import ValkeyError

DEFAULT_PORT = 8000
FAILURES = (KeysMissingError, PostgresError, StepFailedError, ValkeyError)


def run(_arguments: Sequence[str]) -> int:
    """Open the clinic, keep it up, close it; returns the exit code."""
    home, console = Home.of_this_checkout(), Console(sys.stdout)
    home.create()
    lock = ClinicLock(home)
    if not lock.take():
        return report_other(home, console)
    port = int(os.environ.get("PORT") or DEFAULT_PORT)
    clinic = Clinic(home, console)
    clinic.stop_on_signals()
    try:
        open_clinic(clinic, port)
        clinic.watch()
    except Stopped:
        return 0
    except FAILURES as error:
        console.say(str(error))
        return 1
    finally:
        close(clinic)
        lock.release()
    return 0


def open_clinic(clinic: Clinic, port: int) -> None:
    """All the way from nothing to open pages, saying so."""
    console = clinic.console
    console.step("Starting Postgres and Valkey")
    clinic.open_servers()  # ends leftovers of a killed clinic, which may hold the port
    if not port_is_free(port):
        raise StepFailedError(f"Port {port} is in use. Try: PORT={port + 1} make run")
    clinic.set_up()
    address = clinic.open_pages(port)
    console.step(f"Suian is open: {address}")
    show_sign_ins(clinic)
    console.say(f"Data, keys and logs: {clinic.home.state}   Stop: Ctrl-C")


def show_sign_ins(clinic: Clinic) -> None:
    """Print how to sign in to the demo clinic; a failure here is no reason to close."""
    if not steps.has_command("demo_sign_ins"):
        return
    try:
        text = clinic.output_of("demo_sign_ins")
    except StepFailedError as error:
        text = str(error)
    clinic.console.plain(f"\n{text.strip()}\n\n" if text.strip() else "")


def close(clinic: Clinic) -> None:
    began = time.monotonic()
    clinic.console.say()
    clinic.console.say("Stopping ...")
    clinic.close()
    clinic.console.say(f"All stopped in {time.monotonic() - began:.1f} s; the data is kept.")


def report_other(home: Home, console: Console) -> int:
    """Say who holds the clinic; returns the exit code."""
    announcement = find_running_clinic(home)
    where = announcement.address if announcement else ""
    text = f"already open: {where}" if where else "busy with another command; try again"
    console.say(f"This checkout's clinic is {text}")
    return 1


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
