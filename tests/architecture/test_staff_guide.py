"""The staff guide quotes the screen: words in 「」 are on it; and every link of the docs leads."""

import re
from pathlib import Path

import pytest

from crm.web import catalogue

PROJECT = Path(__file__).resolve().parents[2]
PAGES = [*sorted((PROJECT / "docs").rglob("*.md")), PROJECT / "README.md"]
GUIDE = sorted((PROJECT / "docs" / "zh").glob("*.md"))
QUOTED = re.compile(r"「([^」]+)」")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]")


def words_on_screen() -> set[str]:
    found: set[str] = set()
    for message in catalogue.read(PROJECT):
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        found |= {PLACEHOLDER.sub("", text).strip() for text in texts if text}
    return found


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.name)
def test_quoted_words_are_on_the_screen(page: Path) -> None:
    known = words_on_screen()
    missing = {word for word in QUOTED.findall(page.read_text()) if word not in known}

    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_somewhere(page: Path) -> None:
    inner = [link for link in LINK.findall(page.read_text()) if "://" not in link]

    assert [link for link in inner if not (page.parent / link).exists()] == []
