"""Writes the rows of an approved export: in an order of its own, with marked rows among them."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crm.exports import rules, selectors
from crm.exports.datasets import DATASETS, Field, Kind
from crm.patients.models import Patient
from crm.web.cells import BOM, Cell, csv_text
from privacy.audit import services as audit
from privacy.audit.unhurried import unhurried
from privacy.errors import Unreadable
from privacy.exports import rules as export_rules
from privacy.exports.models import Export, place_of
from privacy.exports.services import building
from privacy.exports.services.building import Lost, Mark
from privacy.minimisation.finding import find
from privacy.minimisation.rules import COVER
from privacy.receipts import Receipt

CHUNK: Final = 25  # rows between two signs of life
_MOBILE_ABROAD: Final = re.compile(r"(?:00)?86(?P<number>1\d{10})")


@unhurried()
def build_next() -> bool:
    """Build the next export that waits; False if none does.

    Whatever stops it in the middle leaves no file; another try begins from the start.
    """
    export = building.take_up()
    if export is None:
        return False
    try:
        with override(settings.LANGUAGE_CODE):
            _build(export)
    except Lost:
        pass
    except Unreadable as error:
        audit.record_crypto_failure(path=f"export.{export.dataset}", code=str(error))
        building.fail(export=export, failure=Export.Failure.UNREADABLE)
    return True


def _build(export: Export) -> None:
    if not selectors.may_still(export):
        building.fail(export=export, failure=Export.Failure.MAY_NOT)
        return
    kind, columns = DATASETS[export.dataset], selectors.fields_of(export)
    rows = list(selectors.rows_of(export)[: export.rows + 1])
    if len(rows) > export.rows or not rows:
        failure = Export.Failure.GREW if rows else Export.Failure.EMPTY
        building.fail(export=export, failure=failure)
        return
    rows.sort(key=lambda row: place_of(export.pk, row.pk))
    receipt = building.open_rows(
        export=export,
        subjects={patient.pk: patient for patient in map(kind.patient_of, rows)}.values(),
        fields=[one.sealed for one in columns if one.sealed],
    )
    lines = list(_written(export, rows, columns, receipt))
    marks = _marks(columns, lines)
    for place, line in zip(rules.spread(len(lines), len(marks)), marks, strict=True):
        lines.insert(place, line)
    building.finish(
        export=export,
        parts=_parts(export, columns, lines),
        marks=[_found_again(columns, line) for line in marks],
        rows=len(rows),
    )


def _written(
    export: Export, rows: Sequence[Any], columns: Sequence[Field], receipt: Receipt
) -> Iterator[list[Cell]]:
    for number, row in enumerate(rows, start=1):
        yield _line(columns, [one.value(row, receipt) for one in columns])
        if number % CHUNK == 0:
            building.advance(export=export, written=number)


def _line(columns: Sequence[Field], cells: Sequence[Cell]) -> list[Cell]:
    """The cells as they leave: free text is covered whatever else was chosen. Only what the file
    names anyway in a column of this very row, the patient's own, is left in it."""
    pairs = list(zip(columns, cells, strict=True))
    own = frozenset(str(cell) for one, cell in pairs if one.kind is Kind.IDENTITY)
    return [
        covered(cell, own) if one.kind is Kind.FREE_TEXT and isinstance(cell, str) else cell
        for one, cell in pairs
    ]


def covered(text: str, own: Collection[str] = ()) -> str:
    """The text without numbers, accounts, addresses and names, sign for sign (S12).

    In: ``own`` values that may stay, in whichever writing of the same digits or letters.
    """
    spared = {_bare(value) for value in own} - {""}
    hidden = {
        at
        for span in find(text)
        if _bare(text[span.start : span.end]) not in spared
        for at in range(span.start, span.end)
    }
    return "".join(
        COVER if at in hidden and sign.isalnum() else sign for at, sign in enumerate(text)
    )


def _bare(value: str) -> str:
    """What two writings of one value have in common: 13800000001 and +86 138-0000-0001."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", value) if sign.isalnum())
    mobile = _MOBILE_ABROAD.fullmatch(plain)
    return mobile["number"] if mobile else plain.casefold()


# --- what tells this file from every other ----------------------------------------------------


def _marks(columns: Sequence[Field], lines: Sequence[list[Cell]]) -> list[list[Cell]]:
    """Invented rows, each after the pattern of a real one: same words and days, another person,
    no free text."""
    found = []
    for number in range(export_rules.MARKS):
        like = lines[number * len(lines) // export_rules.MARKS]
        person = _Invented(_unused_code())
        found.append([person.cell(one, like[at]) for at, one in enumerate(columns)])
    return found


@dataclass(frozen=True, slots=True)
class _Invented:
    code: str

    def cell(self, column: Field, like: Cell) -> Cell:
        if column.kind is Kind.FREE_TEXT:
            return ""
        makers: dict[str, Callable[[], str]] = {
            "code": lambda: self.code,
            "name": rules.invented_name,
            "phone": rules.invented_phone,
            "id_number": rules.invented_id_number,
            "number": lambda: rules.invented_number(str(like)),
        }
        return makers[column.invent]() if column.invent else like


def _unused_code() -> str:
    code = rules.invented_code()
    while Patient.objects.filter(subject__code=code).exists():
        code = rules.invented_code()
    return code


def _found_again(columns: Sequence[Field], line: Sequence[Cell]) -> Mark:
    texts = [str(cell) for one, cell in zip(columns, line, strict=True) if one.invent]
    return Mark(row=csv_text([line]).strip(), texts=tuple(texts))


def _parts(
    export: Export, columns: Sequence[Field], lines: Sequence[list[Cell]]
) -> dict[str, bytes]:
    """A table whose every line says which export and requester it is of, and a note beside it."""
    whose = f"{export.spaced_code} · {export.requester.staff_no}"
    header: list[Cell] = [*(str(one.label) for one in columns), _("Export, requester")]
    table = csv_text([header, *([*line, whose] for line in lines)], start=BOM)
    return {f"{export.code}.csv": table.encode(), "README.txt": _readme(export).encode()}


def _readme(export: Export) -> str:
    destroy_by = timezone.localtime(timezone.now() + export_rules.KEPT_BY_RECIPIENT)
    recipient = export.recipient.display_name if export.recipient else export.recipient_name
    facts = (
        (_("Export"), export.spaced_code),
        (_("What for"), f"{export.get_purpose_display()} · {export.reason}"),
        (_("Recipient"), f"{export.get_recipient_kind_display()} · {recipient}"),
        (_("Why they may have it"), export.recipient_why),
        (_("Requester's staff number"), export.requester.staff_no),
        (_("Built on"), f"{timezone.localtime():%Y-%m-%d %H:%M}"),
        (_("Destroy by"), f"{destroy_by:%Y-%m-%d}"),
    )
    words = _(
        "For this purpose and recipient only. Every row is marked; a copy can be traced to this "
        "export. Destroy the file and all copies by the day above."
    )
    return BOM + "\r\n".join([*(f"{name}: {value}" for name, value in facts), "", words, ""])
