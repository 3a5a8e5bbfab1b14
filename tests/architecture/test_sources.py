"""The rules of the house that a linter cannot say."""

import ast
import re
import statistics

import pytest

from tests.architecture.source import BUSINESS, DOORS, length_of, modules

HTTP = ("django.http", "django.shortcuts", "django.urls", "django.views", "django.contrib.messages")


def test_doors_leave_the_database_to_selectors_and_services() -> None:
    found = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        if module.layers & DOORS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"}
    ]
    assert found == []


def test_business_knows_no_http() -> None:
    found = [
        f"{module.name}: {name}"
        for module in modules()
        if module.layers & BUSINESS
        for name in sorted(module.imports())
        if name.startswith(HTTP)
    ]
    assert found == []


def test_no_file_is_longer_than_400_lines() -> None:
    sizes = sorted((module.length, module.name) for module in modules())
    lengths = [size for size, _name in sizes if size]
    print(f"files: {len(lengths)}, median {statistics.median(lengths):.0f}, longest {sizes[-1]}")  # noqa: T201 - a figure to read
    assert [name for size, name in sizes if size > 400] == []


def test_no_function_is_longer_than_50_lines() -> None:
    sizes = sorted(
        (length_of(function), f"{module.name}:{function.name}")
        for module in modules()
        for function in module.functions()
    )
    short = sum(1 for size, _name in sizes if size <= 25) / len(sizes)
    print(f"functions: {len(sizes)}, within 25 lines {short:.1%}, longest {sizes[-1]}")  # noqa: T201 - a figure to read
    assert [name for size, name in sizes if size > 50] == []
    assert short >= 0.9


@pytest.mark.parametrize("phrase", ["TODO", "FIXME", "XXX", "NotImplementedError  # later"])
def test_nothing_is_put_off(phrase: str) -> None:
    assert [module.name for module in modules() if phrase in module.text] == []


def test_every_silenced_check_says_why() -> None:
    found = [
        f"{module.name}:{number}"
        for module in modules()
        for number, line in enumerate(module.text.splitlines(), 1)
        for mark in ("# noqa", "# type: ignore")
        if mark in line and not _has_reason(line.partition(mark)[2])
    ]
    assert found == []


def _has_reason(rest: str) -> bool:
    """``# noqa: S608 - why`` or ``# type: ignore[x]  # why``."""
    return bool(re.search(r"(#|\s-|[A-Z]\d+ ) *\w", rest))
