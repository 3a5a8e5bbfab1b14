"""Weighty commands have an author: a member of staff, let through as a page would let them."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from privacy.access.policy import Permission, can, waits_for_clearance
from privacy.actors import Actor
from privacy.audit.context import Origin, acting_from
from privacy.audit.services import record_denial


def add_staff(parser: ArgumentParser) -> None:
    """Make ``--staff`` part of a command: without it, it does not run."""
    words = "staff number of who does this, for the trail"
    parser.add_argument("--staff", required=True, metavar="CODE", help=words)


@contextmanager
def by_staff(staff_no: str, *, permission: Permission, process: str) -> Iterator[Actor]:
    """Who runs the command, for the length of the block; what is booked in it is theirs.

    The policy is asked as at a door: account active, role, clearance. Events name ``process`` as
    their program and no session. The number is said, not proved: whoever has the server's shell
    could say another's; that person's own trail then shows it (ADR 0026).
    Raises: CommandError for nobody of that number, and for who may not; both are booked.
    """
    with acting_from(Origin(agent=process)):
        actor = get_user_model().objects.filter(staff_no=staff_no).first()
        target, needed = f"command:{process}", permission.value
        if actor is None:
            record_denial(process=process, target=target, reason=needed)
            raise CommandError("Nobody on the staff has this number. Nothing was done.")
        if not can(actor, permission):
            uncleared = waits_for_clearance(actor, permission)
            detail = {"uncleared": 1} if uncleared else {}
            record_denial(actor=actor, target=target, reason=needed, detail=detail)
            why = "is not cleared" if uncleared else f"may not ({needed})"
            raise CommandError(f"{staff_no} {why}. Nothing was done.")
        yield actor
