"""Patients are erased, then an older backup is restored: does anything come back?

``make bench ARGS="shred_restore"`` erases the contact zone of 500 patients after a copy of the
database was put away, puts the copy back, and counts how many can be read before and after
``replay_erasures``. The trail has to stay whole.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.databases import drop_database, make_anew, with_database
from benchmarks.figures import conclude
from benchmarks.stage import adopt, agreeing_patients, fresh_database, inside

PATIENTS, SEED = 500, 20261122
LIVE, BACKUP = "suian_bench_shred", "suian_bench_shred_backup"


@dataclass
class Figures:
    """What the restored copy gave away."""

    erased: int = 0
    back: int = 0
    readable: int = 0
    whole: bool = False

    def __str__(self) -> str:
        return (
            f"{self.erased} patients erased; an older backup brought {self.back} back; after the "
            f"replay {self.readable} are readable; the trail is {'' if self.whole else 'NOT '}whole"
        )


def _readable() -> int:
    """How many patients' phones open."""
    from django.db import transaction

    from crm.patients.models import Patient
    from privacy.audit import services as audit
    from privacy.audit.events import AuditTrailEvent
    from privacy.errors import Unreadable

    patients = list(Patient.objects.select_related("subject", "contact"))
    with transaction.atomic():
        receipt = audit.record(
            AuditTrailEvent.VERIFIED,
            process="bench",
            subjects=patients,
            fields=["patientcontact.phone"],
        )
    opened = 0
    for patient in patients:
        try:
            opened += bool(patient.contact.phone.reveal(receipt))
        except Unreadable:
            continue
    return opened


def _copy_away() -> None:
    """What a backup is for this rehearsal: the whole database as it stands now."""
    owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    with psycopg.connect(with_database(owner, "postgres"), autocommit=True) as server:
        make_anew(server, BACKUP, template=LIVE)


def _erase(patients: list[Any]) -> None:
    from privacy.custody import erasure

    for patient in patients:
        erasure.shred(subject=patient, zone="contact", reason="requested", process="bench")


def live(patients: int) -> int:
    """Fill, copy, erase: in the database in use."""
    from django.db import connection

    made = agreeing_patients(patients, seed=SEED)
    connection.close()
    _copy_away()
    _erase(made)
    return int(_readable() > 0)


def restored(patients: int) -> int:
    """Count, replay, count again: in the copy."""
    from privacy.audit.verification import verify

    figures = Figures(erased=patients, back=_readable())
    replay = [sys.executable, "-W", "ignore", "manage.py", "replay_erasures"]
    subprocess.run(replay, stdout=subprocess.DEVNULL, check=True)
    figures.readable, figures.whole = _readable(), verify().whole
    sound = figures.back == patients and figures.whole
    return conclude(patients - figures.readable if sound else 0, patients, figures, **vars(figures))


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.shred_restore")
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("inside", nargs="*")
    options = parser.parse_args()
    which = options.inside[-1] if options.inside else ""
    if which in {"live", "restored"}:
        adopt(dict(os.environ))
        return {"live": live, "restored": restored}[which](options.patients)
    with tempfile.TemporaryDirectory() as folder, fresh_database(LIVE) as environment:
        ledger = Path(folder) / "erasures.log"
        ledger.touch()
        environment["ERASURE_LEDGER_FILE"] = str(ledger)
        flags = ["--patients", str(options.patients)]
        code = inside("benchmarks.shred_restore", environment, "live", *flags)
        environment["DATABASE_URL"] = with_database(environment["DATABASE_URL"], BACKUP)
        code = code or inside("benchmarks.shred_restore", environment, "restored", *flags)
        owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
        with psycopg.connect(with_database(owner, "postgres"), autocommit=True) as server:
            drop_database(server, BACKUP)
        return code


if __name__ == "__main__":
    sys.exit(main())
