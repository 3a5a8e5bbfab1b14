"""The map of OWASP ASVS 5.0.0 in docs/asvs: whole, and true about the files and tests it names."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

FOLDER = ROOT / "docs" / "asvs"
STATES = ("met", "partly", "open", "not applicable")
# Every requirement of the standard: by section, the level of its first, second, third ...
LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3",
    "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333",
    "6.6": "2223", "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222",
    "10.6": "22", "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23",
    "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip
# Of the third level what the security plan takes; the higher half of 16.3.2 stands in its line.
OF_LEVEL_3 = {
    "1.2.10", "1.3.12", "2.3.5", "3.4.7", "3.4.8", "3.5.7", "3.5.8", "3.6.1", "4.1.4", "5.2.4",
    "5.2.6", "6.3.5", "6.3.7", "6.3.8", "6.4.6", "6.5.6", "6.5.8", "7.5.3", "8.2.4", "8.3.2",
    "11.1.3", "11.1.4", "11.2.4", "11.2.5", "11.3.4", "13.1.4", "13.3.4", "13.4.6", "14.2.6",
    "14.2.7", "14.2.8", "15.1.5", "15.2.4", "15.4.2", "15.4.3", "16.5.4",
}  # fmt: skip
ROW = re.compile(
    r"^\| (?P<id>\d+\.\d+\.\d+) \| (?P<level>\d) \| (?P<asks>.+?) \| (?P<state>[a-z ]+) "
    r"\| (?P<so>.+?) \| (?P<where>.+?) \|$"
)


@dataclass(frozen=True)
class Line:
    """One requirement as the map has it."""

    chapter: str
    id: str
    level: str
    state: str
    so: str
    where: tuple[str, ...]


@lru_cache(maxsize=1)
def lines() -> list[Line]:
    return [line for path in sorted(FOLDER.glob("v*.md")) for line in _read(path)]


def _read(path: Path) -> Iterator[Line]:
    for text in path.read_text(encoding="utf-8").splitlines():
        if not re.match(r"\| \d", text):
            continue
        row = ROW.match(text)
        assert row, f"{path.name}: {text[:60]}"
        where = tuple(re.findall(r"`([^`]+)`", row["where"]))
        yield Line(path.stem, row["id"], row["level"], row["state"], row["so"], where)


def asked_for() -> dict[str, str]:
    """Number and level of each requirement of levels 1 and 2, and of those taken from 3."""
    return {
        f"{section}.{number}": level
        for section, levels in LEVELS.items()
        for number, level in enumerate(levels, 1)
        if level in "12" or f"{section}.{number}" in OF_LEVEL_3
    }


def test_the_list_of_the_standard_is_whole() -> None:
    assert Counter("".join(LEVELS.values())) == {"1": 70, "2": 183, "3": 92}
    assert len(asked_for()) == 253 + len(OF_LEVEL_3)


def test_every_requirement_stands_once_with_its_level() -> None:
    assert [line.id for line in lines()] == list(asked_for())
    assert {line.id: line.level for line in lines()} == asked_for()
    assert all(f"v{int(line.id.split('.')[0]):02d}" == line.chapter for line in lines())


def test_every_state_is_one_of_four_and_says_what_it_must() -> None:
    for line in lines():
        assert line.state in STATES, line.id
        assert line.so.endswith("."), line.id
        assert ("Missing" in line.so) is (line.state == "partly"), line.id
        assert line.where or line.state in {"open", "not applicable"}, line.id


@pytest.mark.parametrize("chapter", sorted({line.chapter for line in lines()}))
def test_what_is_named_is_there(chapter: str) -> None:
    missing = [
        f"{line.id}: {one}"
        for line in lines()
        if line.chapter == chapter
        for one in line.where
        if not _is_there(one)
    ]
    assert missing == []


def _is_there(named: str) -> bool:
    file, _, test = named.partition("::")
    file, _, heading = file.partition("#")
    path = ROOT / file
    if not path.is_file():
        return False
    if heading:
        return heading in _headings(path)
    return not test or (file.startswith("tests/") and test in _tests(path))


@lru_cache
def _tests(path: Path) -> set[str]:
    """Names of a file's tests as pytest has them, and of the classes that hold some."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            held = {f"{node.name}::{one}" for one in _functions(node)}
            found |= held | ({node.name} if held else set())
    return found | set(_functions(ast.parse(path.read_text(encoding="utf-8"))))


def _functions(node: ast.Module | ast.ClassDef) -> Iterator[str]:
    for one in node.body:
        if isinstance(one, ast.FunctionDef) and one.name.startswith("test_"):
            yield one.name


@lru_cache
def _headings(path: Path) -> set[str]:
    """Anchors of a page as its readers make them: small letters, blanks as dashes."""
    told = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one).strip().lower().replace(" ", "-") for one in told}


def test_the_summary_counts_what_stands_in_the_chapters() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name, levels in (("L1", "1"), ("L2", "2"), ("L3", "3"), ("all", "123")):
        assert _counted(name, [line for line in lines() if line.level in levels]) in page
    for chapter in {line.chapter for line in lines()}:
        told = _counted("", [line for line in lines() if line.chapter == chapter])
        assert re.search(rf"\]\({chapter}\.md\) {re.escape(told[3:])}", page), chapter
    section = page.split("## Not met in full")[1]
    found = re.findall(r"^\| \[([\d.]+)\]\(v\d+\.md\) \| (\d) \| (\w+) \|", section, re.MULTILINE)
    lacking = [line for line in lines() if line.state in {"partly", "open"}]
    assert found == [(line.id, line.level, line.state) for line in lacking]


def _counted(name: str, some: list[Line]) -> str:
    counts = Counter(line.state for line in some)
    return f"| {name} | " + " | ".join(str(counts[one]) for one in STATES) + f" | {len(some)} |"


def test_the_map_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counter(line.state for line in lines())
    applicable = len(lines()) - counts["not applicable"]
    told = ", ".join(f"{counts[one]} {one}" for one in STATES)
    with capsys.disabled():
        print(f"\nASVS 5.0: {told}; {counts['met']} of {applicable} applicable met")  # noqa: T201 - a figure to read
    assert applicable
