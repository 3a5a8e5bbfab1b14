"""``manage.py retire_keys``: versions that no data key uses any more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import pluralize

from privacy.access.policy import Permission
from privacy.custody import rotation
from privacy.management.by_staff import add_staff, by_staff


class Command(BaseCommand):
    help = "Retire key versions without data keys; with --give-up, drop those retired before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_staff(parser)
        parser.add_argument(
            "--give-up",
            action="store_true",
            help="instead, give up versions retired earlier: once no backup needs them",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        needs = Permission.MANAGE_KEYS
        with by_staff(options["staff"], permission=needs, process="retire_keys") as actor:
            if options["give_up"]:
                for version in rotation.give_up_retired(actor=actor):
                    self.stdout.write(f"{version}: given up")
            else:
                for version in rotation.retire_unused(actor=actor):
                    self.stdout.write(f"{version}: retired")
        for one in rotation.census():
            keys = f"{one.data_keys} data key{pluralize(one.data_keys)}"
            self.stdout.write(f"{one.version}: {one.version.state}, {keys}")
