"""The harness of the security figures: slices, what is taken up again, and the report."""

import json
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.assure import __main__ as assure
from benchmarks.assure import report, slices
from benchmarks.assure.measures import MEASURES, NOT_HERE, Measure
from benchmarks.assure.slices import Result, alone
from benchmarks.assure.state import State, sources_digest
from benchmarks.outcome import VARIABLE, Outcome, tell

PROJECT = Path(__file__).resolve().parents[2]
ONE, TWO = alone("regex_attacks", "--one"), alone("regex_attacks", "--two")
FIVE = Measure("5-x", 5, "Boxes", "all refused", full=(ONE, TWO), quick=(ONE,))
SIX = Measure("6-x", 6, "Trail", "all found", full=(TWO,), quick=(TWO,))
GOOD, BAD = Result(Outcome(10, 10, "ten"), 1.0), Result(Outcome(9, 10), 2.0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setattr(assure, "_folder", lambda: tmp_path)
    monkeypatch.setattr(assure, "MEASURES", (FIVE, SIX))
    monkeypatch.setattr(assure, "sources_digest", lambda: "same")
    return tmp_path


@pytest.fixture
def ran(monkeypatch) -> list[str]:
    """Names of the slices that were run; each comes out well."""
    names: list[str] = []

    def run(one):
        names.append(one.name)
        return GOOD

    monkeypatch.setattr(slices, "run", run)
    return names


def test_every_row_of_the_plan_is_measured_or_says_why_not() -> None:
    assert {one.row for one in MEASURES} | set(NOT_HERE) == set(range(1, 25))
    assert {one.row for one in MEASURES} & set(NOT_HERE) == set()
    assert len({one.key for one in MEASURES}) == len(MEASURES)


def test_every_slice_leads_to_something_that_is_there() -> None:
    for one in {one for measure in MEASURES for one in (*measure.full, *measure.quick)}:
        if one.place is slices.Place.TESTS:
            paths = [word for word in one.words if word.startswith("tests/")]
            assert paths
            assert all((PROJECT / path.partition("::")[0]).exists() for path in paths), one
        else:
            assert find_spec(f"benchmarks.{one.words[0]}"), one


def test_an_outcome_needs_a_case(capsys, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "outcome.json"))
    assert tell(3, 3, "fine") == 0
    assert json.loads((tmp_path / "outcome.json").read_text()) == {
        "good": 3, "of": 3, "text": "fine",
    }  # fmt: skip
    assert tell(2, 3) == tell(0, 0) == 1
    assert capsys.readouterr().out == "fine\n"


def test_a_slice_without_an_outcome_is_a_bad_case() -> None:
    outcome = slices.run(alone("no_such_measurement")).outcome
    assert (outcome.good, outcome.of) == (0, 1)
    assert "no_such_measurement" in outcome.text


def test_a_slice_ends_with_its_time() -> None:
    assert slices.run(alone("regex_attacks"), most_seconds=0.1).outcome.reached is False


def test_tests_are_cases_and_skipped_ones_are_no_good_ones(tmp_path: Path) -> None:
    file = tmp_path / "tests.xml"
    file.write_text('<r><testsuite tests="9" failures="1" errors="1" skipped="2"/></r>')
    found = slices._of_tests(file)
    assert found
    assert (found.good, found.of) == (5, 9)


def test_where_a_slice_runs_decides_what_it_is_told(monkeypatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://owner@here/tests")
    monkeypatch.setenv(slices.CLINIC_VARIABLE, '{"DATABASE_URL": "postgres://app@here/clinic"}')

    def url(place: slices.Place) -> str | None:
        return slices.environment_of(place).get("DATABASE_URL")

    assert url(slices.Place.TESTS) == "postgres://owner@here/tests"
    assert url(slices.Place.CLINIC) == "postgres://app@here/clinic"
    assert url(slices.Place.ALONE) is None


def test_finished_slices_are_not_run_again(folder: Path, ran: list[str]) -> None:
    assert assure.main(["--only=6-x"]) == 0
    assert assure.main([]) == 0
    assert ran == [TWO.name, ONE.name]

    assert assure.main(["--again", "--only", "6"]) == 0
    assert ran[2:] == [TWO.name]
    assert assure.main(["--quick", "--minutes=-1"]) == 0  # another size, and no time for it
    assert len(ran) == 3


def test_a_changed_file_makes_all_figures_old(folder: Path, ran: list[str], monkeypatch) -> None:
    assure.main([])
    monkeypatch.setattr(assure, "sources_digest", lambda: "changed")
    assure.main([])
    assert len(ran) == 4
    assert State.load(folder, size="full", sources="same").results == {}
    assert sources_digest() == sources_digest() != sources_digest(PROJECT / "crm")


def test_a_figure_not_reached_or_lower_than_before_fails(folder: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(slices, "run", lambda _one: GOOD)
    assert assure.main(["--only=6"]) == 0
    monkeypatch.setattr(slices, "run", lambda _one: BAD)
    assert assure.main(["--only=6", "--again"]) == 1
    assert "6-x: 9 of 10, before 10" in capsys.readouterr().out

    smaller = Result(Outcome(5, 5), 1.0)
    monkeypatch.setattr(slices, "run", lambda _one: smaller)
    assert assure.main(["--only=6", "--again"]) == 1
    assert assure.main(["--only=nonsense"]) == 2


def test_a_report_is_for_people_and_for_programs(folder: Path, ran: list[str]) -> None:
    state = State.load(folder, size="full", sources="same")
    state.note(ONE.name, GOOD)
    made = report.compose(
        (FIVE, SIX), state.results, size="full", sources="same",
        at=datetime(2026, 11, 22, 7, tzinfo=UTC),
    )  # fmt: skip
    path, digest = report.write(folder, made, ["6-x: 1 of 2, before 2"])

    assert path.name == "report-2026-11-22T070000-full.json"
    assert path.stat().st_mode & 0o077 == 0
    (held,) = report.read_all(folder)
    assert held["measures"][0] | {"commands": []} == {
        "id": "5-x", "row": 5, "title": "Boxes", "figure": "all refused", "good": 10, "of": 10,
        "slices": [1, 2], "complete": False, "reached": False, "seconds": 1.0, "commands": [],
        "said": ["ten"],
    }  # fmt: skip
    text = path.with_suffix(".md").read_text()
    assert digest in text
    assert "unfinished (1 of 2 slices)" in text
    assert "## Lower than before" in text
