"""What the mutants of the mutation measurement change, and what they leave alone."""

import ast

import pytest

from benchmarks.mutants import mutants_of, mutated

UNTOUCHED = '''
"""A docstring."""
__all__ = ["may"]
logger = None

def may(role: "str | None" = None) -> "bool":
    """Another."""
    logger.warning("words %s", role)
    raise ValueError(f"no {role} here")

class Row(Model):
    name = models.CharField(max_length=20)
    class Meta:
        ordering = ["name"]
'''


def after(source: str) -> list[str]:
    """The source after each change, as Python spells it."""
    return [ast.unparse(mutated(source, one.number)) for one in mutants_of("x.py", source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = b < c", ["a = b <= c", "a = b > c"]),
        ("a = b is c", ["a = b is not c"]),
        ("a = b and c", ["a = b or c"]),
        ("a = not b", ["a = b"]),
        ("a = b + 1", ["a = b - 1", "a = b + 2"]),
        ("a = True", ["a = False"]),
        ("a = 'b'", ["a = 'XXb'"]),
        ("if a:\n    b()", ["if not a:\n    b()", "if a:\n    pass"]),
        ("def f(a):\n    return a", ["def f(a):\n    return None"]),
        ("while a:\n    break", ["while not a:\n    break", "while a:\n    continue"]),
    ],
)
def test_each_change_is_one_place(source: str, expected: list[str]) -> None:
    assert after(source) == expected


def test_wording_annotations_and_declarations_are_left_alone() -> None:
    told = [str(one) for one in mutants_of("x.py", UNTOUCHED)]
    assert told == ["x.py:8 call of warning -> pass", "x.py:9 raise -> pass"]


def test_a_mutant_knows_its_function() -> None:
    source = "def f():\n    return 1\n\ndef g():\n    return 2\n"
    assert [one.around for one in mutants_of("x.py", source)][-1] == (4, 5)
