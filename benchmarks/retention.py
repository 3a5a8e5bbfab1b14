"""Does dropping a month of the trail beat deleting it, and does the disk get its bytes back?

``make bench ARGS="retention"``: a million events in four months, once in partitions and once in one
table with the same columns and indexes; a month goes by DETACH and DROP, and by DELETE and VACUUM.
"""

import os
import sys
import time

import psycopg

from benchmarks.ratios import Figure, Goal, Size, run_alone

GOAL = 10  # times faster (goal 16)
MONTHS = 4
_FILL = """
    INSERT INTO {table} (id, at, schema, kind, action, outcome, role, process, agent, codes, fields,
                         purpose, reason, target, count, detail, digest, mac)
    SELECT gen_random_uuid(),
           '2024-01-01Z'::timestamptz + (n * interval '{months} months' / {rows}), 1, 'view',
           'patient.viewed', 'ok', '', 'bench', 'Firefox/140', ARRAY['ABCDEFG2'],
           ARRAY['patientcontact.name'], '', '', 'patient', 1, '{{"n": 1}}',
           sha256(n::text::bytea), sha256((n + 1)::text::bytea)
    FROM generate_series(0, {rows} - 1) AS n
"""


def _size(owner: psycopg.Connection, table: str) -> int:
    """Bytes of a table with its indexes, partitions included."""
    found = owner.execute(
        "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(%s)", [table]
    ).fetchone()
    return int(found[0]) if found and found[0] else 0


def measure(size: Size) -> list[Goal]:
    """Fill both, let a month go both ways: how many times faster, and do its bytes come back?

    As the owner, who alone drops a month. The goal is set for a million rows.
    """
    rows = size.rows or size.of(1_000_000, 20_000)
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("SELECT audit_ensure_partitions('2024-01-01', 5)")
        owner.execute("CREATE TABLE flat (LIKE privacy_auditevent INCLUDING ALL)")
        for table in ("privacy_auditevent", "flat"):
            owner.execute(_FILL.format(table=table, rows=rows, months=MONTHS))
            owner.execute(f"VACUUM ANALYZE {table}")
        month = "privacy_auditevent_202402"
        held = _size(owner, month)
        before = _size(owner, "privacy_auditevent"), _size(owner, "flat")
        start = time.perf_counter()
        owner.execute(f"ALTER TABLE privacy_auditevent DETACH PARTITION {month}")
        owner.execute(f"DROP TABLE {month}")
        dropped = time.perf_counter() - start
        start = time.perf_counter()
        gone = owner.execute("DELETE FROM flat WHERE at >= '2024-02-01Z' AND at < '2024-03-01Z'")
        owner.execute("VACUUM flat")
        deleted = time.perf_counter() - start
        after = _size(owner, "privacy_auditevent"), _size(owner, "flat")
    back, kept = before[0] - after[0], before[1] - after[1]
    figures = [
        Figure("times as fast as DELETE and VACUUM", deleted / dropped, GOAL),
        Figure("share of its bytes given back", back / held, 1),
    ]
    said = (
        f"{gone.rowcount} of {rows} events: DETACH and DROP {dropped * 1000:.0f} ms, DELETE and "
        f"VACUUM {deleted * 1000:.0f} ms; bytes given back: {back} of {held} against {kept}"
    )
    return [Goal(16, "a month leaves the trail", figures, [said])]


def main() -> int:
    return run_alone("benchmarks.retention")


if __name__ == "__main__":
    sys.exit(main())
