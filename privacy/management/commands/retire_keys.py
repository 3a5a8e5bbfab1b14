"""``manage.py retire_keys``: versions that no data key uses any more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import pluralize

from privacy.access.policy import Permission
from privacy.actors import Actor
from privacy.custody import rotation
from privacy.errors import DomainError
from privacy.management.by_staff import add_staff, by_staff


class Command(BaseCommand):
    help = "Retire key versions without data keys; with --give-up, drop those retired before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_staff(parser)
        parser.add_argument(
            "--give-up",
            action="store_true",
            help="instead, give up versions retired 35 days ago: no backup may need them any more",
        )
        parser.add_argument(
            "--at-once",
            metavar="REASON",
            default="",
            help="with --give-up: younger ones too, because their copies are destroyed; booked",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["at_once"] and not options["give_up"]:
            raise CommandError("--at-once belongs to --give-up.")
        needs = Permission.MANAGE_KEYS
        with by_staff(options["staff"], permission=needs, process="retire_keys") as actor:
            if options["give_up"]:
                self._give_up(actor, options["at_once"])
            else:
                for version in rotation.retire_unused(actor=actor):
                    self.stdout.write(f"{version}: retired")
        for one in rotation.census():
            keys = f"{one.data_keys} data key{pluralize(one.data_keys)}"
            self.stdout.write(f"{one.version}: {one.version.state}, {keys}")

    def _give_up(self, actor: Actor, reason: str) -> None:
        try:
            for version in rotation.give_up_retired(actor=actor, at_once=reason):
                self.stdout.write(f"{version}: given up")
        except DomainError as error:
            raise CommandError(str(error)) from error
