"""The API refuses in one shape."""

import pytest
from django.test import Client
from rest_framework.exceptions import ErrorDetail, NotAuthenticated, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from crm.web.api import PageNumberPagination, refusal_handler

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.crm.web.urls")]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("denied", 403, "access-denied"),
        ("conflict", 409, "conflict"),
        ("unreadable", 503, "unreadable"),
        ("consent", 422, "consent-missing"),
        ("rule", 422, "refused"),
        ("stranger", 403, "access-denied"),
        ("missing", 404, "not-found"),
    ],
)
def test_a_refusal_has_a_code_and_words(kind: str, status: int, code: str) -> None:
    answer = Client().get(f"/api/v1/refuse/{kind}/")

    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/problem+json")
    assert set(answer.json()) == {"code", "detail"}
    assert answer.json()["code"] == code


def test_a_missing_record_and_a_missing_address_look_alike() -> None:
    record, address = Client().get("/api/v1/refuse/missing/"), Client().get("/api/v1/nowhere/")

    assert record.json() == address.json()
    assert record["Content-Type"] == address["Content-Type"]


def test_a_bug_is_left_to_the_500() -> None:
    assert refusal_handler(RuntimeError(), {}) is None
    answer = Client(raise_request_exception=False).get("/api/v1/refuse/bug/")
    assert answer.status_code == 500
    assert "13800138000" not in answer.content.decode()


def test_wrong_values_are_named_field_by_field() -> None:
    answer = refusal_handler(ValidationError({"systolic": ["too high"]}), {})

    assert answer is not None
    assert answer.status_code == 400
    assert answer.data["code"] == "invalid"
    assert answer.data["fields"] == {"systolic": ["too high"]}


def test_a_wrong_choice_is_not_repeated() -> None:
    sent = ErrorDetail("“王丽” is not a valid choice.", code="invalid_choice")
    answer = refusal_handler(ValidationError({"sex": [sent], "team": [{"role": [sent]}]}), {})

    assert answer is not None
    assert "王丽" not in str(answer.data)
    assert set(answer.data["fields"]) == {"sex", "team"}


def test_waiting_and_signing_in_are_said_in_headers() -> None:
    error = NotAuthenticated()
    error.auth_header = "Bearer"  # type: ignore[attr-defined]  # set by the view
    strange, hurried = refusal_handler(error, {}), refusal_handler(Throttled(wait=30), {})

    assert strange is not None
    assert strange["WWW-Authenticate"] == "Bearer"
    assert hurried is not None
    assert hurried["Retry-After"] == "30"
    assert hurried.data["code"] == "throttled"


@pytest.mark.parametrize(("asked", "given"), [("1000", 200), ("10", 10), ("x", 50)])
def test_nobody_takes_more_than_two_hundred_rows_at_once(asked: str, given: int) -> None:
    request = Request(APIRequestFactory().get(f"/?page_size={asked}"))

    rows = PageNumberPagination().paginate_queryset(list(range(999)), request)  # type: ignore[arg-type]  # a list pages too

    assert rows is not None
    assert len(rows) == given
