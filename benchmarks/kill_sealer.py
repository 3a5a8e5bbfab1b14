"""kill -9 on the sealer while it seals: does the trail stay one chain, with nothing sealed twice?

``make bench ARGS="kill_sealer --kills=50"``: events are written, a child seals them and the notes
of changes, and is killed at a random moment, in the middle of a statement, before a commit,
between a commit and the anchor. At the end one undisturbed pass has to make it whole.
"""

import argparse
import os
import random
import signal
import sys
import time
from typing import Any

from benchmarks.books import check
from benchmarks.kill_postgres import Ledger, front_desk, register
from benchmarks.outcome import tell
from benchmarks.servers import become_part, servers

KILLS, SEED, EVENTS, LONGEST = 50, 20261122, 40, 0.4


def write_events(actor: Any, dice: random.Random, ledger: Ledger) -> None:
    """Some registrations, and many small transactions with an event each."""
    from django.db import transaction

    from privacy.audit import services as audit
    from privacy.audit.events import AuditTrailEvent

    register(actor, dice, ledger)
    for _ in range(EVENTS):
        with transaction.atomic():
            audit.record(AuditTrailEvent.VIEWED, actor=actor)


def seal_until_killed(ready: int) -> None:
    """In the child: never returns. Says on ``ready`` that it is about to begin."""
    from django.db import connection

    from privacy.audit import sealing
    from privacy.audit.row_sealing import seal_row_changes

    connection.ensure_connection()
    sealing.BATCH = 3  # many short passes: a kill falls on every step of one
    os.write(ready, b"1")
    while True:
        sealing.seal_once()
        seal_row_changes()


def kill_one(dice: random.Random) -> bool:
    """Fork a sealer and kill it; whether it was still at work."""
    from django.db import connection

    connection.close()  # a child must not speak on its parent's line
    heard, ready = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            seal_until_killed(ready)
        finally:
            os._exit(1)
    os.close(ready)
    os.read(heard, 1)
    os.close(heard)
    time.sleep(dice.uniform(0, LONGEST))
    os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if the trail is not whole, or an event stays without its seal."""
    parser = argparse.ArgumentParser(prog="kill_sealer", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    with servers() as of:
        become_part(of)
        from privacy.audit.models import READER, AuditCheckpoint, acting_as
        from privacy.audit.selectors import seal_status

        ledger, dice, actor = Ledger(), random.Random(asked.seed), front_desk()
        hit = 0
        for number in range(asked.kills):
            write_events(actor, dice, ledger)
            hit += kill_one(dice)
            sys.stderr.write(f"\r{number + 1} kills")
        sys.stderr.write("\n")
        with acting_as(READER):
            made = AuditCheckpoint.objects.count()
        books = check(of.owner_url)
        waiting = seal_status().waiting
        text = f"{hit} sealers killed, {made} checkpoints made by them; {waiting} unsealed; {books}"
        return tell(max(0, hit - books.bad - waiting), asked.kills, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
