"""A transaction that stands by itself, for what must stay booked whatever becomes of the act."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction


@contextmanager
def apart() -> Iterator[None]:
    """A transaction that is committed at the block's end, also inside one that will roll back.

    Where a transaction is open, the block works on a second connection to the same database, with
    the same sign-in, role and part of the product, and the second sink is told by it as by the
    first. It is closed at once: refusals are rare, and nothing is left to be lost or leaked.
    For INSERTs of events alone: what waits for a row that the open transaction holds waits for
    ever. Raises: DatabaseError if it cannot be had or cannot commit; then the act fails.
    Source: ADR 0005.
    """
    held = connections[DEFAULT_DB_ALIAS]
    if not held.in_atomic_block:
        with transaction.atomic():
            yield
        return
    connections[DEFAULT_DB_ALIAS] = second = held.copy()
    try:
        with transaction.atomic():
            yield
    finally:
        connections[DEFAULT_DB_ALIAS] = held
        second.close()
