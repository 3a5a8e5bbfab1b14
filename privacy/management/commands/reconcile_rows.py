"""``manage.py reconcile_rows``: is each row what was last noted of it? 0 yes, 1 no, 2 unknown."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from privacy.custody import reconciling
from privacy.custody.models import Reconciliation
from privacy.custody.reconciling import Verdict

MEANING = {
    Verdict.CHANGED: "a box is not the one last noted: an old value was put back, or a new one in",
    Verdict.GONE: "the row is gone, and nobody was seen taking it away",
    Verdict.BACK: "the row was taken away and is back",
    Verdict.UNGUARDED: "triggers or functions of the net are not as they were made",
    Verdict.FORGED: "this row of a run was not written by the product: its counts are nobody's",
    Verdict.REWRITTEN: "the notes under this seal are not those that were sealed",
}


class Command(BaseCommand):
    """May be stopped at any time; the next run of the same night goes on there."""

    help = "Compare all rows with their notes. Exit code 0: agree, 1: do not, 2: could not run."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            run = reconciling.open_run()
            self._go(run)
        except Exception as error:  # noqa: BLE001 - any failure at all means "could not run"
            self.stderr.write(f"could not compare: {type(error).__name__}: {error}")
            sys.exit(2)
        self.stdout.write(
            f"{run.rows} rows, {run.boxes} boxes compared, {run.unnoted} rows without a note, "
            f"{run.findings} findings"
        )
        sys.exit(1 if run.findings else 0)

    def _go(self, run: Reconciliation) -> None:
        total = max(reconciling.rows_to_compare(), run.rows)
        with tqdm(total=total, initial=run.rows, unit="row", file=sys.stderr, disable=None) as bar:
            for step in reconciling.reconcile(run, process="reconcile_rows"):
                bar.update(step.rows)
                for one in step.findings:
                    where = f"{one.target} {', '.join(one.columns)}".rstrip()
                    self.stdout.write(f"{where}: {MEANING[one.verdict]} ({one.verdict})")
