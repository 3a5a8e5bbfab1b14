"""``manage.py import_consultations FILE...``: old talks as locked records of invented patients."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import pluralize
from tqdm import tqdm

from consult.consultations.import_formats import RowError
from consult.consultations.services import importing
from crm.staff.selectors import staff_by_number
from privacy.errors import DomainError


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ArgumentTypeError("a whole number above 0 is needed")
    return int(text)


class Command(BaseCommand):
    """May be stopped and started again at any time: rows are taken once, batch by batch."""

    help = (
        "Import consultations from JSONL files (UTF-8 or GB18030). Safe to repeat: a row id is "
        "taken once. Exit code 0: done, rejected rows are counted; 2: could not run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--staff", required=True, help="staff number of the person who imports")
        parser.add_argument(
            "--clinic", default="", help="clinic that gets the invented patients, made if missing"
        )
        parser.add_argument("--dry-run", action="store_true", help="read and count, write nothing")
        parser.add_argument("--errors", type=Path, help="write rejected rows here, as JSONL")
        parser.add_argument("--batch", type=_positive, default=importing.BATCH)
        parser.add_argument("--limit", type=_positive, help="stop after so many good rows")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            self._run(options)
        except (DomainError, OSError) as error:
            raise CommandError(str(error), returncode=2) from error

    def _run(self, options: dict[str, Any]) -> None:
        staff = staff_by_number(options["staff"])
        if staff is None:
            raise CommandError(f"no active staff number {options['staff']}", returncode=2)
        importing.check_importer(staff)
        files = importing.look_over(options["files"])
        dry_run = options["dry_run"]
        plan = importing.Plan(
            staff=staff,
            clinic=None if dry_run else importing.receiving_clinic(
                name=options["clinic"], staff=staff
            ),
            dry_run=dry_run,
            batch=options["batch"],
            limit=options["limit"],
        )  # fmt: skip
        total = sum(file.lines for file in files)
        with (
            _errors_to(options["errors"] and Path(options["errors"])) as errors,
            _bar(total) as bar,
        ):
            report = importing.import_files(
                plan=plan,
                sources=files,
                on_rows=bar.update,
                on_error=lambda path, error: _write(errors, path, error),
            )
        self._summary(report, dry_run=dry_run)

    def _summary(self, report: importing.Report, *, dry_run: bool) -> None:
        verb = "would be added" if dry_run else "added"
        self.stdout.write(
            f"{report.rows} row{pluralize(report.rows)} read: {report.added} {verb}, "
            f"{report.known} known already, {sum(report.rejected.values())} rejected"
        )
        for reason, count in sorted(report.rejected.items()):
            self.stdout.write(f"  rejected, {reason}: {count}")
        self.stdout.write(
            f"{report.turns} message{pluralize(report.turns)}, "
            f"{report.covered} personal number{pluralize(report.covered)} covered, "
            f"{report.events} audit event{pluralize(report.events)}"
        )


def _bar(total: int) -> "tqdm[Any]":
    return tqdm(total=total, unit=" rows", file=sys.stderr)


@contextmanager
def _errors_to(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8") as handle:
        yield handle


def _write(handle: TextIO | None, path: Path, error: RowError) -> None:
    """A rejected line as file, line, row id and reason: never its text."""
    if handle is not None:
        facts = {"file": path.name, "line": error.line_no, "row": error.row_id}
        json.dump({**facts, "reason": error.reason.value}, handle, ensure_ascii=False)
        handle.write("\n")
