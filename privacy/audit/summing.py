"""Sealed events a checkpoint at a time, with what the database itself can compute of them.

The canonical form (``rules.canonical``) once more, in SQL: SHA-256 over it is compared where the
event lies, and only digests, MACs and leaves travel. It is a way to say yes quickly: whatever is
not exactly as expected, be it only a text that Python would normalise or a nested detail, is
looked at again event by event, and that look decides (ADR 0005).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from struct import unpack
from typing import Final

from django.db import connection

from privacy.audit.models import AuditCheckpoint

MOST_EVENTS: Final = 20_000  # of one statement; a single checkpoint may hold more
HASH: Final = 32


def _text(column: str) -> str:
    return f"to_json(event.{column}::text)::text"


def _hex(column: str) -> str:
    return f"coalesce('\"' || replace(event.{column}::text, '-', '') || '\"', 'null')"


# Every fact of AuditEvent.facts() in the order of its name, spelled as json.dumps spells it.
FACTS: Final = {
    "action": _text("action"),
    "actor": _hex("actor"),
    "agent": _text("agent"),
    "at": "(extract(epoch FROM event.at) * 1000000)::bigint::text",
    "clinic": _hex("clinic"),
    "codes": "to_json(event.codes)::text",
    "count": "event.count::text",
    "detail": (
        "CASE WHEN jsonb_typeof(event.detail) <> 'object' OR event.detail = '{}'"
        " THEN event.detail::text ELSE (SELECT '{' || string_agg("
        "to_json(one.key)::text || ':' || one.value::text, ',' ORDER BY one.key COLLATE \"C\")"
        " || '}' FROM jsonb_each(event.detail) AS one) END"
    ),
    "fields": "to_json(event.fields)::text",
    "id": _hex("id"),
    "ip": "coalesce('\"' || host(event.ip) || '\"', 'null')",
    "kind": _text("kind"),
    "outcome": _text("outcome"),
    "process": _text("process"),
    "purpose": _text("purpose"),
    "reason": _text("reason"),
    "request": _hex("request"),
    "role": _text("role"),
    "session": "coalesce('\"' || encode(event.session, 'hex') || '\"', 'null')",
    "target": _text("target"),
    "v": "event.schema::text",
}
CANONICAL: Final = (
    "'{"
    + " || ',".join(f'"{name}":\' || {written}' for name, written in sorted(FACTS.items()))
    + " || '}'"
)
SUMS: Final = f"""
    SELECT checkpoint, count(*), min(seq), max(seq), min(at), max(at), bool_and(sound),
      coalesce(string_agg(leaf, '' ORDER BY seq), ''),
      coalesce(string_agg(digest || mac, '' ORDER BY seq), ''),
      coalesce(string_agg(xid8send(xid), '' ORDER BY seq), '')
    FROM (
      SELECT seal.checkpoint, seal.seq, seal.leaf, event.at, event.digest, event.mac, event.xid,
      coalesce(
        seal.leaf = sha256('\\x00'::bytea || uuid_send(event.id) || event.digest || event.mac)
        AND event.digest = sha256(convert_to({CANONICAL}, 'UTF8')), false) AS sound
      FROM privacy_auditseal AS seal
      LEFT JOIN privacy_auditevent AS event
        ON event.id = seal.event_id AND event.at = seal.event_at AND event.at BETWEEN %s AND %s
      WHERE seal.seq >= %s AND seal.seq < %s OFFSET 0
    ) AS proved GROUP BY checkpoint
"""  # noqa: S608 - columns of the table above, no value
MOMENTS: Final = """
    SELECT min(event_at), max(event_at) FROM privacy_auditseal WHERE seq >= %s AND seq < %s
"""


@dataclass(frozen=True, slots=True)
class Sum:
    """Events of one checkpoint as they are stored; ``sound``: contents give digests, and these
    with the MACs the leaves. Leaves are 32 bytes each, MACs follow their digests, 32 bytes each;
    numbers of transactions are 8.
    """

    count: int
    first: int
    last: int
    earliest: datetime
    latest: datetime
    sound: bool
    leaves: bytes
    macs: bytes
    xids: bytes

    def each_leaf(self) -> list[bytes]:
        return [self.leaves[at : at + HASH] for at in range(0, len(self.leaves), HASH)]

    def each_mac(self) -> Iterator[tuple[bytes, bytes]]:
        """Digest and MAC of every event."""
        for at in range(0, len(self.macs), 2 * HASH):
            middle = at + HASH
            yield self.macs[at:middle], self.macs[middle : middle + HASH]

    def each_xid(self) -> tuple[int, ...]:
        """The transaction that wrote each event."""
        return unpack(f">{len(self.xids) // 8}Q", self.xids)


def sums(start: int, end: int) -> dict[int, Sum]:
    """By checkpoint, the sealed events of ``start <= seq < end``.

    Two statements: the moments of the run let the planner open its partitions only.
    """
    with connection.cursor() as cursor:
        cursor.execute(MOMENTS, [start, end])
        since, until = cursor.fetchone()
        if since is None:
            return {}
        cursor.execute(SUMS, [since, until, start, end])
        return {
            number: Sum(count, first, last, since, until, sound, *map(bytes, rest))
            for number, count, first, last, since, until, sound, *rest in cursor.fetchall()
        }


def runs(checkpoints: Sequence[AuditCheckpoint]) -> Iterator[list[AuditCheckpoint]]:
    """Neighbouring checkpoints with up to MOST_EVENTS events together."""
    run: list[AuditCheckpoint] = []
    events = 0
    for one in checkpoints:
        if run and events + one.count > MOST_EVENTS:
            yield run
            run, events = [], 0
        run.append(one)
        events += one.count
    if run:
        yield run
