"""``manage.py seal_audit``: seal what is committed, once or in a loop, without Celery."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import pluralize

from privacy.audit.sealing import seal_once


class Command(BaseCommand):
    """For a sealer under an account of its own, and for hand work after a restore."""

    help = "Seal committed audit events. With --loop N, again every N seconds until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", type=float, metavar="SECONDS")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            self._pass()
            while options["loop"]:
                time.sleep(options["loop"])
                self._pass()
        except KeyboardInterrupt:
            return

    def _pass(self) -> None:
        more = True
        while more:
            made = seal_once()
            more = made.more
            if made.checkpoint:
                number = made.events
                self.stdout.write(
                    f"checkpoint {made.checkpoint}: {number} event{pluralize(number)}"
                )
