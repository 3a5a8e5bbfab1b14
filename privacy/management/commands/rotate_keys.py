"""``manage.py rotate_keys``: a new version of a zone's key; the clinic works on meanwhile."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from privacy.access.policy import Permission
from privacy.custody import rotation
from privacy.errors import DomainError
from privacy.management.by_staff import add_staff, by_staff


class Command(BaseCommand):
    help = "Make a new version of the zones' keys. Then: rewrap_keys, and at last retire_keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_staff(parser)
        parser.add_argument("--zone", choices=rotation.ZONES, help="this zone alone")

    def handle(self, *_args: Any, **options: Any) -> None:
        zones = [options["zone"]] if options["zone"] else rotation.ZONES
        needs = Permission.MANAGE_KEYS
        with by_staff(options["staff"], permission=needs, process="rotate_keys") as actor:
            try:
                with transaction.atomic():
                    made = [rotation.rotate(zone=zone, actor=actor) for zone in zones]
            except DomainError as error:
                raise CommandError(str(error)) from error
        for version in made:
            self.stdout.write(f"{version} seals new data keys; v{version.version - 1} only opens.")
        self.stdout.write("Next: manage.py rewrap_keys")
