"""Words of the pages: collected from the sources, compiled for gettext, without a system gettext.

Babel is a development tool; nothing here is imported when the product runs.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation import template as django_template

LOCALE: Final = "zh_Hans"
DOMAIN: Final = "django"
KEYWORDS: Final[dict[str, Any]] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
METHODS: Final = [("**.py", "python"), ("**.html", "crm.web.catalogue:from_template")]
SOURCES: Final = ("privacy", "crm", "consult", "followup", "templates")
FIRST_WRITTEN: Final = datetime(2026, 11, 21, tzinfo=UTC)
HEADER: Final = "# Suian in Chinese (simplified). Sources are English; this file is complete.\n"


def from_template(
    file: Any, keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    """Babel's extractor for Django templates: Django turns tags into calls, Babel reads those."""
    calls = django_template.templatize(file.read().decode())
    # Python's tokenizer minds how a template is indented; the messages do not.
    calls = "\n".join(line.strip() for line in calls.split("\n"))
    yield from extract_python(BytesIO(calls.encode()), keywords, comment_tags, options)


def path_of(base: Path) -> Path:
    """Where the catalogue of a project at ``base`` stands."""
    return base / "locale" / LOCALE / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(base: Path) -> Catalog:
    """The catalogue as it stands, empty if there is none."""
    path = path_of(base)
    if not path.exists():
        return Catalog(locale=LOCALE, domain=DOMAIN, project="Suian", version="1", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE, domain=DOMAIN)


def collect(base: Path) -> Catalog:
    """Every message of the sources, untranslated, with the files that use it (no line numbers)."""
    found = Catalog(locale=LOCALE, domain=DOMAIN)
    for source in SOURCES:
        for name, _line, message, _comments, context in extract_from_dir(
            str(base / source), METHODS, keywords=KEYWORDS, comment_tags=()
        ):
            found.add(message, None, [(f"{source}/{name}", 0)], context=context)
    return found


def update(base: Path) -> Catalog:
    """Write the catalogue anew: found messages with their translations, the others dropped."""
    catalogue = read(base)
    catalogue.update(collect(base), no_fuzzy_matching=True, keep_user_comments=False)
    catalogue.obsolete.clear()
    catalogue.header_comment, catalogue.creation_date = HEADER, FIRST_WRITTEN  # no daily diff
    path = path_of(base)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, no_location=True, omit_header=False)
    return catalogue


def compile_all(base: Path) -> Path:
    """Write the ``.mo`` beside the catalogue; returns its path."""
    target = path_of(base).with_suffix(".mo")
    with target.open("wb") as file:
        write_mo(file, read(base))
    return target


def gaps(catalogue: Catalog) -> list[str]:
    """Messages without a full translation, or only a guessed one."""
    return sorted(
        str(message.id)
        for message in catalogue
        if message.id and (message.fuzzy or not _complete(message.string))
    )


def _complete(text: str | tuple[str, ...] | list[str] | None) -> bool:
    if not text:
        return False
    return isinstance(text, str) or all(text)
