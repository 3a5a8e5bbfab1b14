"""``manage.py restore_month FILE [--to DIR]``: prove a month's archive; lay it open for reading."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from crm.trail.events import TrailEvent
from privacy.audit import services as audit
from privacy.custody import month_archive
from privacy.errors import DomainError

PROCESS = "restore_month"


class Command(BaseCommand):
    """Books first. The trail's own tables take nothing back: what lies open is the export."""

    help = "Verify the archive of a month, and unseal it into a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archive", type=Path, help="the sealed file")
        parser.add_argument("--to", type=Path, help="where to put the zip; without it: verify only")
        parser.add_argument("--reason", required=True, help="why, for the trail")

    def handle(self, *_args: Any, **options: Any) -> None:
        path, place = options["archive"], options["to"]
        try:
            digest = month_archive.digest_of(path)
            with transaction.atomic():
                audit.record(
                    TrailEvent.MONTH_RESTORED,
                    process=PROCESS,
                    reason=options["reason"],
                    target=f"archive:{digest[:16]}",
                    detail={"sha256": digest, "unsealed": int(place is not None)},
                )
            self.stdout.write(month_archive.prove(path))
            if place is not None:
                self.stdout.write(str(month_archive.lay_open(path, place)))
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
