"""``manage.py retire_month 2025-10 --archive FILE``: drop a month that two people agreed to drop.

Needs the audit root to prove the archive, and DATABASE_OWNER_URL: the app's own role drops nothing.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from psycopg import Error

from crm.trail import retiring
from privacy.access.policy import Permission
from privacy.errors import DomainError
from privacy.management.by_staff import add_staff, by_staff


class Command(BaseCommand):
    """Refuses without both approvals, within the retention, held, or with another file."""

    help = "Drop an archived month of the audit trail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_staff(parser)
        parser.add_argument("month", help="as 2025-10")
        parser.add_argument("--archive", required=True, type=Path, help="the sealed file")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DATABASE_OWNER_URL:
            raise CommandError("DATABASE_OWNER_URL is not set: only the owner drops a month")
        needs = Permission.ASK_RETIREMENT
        with by_staff(options["staff"], permission=needs, process="retire_month") as actor:
            try:
                row = retiring.retire(
                    month=options["month"],
                    file=options["archive"],
                    owner_url=settings.DATABASE_OWNER_URL,
                    actor=actor,
                )
            except (DomainError, ValueError, OSError, Error) as error:
                raise CommandError(str(error)) from error
        self.stdout.write(f"{row.month}: {row.rows} rows dropped, {row.freed} bytes given back")
        self.stdout.write(f"archive SHA-256 {row.archive}, keep the file until {row.keep_until}")
