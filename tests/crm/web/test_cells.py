"""CSV that no spreadsheet takes for formulas."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from crm.web.cells import BOM, FORMULA_STARTS, csv_text, safe_cell


@given(st.text(max_size=30))
def test_no_cell_starts_like_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.startswith(FORMULA_STARTS)
    assert cell.removeprefix("'").endswith(text.removeprefix("'"))


def test_a_table_comes_back_as_it_was() -> None:
    text = csv_text([("a", "=1+1"), ("逗号,", '引"号')], start=BOM)
    assert text.startswith(BOM)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM))))
    assert rows == [["a", "'=1+1"], ["逗号,", '引"号']]
