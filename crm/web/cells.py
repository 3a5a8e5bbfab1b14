"""Tables that leave as CSV."""

import csv
import io
from collections.abc import Iterable

BOM = "\ufeff"  # Excel takes a file without it for GBK
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def csv_text(lines: Iterable[Iterable[str]], *, start: str = "") -> str:
    """Lines of safe cells as CSV, after ``start`` (BOM for the first piece of a file)."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([[safe_cell(cell) for cell in line] for line in lines])
    return start + buffer.getvalue()
