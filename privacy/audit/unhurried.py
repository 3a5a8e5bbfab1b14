"""Work that may take longer than the 30 seconds after which the app's transactions are ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

# By way of pg_settings: a server before version 17 has no such limit, and this finds no row.
_LIFT: Final = (
    "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'"
)
_BACK: Final = (
    "SELECT set_config(name, reset_val, false) FROM pg_settings WHERE name = 'transaction_timeout'"
)


@contextmanager
def unhurried() -> Iterator[None]:
    """For the block, or the function under it as a decorator, transactions may take their time.

    For what reads a whole trail or a whole table, or catches up after a standstill. The limit is
    the role's own (deploy/postgres/roles.sql) and comes back at the end; a transaction that failed
    meanwhile takes the lifting back with it.
    """
    _say(_LIFT)
    try:
        yield
    finally:
        if connection.connection is not None and connection.is_usable():
            _say(_BACK)


def _say(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
