"""``manage.py archive_month 2025-10 --to DIR``: a month of the trail as one sealed, proved file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.trail import retiring
from privacy.errors import DomainError

PROCESS = "archive_month"


class Command(BaseCommand):
    """Exports, seals under the audit root, opens again and verifies. Drops nothing."""

    help = "Seal a month of the audit trail into an archive, and prove it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", help="as 2025-10, UTC as partitions are cut")
        parser.add_argument("--to", required=True, type=Path, help="the folder to put it in")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            path, row = retiring.archive(
                month=options["month"], folder=options["to"], process=PROCESS
            )
        except (DomainError, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{path}")
        self.stdout.write(f"{row.rows} rows, {row.archive_size} bytes, proved")
        self.stdout.write(f"archive SHA-256   {row.archive}")
        self.stdout.write(f"manifest SHA-256  {row.manifest}")
        self.stdout.write(f"keep the file until {row.keep_until}")
