"""Fields: label above, hint before, error after in the words of the summary."""

import re

import pytest
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.crm.web.urls")]


@pytest.fixture
def fresh() -> str:
    return Client().get("/form/").content.decode()


@pytest.fixture
def refused() -> str:
    return Client().post("/form/", {"note": "<script>"}).content.decode()


def test_only_optional_fields_are_marked(fresh: str) -> None:
    assert re.search(r"备注\s*<span class=\"opt\">选填</span>", fresh)
    assert fresh.count("选填") == 1


def test_the_hint_is_escaped_and_read_out_with_the_field(fresh: str) -> None:
    assert "&lt;b&gt;" in fresh
    assert 'aria-describedby="id_name_helptext"' in fresh


def test_a_fresh_form_shows_no_error(fresh: str) -> None:
    assert "err-sum" not in fresh
    assert "aria-invalid" not in fresh


def test_an_error_stands_at_the_field_and_in_the_summary(refused: str) -> None:
    assert 'role="alert"' in refused
    assert '<a href="#id_name">称呼：' in refused
    assert 'id="id_name_error"' in refused
    assert 'aria-describedby="id_name_helptext id_name_error"' in refused
    assert 'aria-invalid="true"' in refused


def test_a_group_is_a_fieldset_that_the_summary_can_reach(refused: str) -> None:
    assert re.search(r"<fieldset class=\"field err\" aria-describedby=\"id_reach_error\"", refused)
    assert 'class="pick" id="id_reach"' in refused


def test_what_was_typed_is_never_cleared(refused: str) -> None:
    assert "&lt;script&gt;</textarea>" in refused


def test_every_rendering_has_a_key_of_its_own() -> None:
    pattern = re.compile(r'name="idempotency_key" value="([0-9a-f-]{36})"')
    keys = [pattern.findall(Client().get("/form/").content.decode()) for _ in range(2)]

    assert [len(found) for found in keys] == [1, 1]
    assert keys[0] != keys[1]
