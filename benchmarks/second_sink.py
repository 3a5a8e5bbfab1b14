"""What the second sink costs an event.

``make bench ARGS="second_sink"``: N transactions of one event each; the median of what telling
takes in them has to stay below 50 microseconds.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from typing import Any

from benchmarks.stage import adopt, fresh_database, inside

LIMIT_MICROSECONDS = 50


def _took(actor: Any, count: int) -> list[float]:
    from django.db import transaction

    from privacy.audit import services as audit
    from privacy.audit.events import AuditTrailEvent

    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        with transaction.atomic():
            audit.record(AuditTrailEvent.VIEWED, actor=actor)
        seconds.append(time.perf_counter() - start)
    return seconds


def _inside(events: int) -> int:
    adopt({"LOG_LEVEL": "ERROR"})
    from django.conf import settings
    from django.db import connection

    from crm.staff.models import Clinic, User
    from privacy.access.policy import Role
    from privacy.audit import second_sink

    actor = User.objects.create_user(
        staff_no="b1", password=os.urandom(12).hex(), display_name="员工", role=Role.CONSULTANT,
        clinic=Clinic.objects.create(name="测量用门诊"),
    )  # fmt: skip
    with connection.cursor() as cursor:  # the disk's flush is not what is measured
        cursor.execute("SET synchronous_commit = off")
    told: list[float] = []
    out = second_sink.tell

    def timed(rows: Any) -> Any:
        start = time.thread_time()  # a busy machine is no cost of ours
        places = out(rows)
        told.append(time.thread_time() - start)
        return places

    second_sink.tell = timed
    with tempfile.TemporaryDirectory() as folder:
        settings.AUDIT_SINK_DIR = folder
        took = _took(actor, events)
    whole, part = (statistics.median(one) * 1e6 for one in (took, told))
    print(
        f"one event a transaction, median of {events}: {whole:.0f} us in all, "
        f"{part:.0f} us of it for the second sink (at most {LIMIT_MICROSECONDS})"
    )
    return 0 if part <= LIMIT_MICROSECONDS else 1


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if an event costs more than the limit."""
    parser = argparse.ArgumentParser(prog="second_sink", description=__doc__)
    parser.add_argument("place", nargs="?", choices=["inside"], help=argparse.SUPPRESS)
    parser.add_argument("--events", type=int, default=4000)
    asked = parser.parse_args(arguments)
    if asked.place:
        return _inside(asked.events)
    with fresh_database("bench_second_sink") as environment:
        return inside("benchmarks.second_sink", environment, f"--events={asked.events}")


if __name__ == "__main__":
    sys.exit(main())
