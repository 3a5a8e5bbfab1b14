"""kill -9 on Valkey, with everything it held lost, while reminders go out.

``make bench ARGS="kill_redis --kills=25"``: the queue, its tasks in flight and the throttles are
gone; what is due stands in the database. Counted at the SMS company's ledger, as in kill_worker:
a reference taken twice is a duplicate, a reminder never taken is lost.
"""

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kill_worker import Rehearsal
from benchmarks.outcome import tell
from benchmarks.servers import Servers, become_part, servers
from benchmarks.stage import SHORT_WAITS, Worker, company

KILLS, REMINDERS, SEED = 25, 60, 20261122


@dataclass
class Flushed(Rehearsal):
    """Kills the queue and empties it. The worker has to find its way back: by itself, or started
    again by its supervisor where the loss ended it (kombu 5.7 may fail in giving back tasks)."""

    servers: Servers | None = None
    revived: int = 0

    def strike(self) -> None:
        if self.servers:
            self.servers.valkey.kill()

    def recover(self) -> None:
        if self.servers:
            self.servers.valkey_again(flushed=True)

    def look(self) -> None:
        self.revived += self.worker.revive()


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if a reminder was doubled or lost."""
    parser = argparse.ArgumentParser(prog="kill_redis", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--reminders", type=int, default=REMINDERS)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    queue = f"rehearsal-{os.getpid()}"
    with (
        servers() as of,
        tempfile.TemporaryDirectory() as folder,
        company(Path(folder) / "gateway") as sms,
    ):
        become_part(of, **SHORT_WAITS, **sms.environment)
        worker = Worker(queue, os.environ, Path(folder) / "worker.log")
        rehearsal = Flushed(company=sms, worker=worker, queue=queue, seed=asked.seed, servers=of)
        figures = rehearsal.run(runs=asked.kills, reminders=asked.reminders)
        sys.stderr.write("\n")
        bad = figures.duplicates + figures.lost + figures.unsettled
        text = f"queue emptied: {figures}; {rehearsal.revived} times the worker was started again"
        return tell(max(0, figures.runs - bad), asked.kills, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
