"""Work that may take longer than the 30 seconds after which the app's transactions are ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

# By way of pg_settings: a server before version 17 has no such limit, and this finds no row.
_SET: Final = """
    SELECT setting, set_config(name, %s, false) FROM pg_settings WHERE name = 'transaction_timeout'
"""


@contextmanager
def unhurried() -> Iterator[None]:
    """For the block, or the function under it as a decorator, transactions may take their time.

    For what reads a whole trail or a whole table, or catches up after a standstill. The limit is
    the role's own (deploy/postgres/roles.sql) and comes back behind the outermost block; a
    transaction that failed meanwhile takes the lifting back with it.
    """
    before = _set("0")
    try:
        yield
    finally:
        if connection.connection is not None and connection.is_usable():
            _set(before)


def _set(milliseconds: str) -> str:
    """Set the limit; returns what it was."""
    with connection.cursor() as cursor:
        cursor.execute(_SET, [milliseconds])
        return str((cursor.fetchone() or ["0"])[0])
