"""``manage.py recover_roots``: the root files from any two sheets. Needs no database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.custody import escrow
from privacy.custody.sharing import SheetUnreadable


class Command(BaseCommand):
    help = "Write the root files from two of the three sheets, typed or scanned from paper."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sheets", nargs=2, metavar="SHEET", help="text files of two sheets")
        parser.add_argument("--to", required=True, help="folder for the .root files")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            roots = escrow.recover(Path(sheet).read_text() for sheet in options["sheets"])
            paths = escrow.write_roots(roots, Path(options["to"]))
        except SheetUnreadable as error:
            raise CommandError(f"Not recovered: {error}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        for path in paths:
            self.stdout.write(str(path))
