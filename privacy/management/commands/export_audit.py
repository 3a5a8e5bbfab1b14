"""``manage.py export_audit 2026-11 --to DIR``: a month of the trail for an outside auditor."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.template.defaultfilters import pluralize
from tqdm import tqdm

from privacy.access.policy import Permission
from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.exporting import Bundle, Span, span_of, verifier_sha256
from privacy.audit.packing import as_zip, into_folder
from privacy.errors import DomainError
from privacy.management.by_staff import add_staff, by_staff


class Command(BaseCommand):
    """Books that it runs before it writes, and what left when it is done."""

    help = "Export a month of the sealed audit trail with its offline verifier."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_staff(parser)
        parser.add_argument("month", help="as 2026-11, clinic time")
        parser.add_argument("--to", required=True, type=Path, help="the folder to put it in")
        parser.add_argument("--zip", action="store_true", help="one zip instead of a folder")
        parser.add_argument("--reason", default="", help="why, for the trail")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            span = span_of(options["month"])
        except (ValueError, DomainError) as error:
            raise CommandError(str(error)) from error
        needs = Permission.EXPORT_AUDIT
        with by_staff(options["staff"], permission=needs, process="export_audit") as actor:
            self._export(span, actor, options)

    def _export(self, span: Span, actor: Actor, options: dict[str, Any]) -> None:
        _book(AuditTrailEvent.MONTH_EXPORTED, span, actor, reason=options["reason"])
        outcome = "failed"
        with tqdm(total=span.events, unit=" events", file=sys.stderr, disable=None) as bar:
            bundle = Bundle(span, advance=bar.update)
            try:
                written = _write(bundle, options["to"], zipped=options["zip"])
                outcome = "ok"
            except OSError as error:
                raise CommandError(str(error)) from error
            finally:
                detail = {"events": bundle.events, "sha256": bundle.manifest}
                ended = AuditTrailEvent.MONTH_EXPORT_ENDED
                _book(ended, span, actor, outcome=outcome, detail=detail)
        self._tell(bundle, written)

    def _tell(self, bundle: Bundle, written: Path) -> None:
        span = bundle.span
        self.stdout.write(f"{written}")
        self.stdout.write(
            f"{bundle.events} event{pluralize(bundle.events)}, "
            f"numbers {span.first.first_seq} to {span.end_seq - 1}, "
            f"checkpoints {span.first.number} to {span.last.number}"
        )
        self.stdout.write(f"head              {bytes(span.last.chain).hex()}")
        self.stdout.write(f"manifest SHA-256  {bundle.manifest}")
        self.stdout.write(f"verifier SHA-256  {verifier_sha256()}")
        if not span.complete:
            self.stdout.write("note: the end of the month is not sealed yet")
        if bundle.suspects:
            count = len(bundle.suspects)
            self.stdout.write(f"NOT WRITTEN WITH THE KEY: {count} event{pluralize(count)}")


def _write(bundle: Bundle, place: Path, *, zipped: bool) -> Path:
    if not zipped:
        return into_folder(bundle, place)
    place.mkdir(parents=True, exist_ok=True)
    path, part = place / f"{bundle.span.name}.zip", place / f".{bundle.span.name}.zip.part"
    if path.exists():
        raise FileExistsError(f"{path} exists")
    with part.open("wb") as file:
        file.writelines(as_zip(bundle))
    return part.rename(path)


def _book(event: AuditTrailEvent, span: Span, actor: Actor, **facts: Any) -> None:
    with transaction.atomic():
        audit.record(event, actor=actor, target=f"month:{span.month}", **facts)
