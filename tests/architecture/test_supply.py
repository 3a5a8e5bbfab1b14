"""What the product is made of is written down, and none of it is known to be weak."""

import json
from datetime import date
from pathlib import Path

import pytest

from benchmarks import supply
from benchmarks.supply import Pin

LOCKED = supply.pins()


def test_every_package_of_the_lock_stands_in_the_bill(tmp_path: Path) -> None:
    bill = supply.bill_of_materials(tmp_path / "sbom.json")

    assert bill["bomFormat"] == "CycloneDX"
    lines = supply.LOCK.read_text().splitlines()
    assert len(LOCKED) == sum(1 for line in lines if line[:1].isalpha()) > 50
    assert supply.missing_from(bill, LOCKED) == []
    stranger = Pin("stranger", "1", frozenset({"0" * 64}))
    changed = Pin(LOCKED[0].name, LOCKED[0].version, frozenset({"0" * 64}))
    assert supply.missing_from(bill, [stranger, changed]) == ["stranger", LOCKED[0].name]


def test_no_locked_version_is_known_to_be_weak() -> None:
    """As of the day of the review, so that an old commit stays green for ever; that the review
    itself is not too old is asked by ``make assure``, with today's date."""
    reviewed = date.fromisoformat(json.loads(supply.ADVISORIES.read_text())["reviewed"])
    assert supply.weaknesses(LOCKED, today=reviewed) == []


def test_a_weak_version_and_an_old_review_are_found() -> None:
    old = [Pin("django", "5.2.4", frozenset()), Pin("gunicorn", "23.0.0", frozenset())]
    found = supply.weaknesses(old, today=date(2030, 1, 1))

    assert any(one.startswith("django 5.2.4: CVE-") for one in found)
    assert not any(one.startswith("gunicorn") for one in found)
    assert found[-1].startswith("reviewed ")


def test_advisories_are_about_packages_by_their_right_names() -> None:
    held = json.loads(supply.ADVISORIES.read_text())["advisories"]
    assert [one["package"] for one in held] == sorted(
        supply.canonical(one["package"]) for one in held
    )
    assert all(set(one) == {"package", "affected", "id", "what"} for one in held)


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLX",
        "-----BEGIN RSA PRIVATE " + "KEY-----",
        "https://bob:" + "hunter22@host/",
    ],
)
def test_what_looks_like_a_secret_is_found(tmp_path: Path, text: str) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text(f"\nkey = '{text}'\n")
    (found,) = supply.secrets([notes])
    assert found.startswith("notes.txt:2 ")
    notes.write_text("key = 'nothing of the kind'\n")
    assert supply.secrets([notes]) == []


def test_no_file_holds_a_secret() -> None:
    """Every tracked text; made-up passwords of addresses are excepted by name (``MADE_UP``)."""
    read = supply.tracked()
    names = {str(path.relative_to(supply.PROJECT)) for path in read}
    assert {"docker-compose.yml", "crm/settings/base.py", "tests/conftest.py", "Makefile"} <= names
    assert supply.secrets(read) == []


def test_a_copy_without_history_is_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = set(supply.tracked())
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert len(set(supply.tracked()) & whole) > 0.9 * len(whole)
