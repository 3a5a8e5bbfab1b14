"""``manage.py find_personal_data``: where personal data stands in texts; JSONL in, JSONL out.

Reads standard input, writes standard output, keeps nothing: no database, no log of the texts.
"""

import io
import json
import sys
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import pluralize

from privacy.minimisation.finding import find


class BadRow(ValueError):
    """A line that is no ``{"id": ..., "text": "..."}``; says what is wrong, not what it holds."""


class Command(BaseCommand):
    """One line out for each good line in, in order, as soon as it is read."""

    help = (
        "Find personal data: reads lines of JSON {id, text} from standard input, writes "
        "{id, spans: [{start, end, type}]} in the same order; offsets count code points. "
        "Exit code 1 if a line could not be read; the others are done all the same."
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        bad = 0
        for number, line in enumerate(_lines(), start=1):
            if not line.strip():
                continue
            try:
                row = _row(line)
            except BadRow as error:
                bad += 1
                self.stderr.write(f"row {number}: {error}")
                continue
            spans = [{"start": one.start, "end": one.end, "type": one.type} for one in find(row[1])]
            self.stdout.write(json.dumps({"id": row[0], "spans": spans}))
            self.stdout.flush()
        if bad:
            self.stderr.write(f"{bad} row{pluralize(bad)} could not be read")
            sys.exit(1)


def _lines() -> Iterator[bytes]:
    """Standard input by lines of bytes: JSON is UTF-8 whatever the terminal's encoding is."""
    source = getattr(sys.stdin, "buffer", None) or io.BytesIO(sys.stdin.read().encode())
    yield from source


def _row(line: bytes) -> tuple[Any, str]:
    """The id and the text of a line.

    Raises: BadRow.
    """
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadRow(f"not UTF-8 (byte {error.start})") from None
    except (ValueError, RecursionError) as error:
        where = f" (character {error.pos})" if isinstance(error, json.JSONDecodeError) else ""
        raise BadRow(f"not JSON{where}") from None
    if not isinstance(row, dict):
        raise BadRow("not a JSON object")
    if "id" not in row:
        raise BadRow('no "id"')
    if not isinstance(row.get("text"), str):
        raise BadRow('no "text", or it is not a string')
    return row["id"], row["text"]
