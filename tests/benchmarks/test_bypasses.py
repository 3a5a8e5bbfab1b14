"""Whatever goes past the services leaves a trace or is refused: every way there is."""

from typing import Any

import psycopg
import pytest

from benchmarks import bypasses
from benchmarks.bypasses import Verdict
from tests.conftest import owner_connection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def as_app() -> psycopg.Connection[Any]:
    connection = owner_connection()
    connection.execute("SET ROLE suian_app")
    return connection


def test_no_way_around_is_unseen(capsys) -> None:
    found = bypasses.rehearse(as_app, owner_connection)

    assert {name: str(one) for name, one in found.items() if one in bypasses.BAD} == {}
    assert len(found) >= 50
    assert set(found.values()) == {Verdict.REFUSED, Verdict.TOLD, Verdict.FOUND}
    assert {one for name, one in found.items() if "lied about" in name} == {Verdict.TOLD}
    assert bypasses.told(found) == 0
    assert "ways around the services" in capsys.readouterr().out
    assert bypasses.told({"x": Verdict.UNSEEN}) == 1
    assert bypasses.told({"x": Verdict.NOTED}) == 1
