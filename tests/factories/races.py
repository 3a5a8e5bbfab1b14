"""Two transactions at once, put in order by the database's own locks and not by the clock."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections, transaction

PATIENCE_SECONDS = 30


def alone(act: Callable[[], Any]) -> Any:
    """Run ``act`` in the thread it is called in, with a connection of its own."""
    try:
        return act()
    finally:
        connections.close_all()


@contextmanager
def while_it_waits(lock: Callable[[], Any], act: Callable[[], Any]) -> Iterator[None]:
    """Take ``lock``, let ``act`` run into it, do the block, commit; then ``act`` comes to its end.

    An ``act`` that takes no such lock is simply done before the block. Raises what ``act`` raises.
    """
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            lock()
            running = pool.submit(alone, act)
            _wait_until_blocked(running)
            yield
        running.result(timeout=PATIENCE_SECONDS)


def _wait_until_blocked(running: Future[Any]) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE_SECONDS * 50):
        with connection.cursor() as cursor:
            cursor.execute(
                # pg_stat_activity would show one picture for the whole transaction
                "SELECT count(*) FROM pg_locks "
                "WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            (waiting,) = cursor.fetchone()
        if waiting or running.done():
            return
        pause.wait(0.02)
    raise AssertionError("it neither waits for the lock nor comes to its end")


def all_at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Run them in threads that start together; what each returned or raised, in order."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait(timeout=PATIENCE_SECONDS)
        return alone(act)

    with ThreadPoolExecutor(len(acts)) as pool:
        running = [pool.submit(run, act) for act in acts]
        return [one.exception(timeout=PATIENCE_SECONDS) or one.result() for one in running]
