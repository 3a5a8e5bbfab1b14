"""Looking at the data inventory, and taking it along: each is an event (R1, R31)."""

from typing import Final

from django.db import transaction

from crm.inventory.events import InventoryEvent
from crm.staff.models import User
from crm.web.cells import BOM, csv_text
from privacy.audit import services as audit
from privacy.inventory import Entry, entries

HEADER: Final = (
    "package", "model", "field", "class", "purpose", "basis", "retention", "sealed", "why plain",
)  # fmt: skip


@transaction.atomic
def open_inventory(*, viewer: User, data_class: str = "", package: str = "") -> list[Entry]:
    """The fields of one class and package, or of all where "" is asked for."""
    found = _narrowed(data_class, package)
    audit.record(InventoryEvent.VIEWED, actor=viewer, detail=_asked(data_class, package))
    return found


@transaction.atomic
def export(*, viewer: User, data_class: str = "", package: str = "") -> str:
    """The same as CSV, in the viewer's language."""
    found = _narrowed(data_class, package)
    audit.record(
        InventoryEvent.EXPORTED,
        actor=viewer,
        detail={**_asked(data_class, package), "rows": len(found)},
    )
    return csv_text([HEADER, *map(_cells, found)], start=BOM)


def _narrowed(data_class: str, package: str) -> list[Entry]:
    return [
        one
        for one in entries()
        if data_class in ("", one.data_class) and package in ("", one.package)
    ]


def _asked(data_class: str, package: str) -> dict[str, str | int]:
    asked = {"class": data_class, "package": package}
    return {name: value for name, value in asked.items() if value}


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        entry.package,
        entry.model,
        entry.field,
        str(entry.data_class),
        str(entry.purpose),
        str(entry.basis.label),
        str(entry.retention.label),
        "x" if entry.sealed else "",
        str(entry.plain),
    )
