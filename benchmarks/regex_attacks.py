"""Every regular expression of the project against texts of 50,000 characters made to stall it.

``python -m benchmarks.regex_attacks`` finds each call of ``re`` in the source, evaluates its
pattern, and repeats what the pattern is built of: its groups, its alternatives, its whole. Prints
the slowest, and fails where one call takes longer than 50 ms on one text.
"""

import ast
import importlib
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from re import _constants as sre
from re import _parser as parser
from typing import Any

from benchmarks.figures import conclude

PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("privacy", "crm", "consult", "followup")
LENGTH, LIMIT_SECONDS, SHOWN, TRIES = 50_000, 0.050, 10, 5
CALLS = {"compile", "match", "search", "fullmatch", "findall", "finditer", "split", "sub", "subn"}
EVERYWHERE = ("1", "a", " ", "-", "一", "号", "\n", "1 ", "a.")
ANCHORED = {"match", "fullmatch"}
MOST_UNITS = 24
CATEGORIES = {sre.CATEGORY_DIGIT: "1", sre.CATEGORY_SPACE: " ", sre.CATEGORY_WORD: "a"}


@dataclass(frozen=True)
class Found:
    """One regular expression and where it stands."""

    place: str
    pattern: re.Pattern[str]
    whole: bool  # only ever tried from the start: match or fullmatch in place


def main() -> int:
    """Print the slowest; returns 1 if one is too slow or cannot be evaluated."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.test")
    import django

    django.setup()
    found, unknown = [], []
    for path in sorted(one for package in PACKAGES for one in (PROJECT / package).rglob("*.py")):
        for place, result in expressions(path):
            (found if isinstance(result, Found) else unknown).append(result or place)
    results = sorted(((*slowest(one), one) for one in found), key=lambda one: -one[0])
    print(f"{len(found)} regular expressions, texts of {LENGTH:,} characters; the slowest:")
    for seconds, text, one in results[:SHOWN]:
        print(f"{1000 * seconds:8.1f} ms  {one.place:50}  {text[:24]!r} ...")
    slow = [one for seconds, _text, one in results if seconds > LIMIT_SECONDS]
    for place in unknown:
        print(f"cannot be evaluated: {place}")
    told = f"{len(slow)} of {len(found)} over {1000 * LIMIT_SECONDS:.0f} ms"
    return conclude(len(found) - len(slow), len(found) + len(unknown), told)


def expressions(path: Path) -> Iterator[tuple[str, Found | None]]:
    """The regular expressions of one source file; None where the pattern is made at run time."""
    tree = ast.parse(path.read_text())
    anchored = _only_matched(tree)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re"):
            continue
        if node.func.attr in CALLS:
            place = f"{path.relative_to(PROJECT)}:{node.lineno}"
            pattern = evaluated(node, path)
            whole = node.func.attr in ANCHORED or node in anchored
            yield place, Found(place, pattern, whole) if pattern else None


def _only_matched(tree: ast.Module) -> set[ast.AST]:
    """The compiled patterns that their module tries at one place only: NAME.match(...)."""
    uses: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            uses.setdefault(node.value.id, set()).add(node.attr)
    return {
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and uses.get(target.id, {""}) <= ANCHORED
    }


def evaluated(node: ast.Call, path: Path) -> re.Pattern[str] | None:
    """The compiled pattern of a call, evaluated among the names of its module."""
    flags = [one.value for one in node.keywords if one.arg == "flags"]
    if isinstance(node.func, ast.Attribute) and node.func.attr == "compile":
        flags += node.args[1:]
    call = ast.Call(ast.parse("re.compile", mode="eval").body, [node.args[0], *flags], [])
    module = importlib.import_module(
        ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
    )
    try:
        code = compile(ast.fix_missing_locations(ast.Expression(call)), str(path), "eval")
        return eval(code, vars(module))  # noqa: S307 - the project's own source
    except NameError:
        return None


def slowest(one: Found) -> tuple[float, str]:
    """The longest time over all attacks, and the text that took it."""
    return max((timed(one, text), text) for text in attacks(one.pattern))


def timed(one: Found, text: str) -> float:
    """Processor seconds of one pass, the best of some tries: other processes are not blamed."""
    best = float("inf")
    for _ in range(TRIES):
        began = time.process_time()
        if one.whole:
            one.pattern.match(text)
        else:
            for _match in one.pattern.finditer(text):
                pass
        best = min(best, time.process_time() - began)
        if best < LIMIT_SECONDS / 2:
            break
    return best


def attacks(pattern: re.Pattern[str]) -> Iterator[str]:
    """Texts of LENGTH characters: the pattern's own parts repeated, with and without its start."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    whole = example(tree, {})
    units = dict.fromkeys([whole, whole[:-1], *parts(tree), *EVERYWHERE])
    for unit in [one for one in units if one][:MOST_UNITS]:
        body = unit * (LENGTH // len(unit))
        yield body
        yield whole[: len(whole) // 2] + body
        yield body[: LENGTH // 2] + whole[:-1] + "\x00"


def parts(tree: Any) -> Iterator[str]:
    """An example of every group, alternative and repeated part, the inner ones too."""
    for operator, argument in tree:
        if operator in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
            yield example(argument[2], {})
            yield from parts(argument[2])
        elif operator is sre.SUBPATTERN:
            yield example(argument[3], {})
            yield from parts(argument[3])
        elif operator is sre.BRANCH:
            for branch in argument[1]:
                yield example(branch, {})
                yield from parts(branch)
        elif operator in {sre.ASSERT, sre.ASSERT_NOT}:
            yield from parts(argument[1])


def example(tree: Any, groups: dict[int, str]) -> str:
    """A text that the parsed pattern would take, or nearly."""
    return "".join(_example_of(operator, argument, groups) for operator, argument in tree)


def _example_of(operator: Any, argument: Any, groups: dict[int, str]) -> str:
    if operator in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
        least, most, body = argument
        return example(body, groups) * min(max(least, 1), most)
    if operator is sre.SUBPATTERN:
        text = example(argument[3], groups)
        groups[argument[0] or 0] = text
        return text
    simple = {
        sre.LITERAL: lambda: chr(argument),
        sre.IN: lambda: _one_of(argument),
        sre.BRANCH: lambda: max((example(one, groups) for one in argument[1]), key=len),
        sre.GROUPREF: lambda: groups.get(argument, ""),
        sre.ANY: lambda: "a",
        sre.NOT_LITERAL: lambda: "a",
    }
    return simple[operator]() if operator in simple else ""


def _one_of(choices: Any) -> str:
    for operator, argument in choices:
        if operator is sre.LITERAL:
            return chr(argument)
        if operator is sre.RANGE:
            return chr(argument[0])
        if operator is sre.CATEGORY:
            return CATEGORIES.get(argument, "好")
    return "a"


if __name__ == "__main__":
    sys.exit(main())
