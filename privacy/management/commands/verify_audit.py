"""``manage.py verify_audit``: is the trail whole? 0 whole, 1 not, 2 could not run."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, transaction
from django.template.defaultfilters import pluralize

from privacy.audit import services as audit
from privacy.audit.anchors import typed
from privacy.audit.events import AuditTrailEvent
from privacy.audit.findings import Finding, Report
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.audit.selectors import knows_head
from privacy.audit.verification import verify

MEANING = {
    "missing": "the event is gone",
    "leaf": "the event is not the one that was sealed",
    "edited": "the event was changed after it was written",
    "forged": "an unsealed event was changed or written without the key",
    "inserted": "an event was slipped in among sealed ones",
    "gap": "a number is missing",
    "renumbered": "the event was moved to another checkpoint",
    "transaction": "the transaction number is another",
    "root": "the events of a checkpoint do not give its root",
    "checkpoint": "a checkpoint does not follow the one before, or is not signed",
    "orphan_seal": "seals without their checkpoint",
    "anchor": "a head kept outside is not in the database: cut or rewritten",
    "anchor_line": "the anchor file has a line that cannot be read",
    "rows": "the noted changes of rows are not those that were sealed",
    "sink_gone": "the second sink tells an event that is not in the trail",
    "sink_edited": "the second sink tells another event under this id",
    "sink_unseen": "the second sink was never told of this event",
    "sink_gap": "lines of the second sink are missing",
    "sink_chain": "a line of the second sink was changed or made up",
    "archive": "a month's archive was made up, or not all of its events are away",
    "signer": "a sealer's key that the audit root does not vouch for",
}


class Command(BaseCommand):
    """Recomputes every link; needs the audit root, changes nothing, books that it ran."""

    help = "Verify the audit trail. Exit code 0: whole, 1: not whole, 2: could not run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="list every finding kept")
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="NUMBER:DIGITS",
            help="a head that somebody kept, from a mail, a sheet or a time stamp; several times",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        kept = [typed(text) for text in options["head"]]
        if None in kept:
            self.stderr.write("--head: a number, a colon and 64 digits 0-9 or a-f")
            sys.exit(2)
        try:
            report = verify()
            for head in filter(None, kept):
                if not knows_head(head):
                    report.add(Finding("anchor", 0, checkpoint=head.number))
            _book(report)
        except Exception as error:  # noqa: BLE001 - any failure at all means "could not run"
            self.stderr.write(f"could not verify: {type(error).__name__}: {error}")
            sys.exit(2)
        self._print(report, everything=options["all"])
        sys.exit(0 if report.whole else 1)

    def _print(self, report: Report, *, everything: bool) -> None:
        self.stdout.write(
            f"{report.events} event{pluralize(report.events)} in "
            f"{report.checkpoints} checkpoint{pluralize(report.checkpoints)}, "
            f"{report.unsealed} waiting, {report.anchored} anchor{pluralize(report.anchored)}, "
            f"{report.told} in the second sink, {report.archived} archived, "
            f"head {report.head.hex()[:16]}"
        )
        if report.clock_jumps:
            jumps = report.clock_jumps
            self.stdout.write(
                f"note: {jumps} event{pluralize(jumps)} {pluralize(jumps, 'was,were')} "
                "written by a wrong clock"
            )
        if report.first_bad is None:
            self.stdout.write("whole")
            return
        self.stdout.write(f"NOT WHOLE, {report.found} finding{pluralize(report.found)}")
        self.stdout.write(f"first bad event: {_describe(report.first_bad)}")
        for finding in report.findings if everything else ():
            self.stdout.write(f"  {_describe(finding)}")


def _describe(finding: Finding) -> str:
    number = f"no. {finding.seq}" if finding.seq else "without a number"
    parts = [number, str(finding.event_id or "id unknown")]
    if finding.event_id:
        with acting_as(READER):
            event = AuditEvent.objects.filter(id=finding.event_id).first()
        if event:
            parts.append(f"{event.at:%Y-%m-%d %H:%M:%S} UTC {event.action}")
    if finding.checkpoint:
        parts.append(f"checkpoint {finding.checkpoint}")
    return f"{', '.join(parts)}: {MEANING[finding.code]} ({finding.code})"


def _book(report: Report) -> None:
    detail: dict[str, str | int] = {"events": report.events, "findings": report.found}
    try:
        with transaction.atomic():
            audit.record(
                AuditTrailEvent.VERIFIED,
                process="verify_audit",
                outcome="ok" if report.whole else "failed",
                detail=detail,
            )
    except DatabaseError:
        if report.whole:  # a trail that takes no event is not whole; one that is bad is told first
            raise
