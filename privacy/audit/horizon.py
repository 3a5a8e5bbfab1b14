"""Up to which transaction the trail can be sealed: below it nothing can appear any more (ADR 0005).

Sealers ask here; each works alone, and inside a transaction at READ COMMITTED.
"""

from dataclasses import dataclass

from django.db import connection

# A writer of another database that ends while we look stands in our snapshot and in no list of
# writers made afterwards, so one look may stop at it. The next look no longer sees it.
LOOKS = 3
_ELSEWHERE = """
    SELECT COALESCE(array_agg(backend_xid::text), '{}') FROM pg_stat_activity
    WHERE backend_xid IS NOT NULL AND (datname <> current_database() OR usesysid IS NULL)
"""
_LOOK = """
    WITH now AS (SELECT pg_current_snapshot() AS snapshot),
    elsewhere AS (
      SELECT backend_xid FROM pg_stat_activity
      WHERE backend_xid IS NOT NULL AND (datname <> current_database() OR usesysid IS NULL)
      UNION SELECT unnest(%s::text[])::xid
    ),
    open AS (
      SELECT writer::text::bigint AS writer
      FROM now, pg_snapshot_xip(snapshot) AS writer
      WHERE writer::xid NOT IN (SELECT backend_xid FROM elsewhere)
    ),
    counter AS (SELECT pg_snapshot_xmax(snapshot)::text::bigint AS next FROM now)
    SELECT COALESCE((SELECT min(writer) FROM open), next), next FROM counter
"""


class SealerBehind(Exception):
    """The server counts transactions from lower than the trail has sealed to.

    It is another cluster than the one that was sealed: a dump was restored into it. Until its
    counter is moved past the trail's (ADR 0005), new events could not be told from old ones.
    """


@dataclass(frozen=True, slots=True)
class Horizon:
    """Transaction ids: every one below ``until`` has ended; ``next`` is the server's counter."""

    until: int
    next: int


def horizon() -> Horizon:
    """The farthest of a few looks; each holds for good, because what ended stays ended.

    Writers of other databases on the same server and the server's own (autovacuum: no user) do
    not count: they cannot write here.
    """
    best = _look()
    for _ in range(LOOKS - 1):
        if best.until == best.next:
            break
        best = max(best, _look(), key=lambda one: one.until)
    return best


def horizon_beyond(sealed: int) -> Horizon:
    """The horizon for a sealer that stands at ``sealed``.

    Raises: SealerBehind after a dump was restored into another server.
    """
    found = horizon()
    if found.next < sealed:
        raise SealerBehind(f"transactions count from {found.next}, sealed up to {sealed}")
    return found


def counts_below(sealed: int) -> bool:
    """Whether the server's counter stands below what was sealed; any role may ask."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return bool(cursor.fetchone()[0] < sealed)


def alone(lock: str) -> bool:
    """Whether this transaction now holds the named lock; never waits for another that does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [lock])
        return bool(cursor.fetchone()[0])


def _look() -> Horizon:
    with connection.cursor() as cursor:
        cursor.execute(_ELSEWHERE)
        (elsewhere,) = cursor.fetchone()
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else the next look is this one again
        cursor.execute(_LOOK, [elsewhere])
        until, following = cursor.fetchone()
    return Horizon(int(until), int(following))
