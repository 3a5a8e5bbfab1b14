"""Data keys come under a new version while reads and registrations go on; then again, with kills.

``make bench ARGS="rewrap"`` wraps 100,000 data keys anew beside two readers and a front desk, and
counts seconds and errors; then rotates once more, kills the rewrap 20 times at random moments and
lets it finish. At the end every key has to open under the newest version.
"""

import argparse
import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.figures import conclude
from benchmarks.stage import adopt, fresh_database, inside

KEYS, KILLS, SEED, BATCH = 100_000, 20, 20261122, 5_000
MOST_SECONDS = 60.0  # for that many keys beside the traffic
COMMAND = [sys.executable, "-W", "ignore", "manage.py", "rewrap_keys"]


@dataclass
class Figures:
    """What the run came to."""

    keys: int = 0
    seconds: float = 0.0
    reads: int = 0
    registrations: int = 0
    errors: list[str] = field(default_factory=list)
    kills: int = 0
    stale: int = 0
    unreadable: int = 0

    def __str__(self) -> str:
        return (
            f"{self.keys} data keys in {self.seconds:.1f} s "
            f"({self.keys / max(self.seconds, 0.001):.0f}/s) beside {self.reads} reads and "
            f"{self.registrations} registrations, {len(self.errors)} errors; after {self.kills} "
            f"kills and a last run: {self.stale} left behind, {self.unreadable} unreadable"
        )


class Traffic(threading.Thread):
    """Does ``work`` again and again until told to stop; counts, and keeps what went wrong."""

    def __init__(self, work: Any) -> None:
        super().__init__(daemon=True)
        self._work, self._over = work, threading.Event()
        self.done, self.errors = 0, list[str]()

    def run(self) -> None:
        from django.db import connection

        while not self._over.wait(0.005):
            try:
                self._work()
            except Exception as fault:  # noqa: BLE001  counted, and shown by the figures
                self.errors.append(f"{type(fault).__name__}: {fault}")
            else:
                self.done += 1
        connection.close()

    def stop(self) -> None:
        self._over.set()
        self.join()


def _fill(keys: int) -> list[Any]:
    from privacy.pseudonyms.services import issue_subjects

    made: list[Any] = []
    while len(made) * 2 < keys:
        made += [one.pk for one in issue_subjects(count=min(BATCH, (keys + 1) // 2 - len(made)))]
    return made


def _read(subjects: list[Any], dice: random.Random) -> None:
    from privacy.encryption.models import SubjectKey

    for key in SubjectKey.objects.filter(subject_id=dice.choice(subjects)):
        key.open()


def _register() -> None:
    from privacy.pseudonyms.services import issue_subject

    issue_subject()


def _rotate() -> None:
    from privacy.custody import rotation

    for zone in rotation.ZONES:
        rotation.rotate(zone=zone, process="bench")


def _under_traffic(subjects: list[Any], figures: Figures) -> None:
    dice = random.Random(SEED)
    readers = [Traffic(lambda: _read(subjects, dice)) for _ in range(2)]
    desk = Traffic(_register)
    everybody = [*readers, desk]
    for one in everybody:
        one.start()
    begun = time.monotonic()
    subprocess.run(COMMAND, stdout=subprocess.DEVNULL, check=True)
    figures.seconds = time.monotonic() - begun
    for one in everybody:
        one.stop()
    figures.reads = sum(one.done for one in readers)
    figures.registrations = desk.done
    figures.errors = [text for one in everybody for text in one.errors]


def _with_kills(kills: int, figures: Figures) -> None:
    """Each run is killed after a random part of its work; only kills in the middle count."""
    from privacy.custody import rewrapping

    dice = random.Random(SEED)
    for number in range(kills):
        left = rewrapping.waiting()
        goal = left - int(left / (kills - number + 1) * dice.uniform(0.3, 1.0))
        running = subprocess.Popen(COMMAND, stdout=subprocess.DEVNULL)
        while running.poll() is None and rewrapping.waiting() > goal:
            time.sleep(0.01)
        time.sleep(dice.uniform(0.0, 0.03))
        figures.kills += running.poll() is None
        running.kill()
        running.wait()
    subprocess.run(COMMAND, stdout=subprocess.DEVNULL, check=True)


def _look(figures: Figures) -> None:
    from privacy.custody import rewrapping
    from privacy.encryption.models import SubjectKey
    from privacy.errors import Unreadable

    figures.stale = rewrapping.waiting()
    for key in SubjectKey.objects.iterator(chunk_size=BATCH):
        try:
            key.open()
        except Unreadable:
            figures.unreadable += 1


def run(keys: int, kills: int) -> Figures:
    """All of it in the adopted environment."""
    from privacy.custody import rotation

    subjects, figures = _fill(keys), Figures()
    _rotate()
    figures.keys = keys
    _under_traffic(subjects, figures)
    _rotate()
    _with_kills(kills, figures)
    _look(figures)
    rotation.retire_unused(process="bench")
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.rewrap")
    parser.add_argument("--keys", type=int, default=KEYS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("inside", nargs="*")
    options = parser.parse_args()
    if not options.inside or options.inside[-1] != "inside":
        with fresh_database("suian_bench_rewrap") as environment:
            flags = ["--keys", str(options.keys), "--kills", str(options.kills)]
            return inside("benchmarks.rewrap", environment, *flags)
    adopt(dict(os.environ))
    figures = run(options.keys, options.kills)
    for text in sorted(set(figures.errors)):
        print(f"  {text}")
    sound = not (figures.errors or figures.stale or figures.unreadable)
    in_time = figures.seconds <= max(MOST_SECONDS, figures.keys / KEYS * MOST_SECONDS)
    return conclude((options.kills + in_time) * sound, options.kills + 1, figures, **vars(figures))


if __name__ == "__main__":
    sys.exit(main())
