"""``manage.py separation_report``: did one person stand on both sides? 0 no, 1 yes."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from crm.separation import services


class Command(BaseCommand):
    """The nightly search, now."""

    help = "Search records and trail for forbidden pairs. Exit code 0: none, 1: found."

    def handle(self, *_args: Any, **_options: Any) -> None:
        found = services.search(process="separation_report")
        for one in found:
            self.stdout.write(f"{one.pair}: {one.person} {one.target}")
        self.stdout.write(f"{len(found)} found")
        sys.exit(1 if found else 0)
