"""``manage.py replay_erasures``: after a restore, forget again what had been erased."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.custody import erasure
from privacy.custody.ledger_file import LedgerBroken


class Command(BaseCommand):
    help = "Carry out again what the ledger outside names and a restored database brought back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--new-ledger",
            action="store_true",
            help="begin the file where it is missing; erasures that only it knew stay undone",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            made_good = erasure.replay(new_ledger=options["new_ledger"])
            erasure.refuse_gap()
        except (LedgerBroken, erasure.ErasuresWait) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{len(made_good.not_erased)} erased again, "
            f"{len(made_good.not_outside)} written down outside"
        )
