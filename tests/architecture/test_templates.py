"""Templates keep the content security policy and the language rules by themselves."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from crm.templatetags.suian import icon

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "crm/static/suian/js").glob("*.js"))
STYLES = sorted((ROOT / "crm/static/suian/css").glob("*.css"))
TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
ICON = re.compile(r"""{% icon "([\w-]+)"|["']icon["']?[:=]\s*"([\w-]+)\"""")
EVAL = re.compile(r"hx-on|hx-vals=\"js:|hx-vars|\bjavascript:|hx-trigger=\"[^\"]*\[")


SOURCES = sorted(
    path for one in ("crm", "consult", "followup") for path in ROOT.glob(f"{one}/**/*.py")
)
AREA = re.compile(r"<textarea[^>]*>|Textarea\([^)]*\)")


def test_browsers_keep_no_text_of_a_field() -> None:
    """A browser writes what was typed into its profile on disk, unless it is told not to."""
    areas = [area for path in (*TEMPLATES, *SOURCES) for area in AREA.findall(path.read_text())]
    told = ("autocomplete", "=attrs)", "**attrs")
    assert len(areas) > 10
    assert [one for one in areas if not any(word in one for word in told)] == []


def identity(path: Path) -> str:
    return str(path.relative_to(ROOT))


class Reader(HTMLParser):
    """Collects what the policy forbids in a template's markup."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.code_in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _value in attrs}
        self.faults += [f"{tag} {name}" for name in names if name == "style" or name[:2] == "on"]
        if tag in {"style", "iframe", "object", "embed", "base"}:
            self.faults.append(tag)
        self.code_in = tag if tag == "script" else ""
        if tag == "script" and "src" not in names:
            self.faults.append("inline script")
        self.faults += [
            f"{tag} {name}={value}"
            for name, value in attrs
            if name in {"src", "href", "action"} and value and value.startswith(("http", "//"))
        ]

    def handle_endtag(self, tag: str) -> None:
        self.code_in = ""

    def handle_data(self, data: str) -> None:
        if self.code_in and data.strip():
            self.faults.append("inline script")


@pytest.mark.parametrize("path", TEMPLATES, ids=identity)
def test_a_template_compiles_and_holds_nothing_inline(path: Path) -> None:
    source = path.read_text()
    reader = Reader()
    reader.feed(TAG.sub("x", source))

    get_template(str(path.relative_to(ROOT / "templates")))

    assert reader.faults == []
    assert not EVAL.search(source), "htmx would need eval for this"


@pytest.mark.parametrize("path", TEMPLATES, ids=identity)
def test_attributes_are_double_quoted(path: Path) -> None:
    markup = TAG.sub("x", path.read_text())

    assert re.findall(r"<[a-zA-Z][^<>]*=\s*'", markup) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=identity)
def test_words_go_through_gettext(path: Path) -> None:
    shown = re.sub(r"{#.*?#}", "", path.read_text(), flags=re.DOTALL)

    assert re.findall(r"[\u3400-\u9fff]+", shown) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=identity)
def test_every_posting_form_proves_its_origin(path: Path) -> None:
    for form in re.findall(r"<form\b.*?</form>", path.read_text(), flags=re.DOTALL):
        assert 'method="post"' not in form or "{% csrf_token %}" in form


@pytest.mark.parametrize("path", TEMPLATES, ids=identity)
def test_page_titles_name_no_person(path: Path) -> None:
    for title in re.findall(r"{% block title %}(.*?){% endblock", path.read_text(), re.DOTALL):
        shown = re.sub(r"{% translate [^%]*%}", "", title)  # words of ours name nobody
        assert not re.search(r"name|phone|shown|masked|contact", shown), title


def test_every_icon_exists() -> None:
    sources = [*TEMPLATES, ROOT / "crm/web/nav.py"]
    used = {a or b for path in sources for a, b in ICON.findall(path.read_text())}

    assert used
    for name in used:
        assert icon(name)


@pytest.mark.parametrize("path", SCRIPTS, ids=identity)
def test_a_script_imports_only_its_neighbours_and_evaluates_nothing(path: Path) -> None:
    source = path.read_text()

    for target in re.findall(r"""(?:from|import)\s*["'](.*?)["']""", source):
        assert target.startswith("./")
        assert (path.parent / target).exists()
    assert not re.search(r"\beval\(|new Function|innerHTML|insertAdjacentHTML|\.style\b", source)


def test_the_face_stays_small() -> None:
    assert sum(len(path.read_text().splitlines()) for path in STYLES) <= 600
    assert sum(len(path.read_text().splitlines()) for path in SCRIPTS) <= 397


def test_both_dark_palettes_are_the_same() -> None:
    css = (ROOT / "crm/static/suian/css/tokens.css").read_text()
    chosen, followed = re.findall(r"color-scheme: dark;(.*?)}", css, re.DOTALL)

    assert chosen.split() == followed.split()
