"""Prove that what is sealed lies nowhere in plain text on the embedded clinic's disk."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.template.defaultfilters import pluralize

from crm.embedded import leaks
from crm.embedded.home import Home
from crm.patients.models import PatientContact
from privacy.audit.events import AuditTrailEvent
from privacy.audit.services import record

FIELDS = ("patientcontact.name", "patientcontact.phone")


class Command(BaseCommand):
    help = (
        "Take texts from imported files and from registered patients, and look for them in the "
        "database's files, its log of changes, a dump, the queue's files and all logs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--file",
            action="append",
            default=[],
            type=Path,
            metavar="PATH",
            help="a JSON-lines file that was imported (UTF-8, one JSON value a line, such as the "
            "file given to import_consultations): slices of its texts are looked for too; may be "
            "given several times",
        )
        parser.add_argument("--count", type=int, default=10, help="texts from each source")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Only the embedded clinic has all its files in one place.")
        home = Home.of_this_checkout()
        canaries = registered(options["count"])
        for path in options["file"]:
            canaries += leaks.canaries_of_file(path, count=options["count"])
        if not leaks.finds_a_planted_one(home):
            raise CommandError("A planted text was not found: this hunt proves nothing.")
        url = "postgres://{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
        files, found = leaks.sweep(home, url, canaries)
        for leak in found:
            self.stdout.write(f"LEAK {leak.origin} in {leak.file.name}")
        self.stdout.write(
            f"{len(canaries)} text{pluralize(len(canaries))}, {files} file{pluralize(files)}, "
            f"{len(found)} hit{pluralize(len(found))}; planted: found"
        )
        if found:
            raise CommandError("Plain text was found.", returncode=1)


@transaction.atomic
def registered(count: int) -> list[leaks.Canary]:
    """Names (three characters or more) and numbers of registered patients."""
    contacts = list(
        PatientContact.objects.filter(phone__isnull=False)
        .select_related("patient__subject")
        .order_by("?")[: count * 3]
    )
    receipt = record(
        AuditTrailEvent.PLAINTEXT_HUNTED,
        process="hunt_plaintext",
        subjects=[contact.patient for contact in contacts],
        fields=FIELDS,
    )
    found: list[leaks.Canary] = []
    for contact in contacts:
        name, phone = contact.name.reveal(receipt), contact.phone.reveal(receipt)
        if len(name) > 2:  # noqa: PLR2004 - two characters stand anywhere by chance
            found.append(leaks.Canary("a registered name", name))
        found.append(leaks.Canary("a registered phone", phone.removeprefix("+86")))
    return found[:count]
