"""docs/configuration.md names every variable that settings read, and none that nobody reads."""

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "configuration.md").read_text()
NAME = re.compile(r"`([A-Z][A-Z0-9_]+)`")


def read_by_settings() -> set[str]:
    """Names in ``env.kind("X")``, ``env("X")`` and ``secret("X")`` of crm/settings."""
    found = set()
    for file in (PROJECT / "crm" / "settings").glob("*.py"):
        if file.name == "test.py":  # it sets variables, for itself
            continue
        for call in ast.walk(ast.parse(file.read_text())):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            function, first = call.func, call.args[0]
            owner = function.value if isinstance(function, ast.Attribute) else function
            named = isinstance(owner, ast.Name) and owner.id in {"env", "secret"}
            if named and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found


def named_in_table() -> set[str]:
    """Names in the first column of the table "Read by the settings"."""
    section = PAGE.split("## Read by the settings")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in NAME.findall(row)}


def test_every_variable_that_settings_read_is_in_the_table() -> None:
    read = read_by_settings()

    assert {"SECRET_KEY", "DATABASE_URL", "SUIAN_DEMO"} <= read
    assert read - named_in_table() == set()


def test_the_table_names_nothing_that_settings_do_not_read() -> None:
    assert (
        named_in_table() - read_by_settings() - {"CLINIC_OPEN_FROM", "CLINIC_OPEN_UNTIL"} == set()
    )
