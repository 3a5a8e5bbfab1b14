"""Tables that leave as CSV: the one writer for all of them."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

Cell = str | int | Decimal  # a number is written as a number, also below zero; a text never is

BOM: Final = "\ufeff"  # Excel takes a file without it for GBK
SIGNS: Final = frozenset("=+-@＝＋－＠")  # what spreadsheets begin a formula with; NFKC makes no
CONTROLS: Final = frozenset("\t\r\n\0")  # difference for those that normalise what they read
QUOTES: Final = frozenset("'\"`´‘’“”＇＂")


def safe_cell(value: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    An apostrophe stands before a text whose first sign is one of SIGNS, after blanks, quotes and
    invisible signs have been passed over, and before one that begins with a tab, a line's end or
    NUL (security design 6).
    """
    first = next((sign for sign in value if not _is_passed_over(sign)), "")
    return f"'{value}" if first in SIGNS or value.startswith(tuple(CONTROLS)) else value


def _is_passed_over(sign: str) -> bool:
    return sign.isspace() or sign in QUOTES or unicodedata.category(sign)[0] in "CZ"


def csv_text(lines: Iterable[Iterable[Cell]], *, start: str = "") -> str:
    """Lines of safe cells as CSV, after ``start`` (BOM for the first piece of a file)."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([[_written(cell) for cell in line] for line in lines])
    return start + buffer.getvalue()


def _written(cell: Cell) -> str:
    return safe_cell(cell) if isinstance(cell, str) else str(cell)
