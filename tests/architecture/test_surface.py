"""What the product takes in, where it speaks to, and what it does without.

Requirements of a standard that are not applicable stay so only while nothing of the kind is used:
these tests fail on the day that changes (docs/asvs).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import caches

from benchmarks import supply
from tests.architecture.source import ROOT, Module, modules

SCRIPTS = sorted((ROOT / "crm/static/suian/js").glob("*.js"))
MARKUP = sorted((ROOT / "templates").rglob("*.html"))

# Every door outwards of a clinic's server: where to is a setting, never a person's word.
SPEAKS_OUT = {
    "crm/messaging/sms/aliyun.py": "the SMS provider: SMS_GATEWAY_URL",
    "crm/trail/head_copies.py": "the mail server: EMAIL_HOST, AUDIT_HEAD_MAIL_TO",
    "crm/trail/time_stamps.py": "the time-stamp authority: AUDIT_TSA_URL",
    "privacy/audit/syslog.py": "the log server: AUDIT_SINK_SYSLOG",
    "privacy/encryption/vault.py": "the key service: VAULT_ADDR",
}
NETWORK = {
    "httpx", "requests", "urllib.request", "http.client", "socket", "smtplib", "ftplib",
    "telnetlib", "django.core.mail", "paramiko", "websocket", "aiohttp",
}  # fmt: skip
STARTS_PROGRAMS = {"privacy/custody/month_archive.py": "the own verifier in the own interpreter"}
# Readers of formats that run code or load foreign entities; the file reads reports of our tests.
UNSAFE_READERS = {"pickle", "marshal", "shelve", "dill", "yaml", "xml", "lxml", "plistlib"}
READS_XML = {"crm/embedded/testing.py"}
# Patterns put together of word lists in code.
PATTERNS_OF_LISTS = {"crm/messaging/neutrality.py", "privacy/minimisation/names.py"}
# What encrypts, hashes, signs or draws secrets: docs/cryptography.md has the files.
CRYPTOGRAPHY = {
    "hashlib", "hmac", "cryptography", "secrets", "django.contrib.auth.hashers", "django_otp",
    "pyzipper", "rfc3161_client", "webauthn",
}  # fmt: skip
# Chance that is no secret: people made up for honey, imports and the demo.
DICE_OF_THE_CALLER = {"crm/patients/invented.py"}
PLAIN_CHANCE = DICE_OF_THE_CALLER | {
    "crm/honey/services.py",  # SystemRandom
    "crm/clearance/services.py",  # SystemRandom
    "consult/consultations/services/importing.py",  # SystemRandom
}
# What some requirement is about. None of it runs here, not even as somebody's dependency.
ABSENT = {
    "LDAP": ("ldap", "ldap3", "python-ldap", "django-auth-ldap"),
    "XPath, XML, SVG of users": ("lxml", "xmltodict", "elementpath", "cairosvg", "svglib"),
    "LaTeX, documents": ("pylatex", "weasyprint", "reportlab", "openpyxl", "python-docx"),
    "rich text, markup languages": ("bleach", "nh3", "markdown", "django-ckeditor", "mistune"),
    "pictures": ("pillow", "opencv-python", "imageio", "wand"),
    "memcache": ("pymemcache", "python-memcached", "pylibmc"),
    "GraphQL": ("graphene", "graphene-django", "strawberry-graphql", "ariadne"),
    "WebSocket": ("channels", "websockets", "daphne", "django-channels", "uvicorn"),
    "OAuth, OpenID, SAML": ("authlib", "django-allauth", "django-oauth-toolkit", "pysaml2",
                            "mozilla-django-oidc", "social-auth-app-django", "oauthlib"),
    "tokens that say who one is": ("pyjwt", "python-jose", "djangorestframework-simplejwt"),
    "WebRTC": ("aiortc", "livekit", "aioice"),
    "foreign origins": ("django-cors-headers",),
}  # fmt: skip


def of_a_server() -> list[Module]:
    """Without the clinic on one's own machine, which starts servers and is never deployed."""
    return [one for one in modules() if not one.name.startswith("crm/embedded/")]


def importing(names: set[str]) -> Iterator[str]:
    for module in of_a_server():
        used = module.imports()
        if any(one == name or one.startswith(f"{name}.") for one in used for name in names):
            yield module.name


def test_it_speaks_to_few_places_and_each_is_a_setting() -> None:
    assert sorted(importing(NETWORK)) == sorted(SPEAKS_OUT)


def test_it_follows_nobody_elsewhere() -> None:
    """httpx follows no redirect unless it is told to; nor does it ask the environment."""
    for name in SPEAKS_OUT:
        text = (ROOT / name).read_text()
        assert "follow_redirects=True" not in text
        assert text.count("httpx.Client(") == text.count("trust_env=False")
        assert not re.search(r"verify\s*=\s*False|CERT_NONE|_unverified", text)


def test_programs_are_started_in_one_place_and_never_by_a_shell() -> None:
    assert sorted(importing({"subprocess", "pty", "commands"})) == sorted(STARTS_PROGRAMS)
    shells = re.compile(r"shell\s*=\s*True|os\.(system|popen|exec|spawn)")
    assert [one.name for one in modules() if shells.search(one.text)] == []


def test_nothing_is_read_that_could_run() -> None:
    assert set(importing(UNSAFE_READERS)) - READS_XML == set()


def test_secrets_are_not_drawn_from_a_plain_generator() -> None:
    drawn = set(importing({"random"}))
    assert drawn <= PLAIN_CHANCE
    for name in drawn - DICE_OF_THE_CALLER:
        assert "SystemRandom" in (ROOT / name).read_text()


def test_no_pattern_and_no_template_is_made_of_what_somebody_typed() -> None:
    made = re.compile(r"\bre\.\w+\(\s*f[\"']")
    assert {one.name for one in modules() if made.search(one.text)} == PATTERNS_OF_LISTS
    asked = re.compile(r"__i?regex=(?!r?f?\")")
    assert [one.name for one in modules() if asked.search(one.text)] == []
    built = re.compile(r"\bfrom_string\(|[^\w]Template\(")
    assert [one.name for one in modules() if built.search(one.text)] == []


def test_the_cache_holds_nothing_that_could_run() -> None:
    caches["default"].set("surface", [1, 2.5, "x"], 5)
    assert caches["default"].get("surface") == [1, 2.5, "x"]
    with pytest.raises(TypeError):
        caches["default"].set("surface", object(), 5)
    assert settings.CELERY_ACCEPT_CONTENT == [settings.CELERY_TASK_SERIALIZER] == ["json"]


def test_every_place_of_cryptography_is_in_the_inventory() -> None:
    page = (ROOT / "docs" / "cryptography.md").read_text().split("## Where it is called")[1]
    rows = re.findall(r"^\| ([\w.]+) \| [^|]+ \| (`.+`) \|$", page.split("\n## ")[0], re.MULTILINE)
    told = {library: re.findall(r"`([^`]+)`", files) for library, files in rows}
    assert {library: sorted(importing({library})) for library in CRYPTOGRAPHY} == {
        library: sorted(files) for library, files in told.items()
    }


def test_secrets_are_compared_in_constant_time() -> None:
    secret = re.compile(r"(^|_)(mac|token|secret|signature)$")
    found = [
        f"{module.name}: {ast.unparse(node)}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq)
        for side in (node.left, *node.comparators)
        if isinstance(side, ast.Name | ast.Attribute)
        and secret.search(side.id if isinstance(side, ast.Name) else side.attr)
    ]
    assert found == []


def test_no_broken_hash_or_cipher_is_named() -> None:
    weak = re.compile(r"\b(md5|sha1|MD5|SHA1|ECB|CBC|DES|ARC4|Blowfish|PKCS1v15)\b(?!_\w)")
    found = {
        module.name
        for module in of_a_server()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute)
        and weak.search(node.id if isinstance(node, ast.Name) else node.attr)
    }
    assert found == {"crm/staff/breached.py"}  # the list of stolen passwords is told by SHA-1


def test_no_page_asks_for_a_file_and_no_view_takes_one() -> None:
    assert [path.name for path in MARKUP if 'type="file"' in path.read_text()] == []
    fields = re.compile(r"\b(FileField|ImageField|FileInput|FileUploadParser|MultiPartParser)\b")
    assert [one.name for one in modules() if fields.search(one.text)] == []
    # Both only say that files were sent, and leave them.
    looks = {one.name for one in modules() if re.search(r"\.FILES\b", one.text)}
    assert looks == {"crm/staff/step_up.py", "crm/web/kept.py"}


@pytest.mark.parametrize("kind", ABSENT)
def test_what_is_not_applicable_is_not_there(kind: str) -> None:
    held = {pin.name for pin in supply.pins()}
    assert held.isdisjoint({supply.canonical(name) for name in ABSENT[kind]})


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_hears_no_messages_and_keeps_one_habit_only(path: Path) -> None:
    source = path.read_text()

    assert not re.search(r"postMessage|onmessage|[\"']message[\"']|WebSocket|EventSource", source)
    assert not re.search(r"sessionStorage|indexedDB|document\.write|__proto__|globalThis\[", source)
    assert set(re.findall(r"localStorage\.setItem\((\w+)", source)) <= {"STORE"}
    assert set(re.findall(r"document\.cookie = `(\S+?)=", source)) <= {"${host}theme"}
