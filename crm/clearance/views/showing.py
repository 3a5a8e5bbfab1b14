"""A standing as lines on a screen: what it is, until when, where to go for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.clearance.models import ClinicLicence, Document, Licence, Sitting
from crm.clearance.rules import FOREVER, Line, Standing, reminder

Words = str | Promise
KINDS: Final[Mapping[str, Words]] = {
    "document": _("To sign or read"),
    "course": _("Training"),
    "licence": _("Licence"),
    "clinic": _("Licence of the clinic"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the own page."""

    kind: Words
    label: Words
    until: date | None  # None: missing, or for ever; ``missing`` tells
    missing: bool
    soon: bool
    to_read: bool  # missing, and no more than that: it closes nothing
    url: str  # "" where somebody else has to act


def rows_of(standing: Standing, documents: Mapping[str, Document]) -> list[Row]:
    """Everything that is asked, what is missing first."""
    rows = [_row(line, documents) for line in standing.lines]
    return sorted(rows, key=lambda row: (not row.missing, not row.soon))


def _row(line: Line, documents: Mapping[str, Document]) -> Row:
    return Row(
        kind=KINDS[line.kind],
        label=label_of(line, documents),
        until=None if line.until == FOREVER else line.until,
        missing=line.until is None,
        soon=reminder(line.until, timezone.localdate()) is not None,
        to_read=line.kind == "document" and not line.gates,
        url=_url(line),
    )


def label_of(line: Line, documents: Mapping[str, Document]) -> Words:
    """What a line is called."""
    if line.kind == "course":
        return Sitting.Course(line.key).label
    if line.kind == "clinic":
        return ClinicLicence.Kind(line.key).label
    if line.kind == "licence":
        return Licence.Kind(line.key).label
    document = documents.get(line.key)
    return document.title if document else line.key


def _url(line: Line) -> str:
    if line.kind == "course":
        return reverse("clearance:course", args=[line.key])
    if line.kind == "document":
        return reverse("clearance:document", args=[line.key])
    return reverse("clearance:clinic-licences") if line.kind == "clinic" else ""
