"""The inventory finds whatever it is not told, and whatever it is told wrongly (R1)."""

from collections.abc import Callable

import pytest

from crm.patients.models import PatientContact
from privacy import inventory
from privacy.audit.models import RowSeal
from privacy.inventory import COMMON, Basis, Line, Table, c1, c2, c3, c4, of
from privacy.records import RetentionClass


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """``told(line, …)``: faults if this were all that is said of a patient's contact."""

    def faults(*lines: Line) -> list[str]:
        table = of(PatientContact, Basis.SERVICE, *lines)
        monkeypatch.setattr(inventory, "tables", lambda: iter([table]))
        monkeypatch.setattr(inventory, "own_models", lambda: [PatientContact])
        return inventory.faults()

    return faults


INDEXES = c3("finding", "phone_index", "id_number_index", "name_tokens", plain="keyed")
SEALED = c3("reaching", "name", "phone", "id_number")
LINK = c1("whose", "patient")


def test_all_told_is_no_fault(told) -> None:
    assert told(LINK, INDEXES, SEALED) == []


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ((INDEXES, SEALED), "PatientContact.patient: no line"),
        ((LINK, INDEXES, SEALED, c1("x", "shoe_size")), "PatientContact.shoe_size: no such field"),
        ((LINK, INDEXES, SEALED, c1("x", "patient")), "PatientContact.patient: told twice"),
        ((c1("", "patient"), INDEXES, SEALED), "PatientContact.patient: no purpose"),
        (
            (LINK, INDEXES, c2("x", "phone"), c3("x", "name", "id_number")),
            "PatientContact.phone: sealed, so C3 or C4",
        ),
        (
            (LINK, c4("x", "phone_index", "id_number_index", "name_tokens"), SEALED),
            "PatientContact.phone_index: sealed, or a reason why not",
        ),
        (
            (LINK, INDEXES, c3("x", "name", "phone", "id_number", plain="it is not")),
            "PatientContact.phone: sealed, or a reason why not",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named(told, lines, fault) -> None:
    assert fault in told(*lines)


def test_a_line_overrides_basis_and_retention_of_its_table(told) -> None:
    told(
        LINK,
        INDEXES,
        c3("x", "name", basis=Basis.RECORD, retention=RetentionClass.CLINICAL),
        c3("x", "phone", "id_number"),
    )
    held = {one.field: one for one in inventory.entries()}
    assert (held["name"].basis, held["name"].retention) == (Basis.RECORD, RetentionClass.CLINICAL)
    assert (held["phone"].basis, held["phone"].retention) == (
        Basis.SERVICE,
        RetentionClass.CONTACT_LOG,
    )
    assert held["phone"].sealed
    assert not held["phone_index"].sealed
    assert (held["id"].purpose, held["id"].package) == (COMMON, "crm")


def test_a_table_without_the_common_columns_names_its_own() -> None:
    line = c1("order", "number")
    assert Table(RowSeal, Basis.NONE, (line,)).all_lines == (line,)


def test_a_feature_without_an_inventory_has_all_fields_missing(monkeypatch) -> None:
    monkeypatch.setattr(inventory, "find_spec", lambda name: None)
    assert inventory.entries() == []
    assert "PatientContact.phone: no line" in inventory.faults()
