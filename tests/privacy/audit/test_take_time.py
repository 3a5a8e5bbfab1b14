"""Transactions of the app end after a while, but for those that said they would take longer."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, InternalError, connection, transaction

from privacy.audit.unhurried import unhurried

pytestmark = pytest.mark.django_db(transaction=True)


def asked(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0])


def limit() -> str:
    return asked("SHOW transaction_timeout")


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A connection whose role has a limit, shorter than the clinic's: 30 seconds are long."""
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "options", "-c transaction_timeout=50ms")
    yield
    connection.close()


@pytest.mark.usefixtures("limited")
class TestLimit:
    def test_it_ends_what_takes_too_long_with_all_it_did(self) -> None:
        with pytest.raises(InternalError, match="transaction timeout"), transaction.atomic():
            asked("SELECT pg_sleep(60)")
        connection.close()

    def test_it_is_lifted_for_a_block_and_comes_back(self) -> None:
        with unhurried():
            assert limit() == "0"
            with transaction.atomic():
                asked("SELECT pg_sleep(0.1)")
            with unhurried():
                pass
            assert limit() == "0"
        assert limit() == "50ms"

    def test_it_comes_back_after_a_failure_too(self) -> None:
        @unhurried()
        @transaction.atomic
        def fails() -> None:
            asked("SELECT 1 / 0")

        with pytest.raises(DatabaseError):
            fails()
        assert limit() == "50ms"

    def test_a_connection_that_broke_is_left_alone(self) -> None:
        @unhurried()
        def breaks() -> None:
            asked("SELECT set_config('transaction_timeout', '50', false)")
            asked("SELECT pg_sleep(60)")

        with pytest.raises(InternalError):
            breaks()
        connection.close()
        with unhurried():
            connection.close()
        assert limit() == "50ms"

    def test_inside_a_transaction_that_failed_nothing_is_asked(self) -> None:
        with pytest.raises(DatabaseError), transaction.atomic(), unhurried():
            asked("SELECT 1 / 0")
        assert limit() == "50ms"
