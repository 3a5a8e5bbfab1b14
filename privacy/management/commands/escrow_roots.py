"""``manage.py escrow_roots``: the roots on three sheets, once; any two bring them back."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from privacy.access.policy import Permission
from privacy.custody import escrow
from privacy.errors import DomainError
from privacy.management.by_staff import add_staff, by_staff

UNKNOWN = (
    "If sheets were written, whether they were booked is not known. Run this again: if the roots "
    "were printed before, these are the sheets; if a sheet stands in the way, delete all three."
)


class Command(BaseCommand):
    help = (
        "Write three sheets with shares of the roots, once for these roots. Print each alone, seal "
        "it, hand it to one custodian, and delete the file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_staff(parser)
        parser.add_argument("--to", required=True, help="an empty folder, best one in memory")

    def handle(self, *_args: Any, **options: Any) -> None:
        needs = Permission.MANAGE_KEYS
        with by_staff(options["staff"], permission=needs, process="escrow_roots") as actor:
            try:
                paths = escrow.print_shares(folder=Path(options["to"]), actor=actor)
            except (DomainError, ImproperlyConfigured, OSError) as error:
                raise CommandError(str(error)) from error
            except OperationalError as error:
                raise CommandError(f"{error} {UNKNOWN}") from error
        for path in paths:
            self.stdout.write(str(path))
        self.stdout.write("They are not written again. Try recover_roots with two before you part.")
