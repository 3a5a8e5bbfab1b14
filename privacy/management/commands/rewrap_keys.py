"""``manage.py rewrap_keys``: data keys under the active versions, online, resumable."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import pluralize
from tqdm import tqdm

from privacy.custody import rewrapping


class Command(BaseCommand):
    help = "Wrap all data keys under the active version of their zone. May be stopped at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, metavar="N", help="at most N keys in this run")

    def handle(self, *_args: Any, **options: Any) -> None:
        done, unreadable = 0, False
        total = rewrapping.waiting()
        with tqdm(total=total, unit="key", disable=not sys.stderr.isatty()) as bar:
            for batch in rewrapping.rewrap(process="rewrap_keys", limit=options["limit"]):
                done += batch.done
                unreadable = unreadable or batch.unreadable > 0
                bar.update(batch.done)
        left = rewrapping.waiting()
        self.stdout.write(f"{done} data key{pluralize(done)} wrapped anew, {left} left")
        if unreadable:
            self.stdout.write("Some do not open with these roots; they keep their old version.")
        elif not left:
            self.stdout.write("Next: manage.py retire_keys")
