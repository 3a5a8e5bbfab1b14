"""Decisions are numbered without a gap; every rule the code names stands in docs/rules.md."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, Module, modules

ADR = ROOT / "docs" / "adr"
RULE = re.compile(r"\b(?:[RSTU]\d{1,3}|[A-Z]{2}-\d{3})\b")


def decisions() -> list[Path]:
    return sorted(ADR.glob("*.md"))


def test_decisions_are_numbered_without_a_gap() -> None:
    names = [path.name for path in decisions()]
    assert names
    for number, name in enumerate(names, 1):
        assert re.fullmatch(rf"{number:04d}-[a-z0-9-]+\.md", name), name


@pytest.mark.parametrize("path", decisions(), ids=lambda path: path.stem)
def test_a_decision_says_why_what_and_at_what_price(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.name[:4]} ")
    positions = [text.find(f"\n## {part}\n") for part in ("Context", "Decision", "Consequences")]
    assert -1 not in positions
    assert positions == sorted(positions)


def test_every_rule_the_code_names_is_written_down() -> None:
    written = set(RULE.findall((ROOT / "docs" / "rules.md").read_text(encoding="utf-8")))
    missing = {
        code: module.name
        for module in modules()
        for code in RULE.findall(" ".join(prose(module)))
        if code not in written
    }
    assert missing == {}


def prose(module: Module) -> Iterator[str]:
    """Comments and docstrings; lint codes of silenced checks left out."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            yield re.sub(r"(noqa|type: ignore)\S*( [A-Z]+\d+,?)*", "", token.string)
