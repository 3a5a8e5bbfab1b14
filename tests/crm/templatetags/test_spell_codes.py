"""A patient's code has one spelling on all screens and papers: two groups of four."""

import re
from pathlib import Path

from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from privacy.pseudonyms.rules import display_code, make_code, parse_code

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
BARE = re.compile(r"(?<!code=)\{\{ (?:\w+\.)*patient\.code(?:\|code)? \}\}|patient\.code trimmed")


def shown(value: str) -> str:
    return Template("{{ value|spelled }} {{ value|code }}").render(Context({"value": value}))


@given(st.integers(0, 2**35 - 1))
def test_in_two_groups(number: int) -> None:
    parts = iter(range(7))
    code = make_code(lambda size: (number >> 5 * next(parts)) % size)
    spelled = display_code(code)
    assert shown(code) == f'{spelled} <span class="code">{spelled}</span>'
    assert shown(spelled).startswith(f"{spelled} ")  # never twice
    assert parse_code(spelled) == code  # what is copied from a screen is found again


def test_other_numbers_stay() -> None:
    for text in ("B-001", "E-2026-0001", "", "ABCDEFGH", "X7K2M9QX"):
        assert shown(text).startswith(f"{text} ")


def test_no_template_shows_it_bare() -> None:
    files = sorted(TEMPLATES.rglob("*.html"))
    found = [
        f"{file.relative_to(TEMPLATES)}: {bare}"
        for file in files
        for bare in BARE.findall(file.read_text())
        if "|code" not in bare
    ]
    assert len(files) > 100
    assert found == []
