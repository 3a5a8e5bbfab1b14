"""Eight writers at once, with the sealer at work (goal 10).

The plain side changes the same rows and inserts the same event without digest, MAC and sealer,
into a table of the same form. Slices of a few seconds in turn.
"""

import multiprocessing
import os
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.ratios import Figure, Goal, Size, run_alone

WRITERS, SECONDS, TURNS = 8, 2.5, 3
PLAIN_INSERT = "twins_plainevent"
FORK = multiprocessing.get_context("fork")


def measure(size: Size) -> list[Goal]:
    """A turn is both sides; the ratio is of one turn, then the median over all."""
    from benchmarks.trail_cost import Stage

    _like_the_trail()
    stage = Stage(size.of(2_000, 16))
    seconds, writers = (0.3, 2) if size.small else (SECONDS, WRITERS)
    rates, tails, sealers, lags = [], [], [], []
    for _ in range(1 if size.small else size.runs * TURNS):
        plain = _slice(stage, writers, seconds, plain=True)
        with _Sealer() as sealer:
            began = time.time()
            ours = _slice(stage, writers, seconds, plain=False)
            time.sleep(3)  # the last of them are sealed by then, or count as late
            lags += _lags(began)
        rates.append(len(ours) / len(plain))
        tails.append(_percentile(ours, 0.95) / _percentile(plain, 0.95))
        sealers.append(sealer.share)
    return [
        Goal(
            10,
            f"{writers} writers",
            [
                Figure("rate, times plain insert", statistics.median(rates), 0.90,
                       spread=(min(rates), max(rates))),
                Figure("p95, times plain insert", statistics.median(tails), 1.3, at_least=False,
                       spread=(min(tails), max(tails))),
                Figure("sealing lag p99, s", _percentile(lags, 0.99), 2.0, at_least=False),
                Figure("sealer, of one core", statistics.median(sealers), 0.05, at_least=False),
            ],
            [f"{len(ours) / seconds:,.0f} audited writes/s in the last turn"],
        )
    ]  # fmt: skip


def _percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _like_the_trail() -> None:
    import psycopg

    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(f"CREATE TABLE {PLAIN_INSERT} (LIKE privacy_auditevent INCLUDING ALL)")


# --- writers -----------------------------------------------------------------------------------


def _slice(stage: Any, writers: int, seconds: float, *, plain: bool) -> list[float]:
    """Seconds of every operation that all writers finished within ``seconds``."""
    from django.db import connections

    connections.close_all()
    ready, results = FORK.Barrier(writers), FORK.Queue()
    arguments = (stage, ready, results, seconds, plain)
    children = [FORK.Process(target=_write, args=(*arguments, seed)) for seed in range(writers)]
    for child in children:
        child.start()
    every = [one for _ in children for one in results.get()]
    for child in children:
        child.join()
    return every


def _write(stage: Any, ready: Any, results: Any, seconds: float, plain: Any, seed: int) -> None:
    from privacy.audit import rules, services

    stage.dice = random.Random(seed)
    act = stage.write(stage.plain, stage.record)
    insert = services.INSERT.replace("privacy_auditevent", PLAIN_INSERT)
    zeros = bytes(32)
    with (
        mock.patch.object(services, "INSERT", insert if plain else services.INSERT),
        mock.patch.object(rules, "digest", (lambda _: zeros) if plain else rules.digest),
        mock.patch.object(rules, "mac", (lambda *_: zeros) if plain else rules.mac),
    ):
        act()  # opens the connection
        ready.wait()
        taken, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            taken.append(act())
    results.put(taken)


# --- the sealer --------------------------------------------------------------------------------


class _Sealer:
    """A process that seals as often as the beat has it, and counts what that takes."""

    def __enter__(self) -> "_Sealer":
        from django.db import connections

        connections.close_all()
        self._over, self._told = FORK.Event(), FORK.Queue()
        self._process = FORK.Process(target=_seal, args=(self._over, self._told))
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.share = self._told.get()
        self._process.join()


def _seal(over: Any, told: Any) -> None:
    from django.db import connection

    from crm.celery import app
    from privacy.audit.sealing import seal_once

    seal_once()  # what the builder left; and the connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = int(cursor.fetchone()[0])
    every = float(app.conf.beat_schedule["seal the audit trail"]["schedule"])
    began, used = time.monotonic(), time.process_time() + _cpu_of(backend)
    while not over.wait(every):
        while seal_once().more:
            pass
    spent = time.process_time() + _cpu_of(backend) - used
    told.put(spent / (time.monotonic() - began))


def _cpu_of(pid: int) -> float:
    """Processor seconds of the sealer's own backend (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _lags(began: float) -> list[float]:
    """Seconds from each event since ``began`` to its seal; one without a seal counts as 60."""
    from django.db import connection, transaction

    from privacy.audit.models import READER, acting_as

    with transaction.atomic(), acting_as(READER), connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM point.sealed_at - event.at), 60)::float8 "
            "FROM privacy_auditevent AS event "
            "LEFT JOIN privacy_auditseal AS seal ON seal.event_id = event.id "
            "LEFT JOIN privacy_auditcheckpoint AS point ON point.number = seal.checkpoint "
            "WHERE event.at >= to_timestamp(%s)",
            [began],
        )
        return [row[0] for row in cursor.fetchall()]


def main() -> int:
    return run_alone("benchmarks.trail_load")


if __name__ == "__main__":
    sys.exit(main())
