"""``manage.py row_notes TABLE KEY --staff CODE``: who changed one row, and when."""

from argparse import ArgumentParser
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.utils import timezone

from privacy.access.policy import Permission
from privacy.actors import Actor
from privacy.audit.row_changes import UNWATCHED
from privacy.audit.row_notes import Act, Note, Origin, read_notes
from privacy.management.by_staff import add_staff, by_staff

OPERATIONS: Final = {"I": "added", "U": "changed", "D": "deleted", "T": "whole table emptied"}
WORDS: Final = {
    Origin.OWN: "the product's own bookkeeping: {note.why}",
    Origin.SET_UP: "laid down by setting up",
    Origin.ARCHIVED: 'no event online: look for "xid":{note.xid} in the archive of {note.why}; '
    "without one there, UNATTRIBUTED",
    Origin.UNATTRIBUTED: "UNATTRIBUTED: {note.context} as {note.db_role}, transaction {note.xid}",
}


class Command(BaseCommand):
    """For whoever reads the trail; moments are printed in clinic time."""

    help = "Show the notes of one row: time, operation, columns, and whose events answer for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_staff(parser)
        parser.add_argument("table", help="as in the database: crm_patient")
        parser.add_argument("key", help="the row's id, as in the target of an event or alert")

    def handle(self, *_args: Any, **options: Any) -> None:
        table, needs = options["table"], Permission.VIEW_AUDIT
        with by_staff(options["staff"], permission=needs, process="row_notes") as actor:
            notes = read_notes(relation=table, row_key=options["key"], actor=actor)
        if not notes:
            self.stdout.write("No notes of this row.")
            if table in UNWATCHED:
                self.stdout.write(f"The table is not watched: {UNWATCHED[table]}.")
        numbers = _numbers(notes)
        for one in notes:
            moment = timezone.localtime(one.at).isoformat(sep=" ", timespec="milliseconds")
            columns = " ".join(one.columns)
            self.stdout.write(f"{moment}  {OPERATIONS[one.operation]}  {columns}".rstrip())
            for line in _answers(one, actor, numbers):
                self.stdout.write(f"    {line}")


def _answers(note: Note, actor: Actor, numbers: dict[Any, str]) -> list[str]:
    if note.origin is not Origin.EVENTS:
        return [WORDS[note.origin].format(note=note)]
    return [_spoken(act, actor, numbers) for act in note.acts]


def _spoken(act: Act, actor: Actor, numbers: dict[Any, str]) -> str:
    """One event in a line; of another clinic's its number alone."""
    number = f"no. {act.seq}" if act.seq else "not sealed yet"
    if act.clinic not in (None, actor.clinic_id):
        return f"{number}: an event of another clinic"
    who = f"staff {numbers.get(act.actor, act.actor)}" if act.actor else f"process {act.process}"
    return f"{number}: {who}, {act.action}, event {act.event_id}"


def _numbers(notes: list[Note]) -> dict[Any, str]:
    """Staff numbers of whoever acted."""
    keys = {act.actor for note in notes for act in note.acts if act.actor}
    return dict(get_user_model().objects.filter(pk__in=keys).values_list("pk", "staff_no"))
