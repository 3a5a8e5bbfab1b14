"""Put the digest of a report of security figures into the trail: it cannot be exchanged later."""

import hashlib
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from privacy.audit.events import AuditTrailEvent
from privacy.audit.services import record

SIZES = ("quick", "full")


class Command(BaseCommand):
    help = "Record the SHA-256 of a report that make assure wrote as an event of the audit trail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("report", type=Path, help="the report's JSON file")

    def handle(self, *_args: Any, report: Path, **_options: Any) -> None:
        try:
            content = report.read_bytes()
            held = json.loads(content)
            lines = [bool(one["reached"]) for one in held["measures"]]
            size = SIZES[SIZES.index(held["size"])]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise CommandError(f"{report} is no report of make assure") from error
        digest = hashlib.sha256(content).hexdigest()
        with transaction.atomic():
            record(
                AuditTrailEvent.ASSURED,
                process="record_assurance",
                outcome="ok" if all(lines) else "failed",
                detail={
                    "sha256": digest,
                    "size": size,
                    "measures": len(lines),
                    "reached": sum(lines),
                },
            )
        self.stdout.write(f"In the trail: {digest}")
