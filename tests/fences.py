"""The database's fences taken down by its owner for a test, and put up again just as they were."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

STATES = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA", "D": "DISABLE"}


def _partitions(owner: psycopg.Connection, table: str) -> list[str]:
    found = owner.execute(
        "SELECT relid::text FROM pg_partition_tree(%s::regclass) WHERE relid <> %s::regclass",
        [table, table],
    ).fetchall()
    return [name for (name,) in found]


@contextmanager
def fences_down(owner: psycopg.Connection, *tables: str) -> Iterator[None]:
    """Switch off every trigger of tables (and of their partitions) while the block runs.

    ``ENABLE TRIGGER USER`` alone would leave an ALWAYS trigger weaker than the migrations
    made it, for every later test of the same worker. A table the block drops is left out.
    """
    every = {name for table in tables for name in (table, *_partitions(owner, table))}
    before = owner.execute(
        "SELECT t.tgrelid::regclass::text, t.tgname, t.tgenabled::text FROM pg_trigger t "
        "WHERE NOT t.tgisinternal AND t.tgrelid = ANY(%s::regclass[])",
        [sorted(every)],
    ).fetchall()
    for table in every:
        owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
    yield
    for table, trigger, state in before:
        if owner.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,):
            owner.execute(
                sql.SQL("ALTER TABLE ONLY {} {} TRIGGER {}").format(
                    sql.Identifier(table), sql.SQL(STATES[state]), sql.Identifier(trigger)
                )
            )
