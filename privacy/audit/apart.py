"""A transaction that stands by itself, for what must stay booked whatever becomes of the act."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import DEFAULT_DB_ALIAS, connections, transaction

PATIENCE: Final = "5s"  # for a lock, as long as a change of the trail's tables waits for one


@contextmanager
def apart() -> Iterator[None]:
    """A transaction that is committed at the block's end, also inside one that will roll back.

    Where a transaction is open, the block works on a second connection to the same database, with
    the same sign-in, role and part of the product, and the second sink is told by it as by the
    first. It is closed at once: refusals are rare, and nothing is left to be lost or leaked.
    For INSERTs of events alone. Raises: DatabaseError if it cannot be had or cannot commit, or
    waits PATIENCE for a lock: the open transaction may hold up whoever is before it in the queue,
    and nobody but this process could tell. Then the act fails. Source: ADR 0005.
    """
    held = connections[DEFAULT_DB_ALIAS]
    if not held.in_atomic_block:
        with transaction.atomic():
            yield
        return
    connections[DEFAULT_DB_ALIAS] = second = held.copy()
    try:
        with transaction.atomic():
            with second.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            yield
    finally:
        connections[DEFAULT_DB_ALIAS] = held
        second.close()
