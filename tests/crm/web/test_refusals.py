"""What becomes of a "no" that no view caught."""

import json
import re

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.crm.web.urls")]
STATUS = {
    "denied": 403,
    "conflict": 409,
    "unreadable": 503,
    "consent": 422,
    "rule": 422,
    "stranger": 403,
    "missing": 404,
    "bug": 500,
}


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(("kind", "status"), STATUS.items())
def test_a_page_in_plain_words_with_a_code(visitor: Client, kind: str, status: int) -> None:
    answer = visitor.get(f"/refuse/{kind}/")
    page = answer.content.decode()

    assert answer.status_code == status
    said = re.sub(
        r"<[^>]+>", " ", page.partition('<span class="dim small end">')[2].partition("</div>")[0]
    )
    assert f"编号 {status}" in " ".join(said.split())
    assert re.findall(r"[a-z]{4,}", said) == []  # a number for the report, no English code
    assert "Traceback" not in page
    assert "13800138000" not in page


def test_the_words_are_the_refusers_own(visitor: Client) -> None:
    assert "周敏改了这张单。" in visitor.get("/refuse/conflict/").content.decode()


def test_a_broken_seal_shows_no_inner_code(visitor: Client) -> None:
    assert "box-07" not in visitor.get("/refuse/unreadable/").content.decode()


@pytest.mark.parametrize(("kind", "status"), STATUS.items())
def test_a_fragment_gets_a_toast_and_keeps_the_page(
    visitor: Client, kind: str, status: int
) -> None:
    answer = visitor.get(f"/refuse/{kind}/", headers={"HX-Request": "true"})

    assert answer.status_code == status
    assert answer["HX-Reswap"] == "none"
    assert json.loads(answer["HX-Trigger"])["toast"]["text"]
    assert answer.content == b""


def test_chinese_words_survive_the_header(visitor: Client) -> None:
    answer = visitor.get("/refuse/conflict/", headers={"HX-Request": "true"})

    assert json.loads(answer["HX-Trigger"])["toast"]["text"] == "周敏改了这张单。"


def test_too_many_attempts_say_when_to_try_again(visitor: Client) -> None:
    answer = visitor.get("/too-often/")

    assert (answer.status_code, answer["Retry-After"]) == (429, "61")
    assert "2 分钟" in answer.content.decode()


def test_a_stale_form_is_explained_and_leads_back() -> None:
    answer = Client(enforce_csrf_checks=True).post("/form/", {"name": "王芳"})
    page = answer.content.decode()

    assert answer.status_code == 403
    assert "data-back" in page
    assert "王芳" not in page


def test_error_pages_come_in_the_readers_language(visitor: Client) -> None:
    chinese = visitor.get("/nowhere/", headers={"Accept-Language": "zh-CN"}).content.decode()
    english = visitor.get("/nowhere/", headers={"Accept-Language": "en"}).content.decode()

    assert "没有找到" in chinese
    assert "There is nothing here" in english


def test_the_error_page_comes_out_although_the_database_is_down(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_connection: object) -> None:
        raise OperationalError

    visitor.cookies["sessionid"] = "0" * 32  # makes the middleware look a session up
    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", down)

    answer = visitor.get("/sign-in/")

    assert answer.status_code == 500
    assert "系统出错了" in answer.content.decode()


def test_a_page_that_does_not_exist_asks_no_sign_in(visitor: Client) -> None:
    assert visitor.get("/nowhere/").status_code == 404
