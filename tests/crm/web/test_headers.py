"""Headers that every answer carries, errors included."""

import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.crm.web.urls")]
PATHS = [
    "/healthz/live/",
    "/sign-in/",
    "/nowhere/",
    "/refuse/bug/",
    "/refuse/stranger/",
    "/refuse/denied/",
    "/clinics/",  # leads to the sign-in page
    "/json/",
    "/api/v1/refuse/missing/",
]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_stored_embedded_or_run_from_elsewhere(path: str) -> None:
    answer = Client(raise_request_exception=False).get(path)

    assert answer["Cache-Control"] == "no-store"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_a_redirect_answered_to_a_fragment_leads_the_whole_page() -> None:
    answer = Client().get("/leave/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/elsewhere/")
    assert "Location" not in answer


def test_an_expired_session_sends_the_whole_page_to_the_sign_in() -> None:
    answer = Client().get("/clinics/", headers={"HX-Request": "true"})

    assert answer["HX-Redirect"].startswith("/sign-in/")


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Boosted": "true"}])
def test_other_redirects_stay_as_they_are(headers: dict[str, str]) -> None:
    assert Client().get("/leave/", headers=headers)["Location"] == "/elsewhere/"


def test_a_form_of_a_page_without_referrers_would_be_refused() -> None:
    """Browsers say "null" under ``no-referrer``: why the policy is another one (ADR 0036)."""
    client = Client(enforce_csrf_checks=True)
    token = client.get("/sign-in/").cookies["csrftoken"].value
    answers = {
        origin: client.post(
            "/sign-in/", {"csrfmiddlewaretoken": token}, headers={"Origin": origin}
        ).status_code
        for origin in ("null", "http://testserver")
    }
    assert answers["null"] == 403
    assert answers["http://testserver"] != 403
