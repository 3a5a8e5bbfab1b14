"""That the net has its names is not enough: it has to do what it was made for (ADR 0021)."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from crm.patients.models import Patient
from privacy.custody import guarding
from privacy.custody.guarding import FUNCTIONS, NET
from privacy.custody.reconciling import Finding, Verdict
from tests.conftest import owner_connection
from tests.privacy.custody.test_reconcile_rows import compare

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def made_otherwise(name: str) -> Iterator[tuple[psycopg.Connection, str]]:
    """The owner, and how a function of the net was made; it is as before behind the block."""
    with owner_connection() as owner:
        row = owner.execute("SELECT pg_get_functiondef(%s::regproc)", [name]).fetchone()
        assert row
        try:
            yield owner, row[0]
        finally:
            owner.execute(row[0])


def test_the_digests_are_those_of_a_database_made_anew(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(guarding._FUNCTIONS, [settings.DATABASE_APP_ROLE, list(FUNCTIONS)])
        found = cursor.fetchall()
    assert {name: guarding.digest_of(*does) for name, *does, _of_app in found} == FUNCTIONS
    assert not any(of_app for *_does, of_app in found)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_the_net_that_does_something_else_is_found(name: str) -> None:
    with made_otherwise(name) as (owner, made):
        assert guarding.altered_functions() == []
        head, mark, body = made.partition("AS $function$")
        owner.execute(head + mark + "/* spare one */" + body)
        assert guarding.altered_functions() == [name]
    assert guarding.altered_functions() == []


def test_a_comparison_that_spares_a_row_is_told(patient: Patient, booked) -> None:
    spares = "FROM public.%I AS held\n          WHERE held.id > $3"
    with made_otherwise("rows_compare") as (owner, made):
        assert spares in made
        owner.execute(made.replace(spares, f"{spares} AND held.id <> '{patient.pk}'"))
        assert compare() == [Finding("rows_compare", "*", Verdict.UNGUARDED)]
    (event,) = booked("rows.mismatch")
    assert (event.target, event.detail) == ("rows_compare:*", {"finding": "unguarded"})


def test_a_function_as_whoever_calls_it_or_anywhere_else_is_found() -> None:
    with made_otherwise("rows_note") as (owner, _made):
        owner.execute("ALTER FUNCTION rows_note() SECURITY INVOKER")
        assert guarding.altered_functions() == ["rows_note"]
    with owner_connection() as owner:
        owner.execute("CREATE FUNCTION rows_gone(text, text, smallint) RETURNS text "
                      "LANGUAGE sql AS 'SELECT $1'")  # fmt: skip
        try:
            assert guarding.altered_functions() == ["rows_gone"]
        finally:
            owner.execute("DROP FUNCTION rows_gone(text, text, smallint)")


@pytest.mark.parametrize(
    "otherwise",
    [
        "AFTER UPDATE OR DELETE ON crm_room FOR EACH ROW WHEN (false) EXECUTE FUNCTION rows_note()",
        "AFTER UPDATE OF label OR DELETE ON crm_room FOR EACH ROW EXECUTE FUNCTION rows_note()",
        "AFTER DELETE ON crm_room FOR EACH ROW EXECUTE FUNCTION rows_note()",
        "BEFORE UPDATE OR DELETE ON crm_room FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
    ],
)
def test_a_trigger_of_the_net_that_is_another_is_found(otherwise: str) -> None:
    assert guarding.guards("crm_room")
    with owner_connection() as owner:
        row = owner.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger "
            "WHERE tgrelid = 'crm_room'::regclass AND tgname = 'rows_noted'"
        ).fetchone()
        assert row
        for made in (f"CREATE TRIGGER rows_noted {otherwise}", row[0]):
            owner.execute("DROP TRIGGER rows_noted ON crm_room")
            owner.execute(made)
            owner.execute("ALTER TABLE crm_room ENABLE ALWAYS TRIGGER rows_noted")
            if made != row[0]:
                assert compare() == [Finding("crm_room", "*", Verdict.UNGUARDED)]
    assert guarding.guards("crm_room")


def test_the_whole_net_is_known() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgname FROM pg_trigger WHERE tgname LIKE 'rows\\_%'")
        assert {name for (name,) in cursor.fetchall()} == set(NET)
