"""Every address, method and error: the security headers; every cookie: bound to host and TLS.

The resolver is walked, nothing is sampled. Settings are those of production.
"""

import re

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

import crm.settings.local
from crm.settings import production
from crm.staff.services import codes_around, open_account
from crm.web import readiness
from privacy.access.policy import Role
from tests.architecture.routes import Route, routes
from tests.architecture.samples import World, kwargs_for
from tests.factories.people import PASSWORD, ClinicFactory, UserFactory

pytestmark = pytest.mark.django_db
ALL = routes()
OF_PRODUCTION = [
    name
    for name in vars(production)
    if name.startswith(("SECURE_", "SESSION_COOKIE", "CSRF_COOKIE", "LANGUAGE_COOKIE"))
]
YEAR = 365 * 24 * 3600


@pytest.fixture(autouse=True)
def _as_in_production(settings) -> None:
    for name in OF_PRODUCTION:
        setattr(settings, name, getattr(production, name))
    settings.SMS_CALLBACK_TOKEN = "a-secret-of-these-tests"


def check(response: HttpResponseBase, case: str, *, tls: bool = True) -> None:
    """All of row 16: what is missing is named with the case."""
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy, case
    assert "default-src 'none'" in policy, case
    for directive in ("object-src", "base-uri", "frame-ancestors"):
        assert f"{directive} 'none'" in policy, case
    assert "*" not in re.sub(r"'[^']*'", "", policy), case
    assert response["X-Content-Type-Options"] == "nosniff", case
    assert response["X-Frame-Options"] == "DENY", case
    assert response["Referrer-Policy"] == "same-origin", case
    assert response["Cross-Origin-Opener-Policy"] == "same-origin", case
    assert response["Cross-Origin-Resource-Policy"] == "same-origin", case
    assert "camera=()" in response["Permissions-Policy"], case
    assert response["Cache-Control"] == "no-store", case
    assert "Access-Control-Allow-Origin" not in response, case
    check_type(response, case)
    if tls:
        age = re.search(r"max-age=(\d+)", response["Strict-Transport-Security"])
        assert age, case
        assert int(age[1]) >= YEAR, case
        assert "includeSubDomains" in response["Strict-Transport-Security"], case


def check_type(response: HttpResponseBase, case: str) -> None:
    """What has a body says what it is; a text also in which encoding."""
    if response.streaming or response.content:
        kind = response["Content-Type"]
        told = 'charset="utf-8"' in kind or "charset=utf-8" in kind
        assert told or not kind.startswith("text/"), f"{case}: {kind}"


@pytest.fixture
def people(patient, carer, sign_in_as) -> tuple[World, dict[str, Client]]:
    author = UserFactory.create(clinic=patient.clinic, role=Role.CONSULTANT)
    patient.care_team.create(staff=author)
    clients = {"a stranger": Client(), "a consultant": sign_in_as(carer)}
    for client in clients.values():
        client.raise_request_exception = False
    return World(viewer=carer, patient=patient, author=author, address=""), clients


@pytest.mark.parametrize("route", ALL, ids=lambda route: route.name or route.pattern)
def test_every_address_has_every_header(route: Route, people) -> None:
    world, clients = people
    world.address = route.name
    address = reverse(route.name, kwargs=kwargs_for(route.kwargs, world))
    for who, client in clients.items():
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
            response = client.generic(method, address, secure=True)
            check(response, f"{method} {route.pattern} as {who}: {response.status_code}")
            response.close()
        traced = client.generic("TRACE", address, secure=True, HTTP_X_SECRET="echoed?")
        assert b"echoed?" not in traced.getvalue(), route.pattern
        traced.close()


class TestErrors:
    @pytest.mark.parametrize("path", ["/nothing/", "/api/v1/nothing/", "/static/nothing.js", "//"])
    def test_what_is_not_there(self, path, carer, sign_in_as) -> None:
        for client in (Client(), sign_in_as(carer)):
            response = client.get(path, secure=True)
            check(response, f"{path}: {response.status_code}")

    def test_plain_http_is_led_to_tls(self) -> None:
        response = Client().get("/sign-in/")
        assert response.status_code == 301
        assert response["Location"].startswith("https://")
        check(response, "redirect", tls=False)

    @pytest.mark.parametrize("secure", [True, False])
    def test_a_foreign_host_name(self, secure) -> None:
        client = Client(raise_request_exception=False)
        response = client.get("/sign-in/", SERVER_NAME="evil.example", secure=secure)
        assert response.status_code == 400
        check(response, "400", tls=False)

    def test_a_form_without_its_token(self) -> None:
        client = Client(enforce_csrf_checks=True)
        response = client.post("/sign-in/", {}, secure=True)
        assert response.status_code == 403
        check(response, "403")

    def test_too_large(self, settings) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
        response = Client().post("/sign-in/", {"a": "x" * 100}, secure=True)
        assert response.status_code == 413
        check(response, "413")

    def test_a_fault_of_ours(self, monkeypatch) -> None:
        def broken() -> list[str]:
            raise ZeroDivisionError

        monkeypatch.setattr(readiness, "failing", broken)
        client = Client(raise_request_exception=False)
        response = client.get("/healthz/ready/", secure=True)
        assert response.status_code == 500
        check(response, "500")


class TestFiles:
    @pytest.fixture
    def served(self, monkeypatch, settings):
        """A file of ours, named by its content or not."""
        from whitenoise.middleware import WhiteNoiseMiddleware

        settings.WHITENOISE_USE_FINDERS = True

        def ask(*, immutable: bool) -> HttpResponseBase:
            test = lambda _self, _path, _url: immutable  # noqa: E731 - a stand-in
            monkeypatch.setattr(WhiteNoiseMiddleware, "immutable_file_test", test)
            response = Client().get("/static/suian/css/app.css", secure=True)
            assert response.status_code == 200
            response.close()
            return response

        return ask

    def test_a_file_named_by_its_content_may_be_kept(self, served) -> None:
        response = served(immutable=True)
        assert "immutable" in response["Cache-Control"]
        response["Cache-Control"] = "no-store"
        check(response, "file")

    def test_any_other_file_is_not_kept(self, served) -> None:
        check(served(immutable=False), "file")


class TestCookies:
    def test_all_are_bound_to_this_host_and_to_tls(self) -> None:
        user, _seed = open_account(
            clinic=ClinicFactory.create(), staff_no="lin", display_name="林", role=Role.NURSE,
            password=PASSWORD,
        )  # fmt: skip
        client = Client()
        client.get("/sign-in/", secure=True)
        code = f"{codes_around(user.totp)[1][1]:06d}"
        given = {"staff_no": "lin", "password": PASSWORD, "code": code}
        assert client.post("/sign-in/", given, secure=True).status_code == 302
        client.post("/i18n/setlang/", {"language": "en"}, secure=True)
        cookies = client.cookies
        client.post("/account/sessions/end-others/", secure=True)  # tells something afterwards
        named = {"session", "csrf", "language", "messages"}
        assert {f"__Host-{name}" for name in named} == set(cookies)
        for name, cookie in cookies.items():
            assert cookie["secure"], name
            assert cookie["httponly"], name
            assert cookie["samesite"] == "Lax", name
            assert (cookie["path"], cookie["domain"]) == ("/", ""), name

    def test_the_demo_on_plain_http_has_cookies_that_browsers_keep(self) -> None:
        for name in ("SESSION_COOKIE", "CSRF_COOKIE"):
            assert not hasattr(crm.settings.local, f"{name}_SECURE")
            assert not hasattr(crm.settings.local, f"{name}_NAME")
        assert crm.settings.local.SESSION_COOKIE_HTTPONLY
        assert crm.settings.local.CSRF_COOKIE_HTTPONLY


def test_the_walk_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nheaders: {len(ALL)} routes x 6 methods x 2 = {len(ALL) * 12} answers")  # noqa: T201 - a figure to read
    assert len(ALL) > 50
