"""``manage.py rebuild_index``: fingerprints as wide as the plan says, online, resumable."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import pluralize
from tqdm import tqdm

from crm.patients.services import reindexing
from privacy.access.policy import Permission
from privacy.custody import index_width
from privacy.management.by_staff import add_staff, by_staff


class Command(BaseCommand):
    """The nightly rebuild, now: the plan is the person's, the rebuild a process's."""

    help = "Plan the width of fingerprints and rebuild the others. May be stopped at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_staff(parser)
        parser.add_argument("--limit", type=int, metavar="N", help="at most N patients in this run")

    def handle(self, *_args: Any, **options: Any) -> None:
        done, unreadable = 0, 0
        needs = Permission.MANAGE_KEYS
        with by_staff(options["staff"], permission=needs, process="rebuild_index") as actor:
            plan = index_width.follow_plan(actor=actor)
            total = reindexing.waiting()
            with tqdm(total=total, unit="patient", disable=not sys.stderr.isatty()) as bar:
                for batch in reindexing.rebuild(process="rebuild_index", limit=options["limit"]):
                    done, unreadable = done + batch.done, unreadable + batch.unreadable
                    bar.update(batch.done + batch.unreadable)
        self.stdout.write(
            f"{plan.patients} patient{pluralize(plan.patients)}, {plan.now} bits: "
            f"{done} rebuilt, {unreadable} do not open, {reindexing.waiting()} left"
        )
