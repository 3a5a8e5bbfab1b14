"""Health, language, and what browsers report."""

import json
import logging

import pytest
from django.core.cache import cache
from django.test import Client

from crm.settings import production
from crm.web import readiness

pytestmark = pytest.mark.django_db


def report(page: str, directive: str = "script-src-elem") -> dict[str, object]:
    return {"csp-report": {"document-uri": page, "effective-directive": directive}}


@pytest.fixture(autouse=True)
def _no_counts() -> None:
    cache.clear()


def send(body: object) -> int:
    return (
        Client(enforce_csrf_checks=True)
        .post("/csp-report/", json.dumps(body), content_type="application/csp-report")
        .status_code
    )


def test_alive_says_nothing_more() -> None:
    assert Client().get("/healthz/live/").json() == {"status": "ok"}


def test_ready_while_every_check_passes() -> None:
    assert Client().get("/healthz/ready/").json() == {"status": "ok", "failing": []}


def test_not_ready_names_the_check_and_keeps_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("password is hunter2")

    monkeypatch.setattr(readiness, "_checks", {})
    readiness.register("keys", broken)

    answer = Client().get("/healthz/ready/")

    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "failing": ["keys"]}


def test_a_report_is_counted_without_the_address(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "crm.web.csp_reports"):
        assert send(report("https://testserver/sign-in/?next=/patients/K7QM2XPA/")) == 204

    assert "script-src-elem on sign-in/, 1 today" in caplog.text
    assert "K7QM2XPA" not in caplog.text


def test_a_flood_is_logged_at_powers_of_ten(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "crm.web.csp_reports"):
        for _ in range(12):
            send(report("https://testserver/sign-in/"))

    assert len(caplog.records) == 2


def test_the_newer_shape_of_reports_is_understood(caplog: pytest.LogCaptureFixture) -> None:
    body = [{"body": {"documentURL": "https://x/nowhere/", "effectiveDirective": "img-src"}}]
    with caplog.at_level(logging.WARNING, "crm.web.csp_reports"):
        send(body)

    assert "img-src on unknown page" in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        "text",
        [1, None],
        {"csp-report": "王芳"},
        report("https://x/", directive="王芳 13800138000"),
        report("https://[x/"),
    ],
)
def test_nonsense_is_accepted_and_leaves_no_trace_of_itself(
    body: object, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "crm.web.csp_reports"):
        assert send(body) == 204

    assert "王芳" not in caplog.text


def test_a_huge_report_is_not_read(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "crm.web.csp_reports"):
        assert send(report("https://x/sign-in/" + "a" * 20_000)) == 204

    assert not caplog.records


def test_the_language_is_changed_by_a_form_and_the_reader_stays_where_they_were() -> None:
    client = Client()

    answer = client.post("/i18n/setlang/", {"language": "en", "next": "/sign-in/"})

    assert answer["Location"] == "/sign-in/"
    assert 'lang="en"' in client.get("/sign-in/").content.decode()
    assert client.get("/i18n/setlang/").status_code == 405


def test_the_language_form_leads_to_no_other_site() -> None:
    answer = Client().post("/i18n/setlang/", {"language": "en", "next": "https://evil.example/"})

    assert "evil" not in answer["Location"]


@pytest.mark.parametrize(("cookie", "found"), [("dark", True), ("light", True), ('"><b>', False)])
def test_the_first_frame_has_the_chosen_colours(cookie: str, *, found: bool) -> None:
    client = Client()
    client.cookies["theme"] = cookie

    assert ("data-theme=" in client.get("/sign-in/").content.decode()) is found


def test_over_tls_only_a_host_bound_colour_counts(settings) -> None:
    settings.THEME_COOKIE_NAME = production.THEME_COOKIE_NAME
    client = Client()
    client.cookies["theme"] = "dark"
    assert "data-theme=" not in client.get("/sign-in/").content.decode()
    client.cookies["__Host-theme"] = "dark"
    assert "data-theme=" in client.get("/sign-in/").content.decode()
