"""The same payloads before a real spreadsheet program: LibreOffice Calc opens the table."""

import csv
import io
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from crm.web.cells import BOM, csv_text
from tests.crm.web.test_cells import PAYLOADS

CALC = shutil.which("soffice")
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
# Comma, quote, UTF-8, from the first line; numbers are recognised, blanks cut off, formulas
# evaluated: what a hurried user could click at worst.
AS_CSV = "CSV:44,34,76,1,,0,false,true,false,false,true,-1,true"
SECONDS_TO_OPEN = 120

pytestmark = pytest.mark.skipif(CALC is None, reason="LibreOffice Calc is not on this machine")


def first_cells(folder: Path, text: str) -> list[ElementTree.Element]:
    """The first cell of each line of this CSV, as Calc holds it."""
    assert CALC is not None
    file = folder / "table.csv"
    file.write_text(text, encoding="utf-8", newline="")
    subprocess.run(
        [
            CALC, "--headless", "--norestore", f"-env:UserInstallation={(folder / 'me').as_uri()}",
            f"--infilter={AS_CSV}", "--convert-to", "fods", "--outdir", str(folder), str(file),
        ],
        check=True, capture_output=True, timeout=SECONDS_TO_OPEN,
    )  # fmt: skip
    rows = ElementTree.parse(file.with_suffix(".fods")).iter(f"{TABLE}table-row")  # noqa: S314  our own file
    return [cell for row in rows if (cell := row.find(f"{TABLE}table-cell")) is not None]


def formulas(cells: list[ElementTree.Element]) -> list[str]:
    return [one.attrib[f"{TABLE}formula"] for one in cells if f"{TABLE}formula" in one.attrib]


def kinds(cells: list[ElementTree.Element]) -> set[str]:
    return {one.get(f"{OFFICE}value-type", "") for one in cells}


def test_sixty_payloads_are_inert_in_calc(tmp_path: Path) -> None:
    cells = first_cells(tmp_path, csv_text([[one] for one in PAYLOADS], start=BOM))
    assert len(cells) == len(PAYLOADS) == 60
    assert formulas(cells) == []
    assert kinds(cells) == {"string"}


def test_calc_does_take_them_for_formulas_as_they_are(tmp_path: Path) -> None:
    """The one above could fail: without the writer of this house Calc calculates."""
    plain = io.StringIO()
    csv.writer(plain).writerows([[one] for one in PAYLOADS])
    assert len(formulas(first_cells(tmp_path, BOM + plain.getvalue()))) >= 5


def test_a_number_is_one_to_calc_and_a_phone_number_is_not(tmp_path: Path) -> None:
    cells = first_cells(tmp_path, csv_text([[-5], ["+8613800138000"]], start=BOM))
    assert [one.get(f"{OFFICE}value-type") for one in cells] == ["float", "string"]
