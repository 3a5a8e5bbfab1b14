"""``manage.py end_all_sessions``: after a restore, and whenever sessions may be in wrong hands."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import pluralize

from crm.staff.sessions import end_of_everybody


class Command(BaseCommand):
    """A restored backup brings back sessions and tokens that had ended since."""

    help = "End every session of everybody; with --tokens also revoke every API token. Audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tokens", action="store_true", help="revoke every API token too")

    def handle(self, *_args: Any, **options: Any) -> None:
        ended, revoked = end_of_everybody(tokens=options["tokens"])
        self.stdout.write(
            f"{ended} session{pluralize(ended)} ended, "
            f"{revoked} API token{pluralize(revoked)} revoked."
        )
