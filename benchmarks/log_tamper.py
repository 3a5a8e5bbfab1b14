"""Does the offline verifier find every tampering, and name the first bad number?

``make bench ARGS="log_tamper"`` tampers 200 times, 40 classes at 5 spots each: 28 classes on the
exported files, 12 in the database before the export. Each time the verifier runs as a process of
its own, without this project on its path, with what an auditor holds: the export, a copy of the
anchor file, and where a class says so, the sealer's public key or the export before.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.databases import drop_database, make_anew, with_database
from benchmarks.outcome import tell
from benchmarks.stage import SECRET, adopt, fresh_database, inside

VERIFIER = Path(__file__).parents[1] / "privacy" / "audit" / "offline_verifier.py"
NAME = "bench_log_tamper"
FIRST = re.compile(r"first bad number: (\S+)")
PROVEN = re.compile(r"proven up to number: (\S+)")


@dataclass
class Kit:
    """What the auditor keeps."""

    anchors: Path
    signer: str
    previous: Path

    def arguments(self, wanted: Iterable[str]) -> list[str]:
        held = {"signer": self.signer, "previous": str(self.previous)}
        extra = [text for name in wanted for text in (f"--{name}", held[name])]
        return ["--anchors", str(self.anchors), *extra]


@dataclass
class Figures:
    """What the runs came to."""

    runs: int = 0
    detected: int = 0
    exact: int = 0
    sound: int = 0  # nothing tampered with was called proven
    by_exporter: int = 0
    missed: list[str] = field(default_factory=list)

    def count(self, name: str, expected: int | None, code: int, text: str) -> None:
        found, proven = FIRST.search(text), PROVEN.search(text)
        first = found[1] if found else "none"
        due = "-" if expected is None else str(expected)
        exact, upto = first == due, proven[1] if proven else "-"
        self.runs += 1
        self.detected += code == 1
        self.exact += code == 1 and exact
        self.sound += code == 1 and (expected is None or upto == "-" or int(upto) < expected)
        told = re.findall(rf"no\. {due},.*\((\w+)\)", text)
        self.by_exporter += set(told) == {"suspect"}
        if code != 1 or not exact:
            self.missed.append(f"{name}: exit {code}, first bad {first}, should be {due}\n{text}")

    @property
    def clean(self) -> bool:
        return self.runs == self.detected == self.exact == self.sound

    def __str__(self) -> str:
        return (
            f"{self.detected} of {self.runs} found, the first bad number exact in {self.exact}; "
            f"nothing bad called proven in {self.sound}.\n{self.by_exporter} of them rest on "
            "the MAC check that the exporter makes with the audit root: an event edited before "
            "its seal, with its digest, fits everything that needs no key. Were the export itself "
            "rewritten too, only verify_audit with the audit root would find those."
        )


def run_verifier(export: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of the verifier as a separate process that sees no package at all."""
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(export), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class Clone:
    """One filled database, copied anew for every attack on it."""

    def __init__(self, owner: str, anchors: Path) -> None:
        self.owner, self.anchors, self.heads = owner, anchors, anchors.read_text()
        self.actor: Any = None
        self.kept = ""

    def renew(self) -> None:
        from django.conf import settings
        from django.db import connection

        connection.close()
        clone = f"{NAME}_clone"
        with psycopg.connect(self.owner, autocommit=True) as server:
            make_anew(server, clone, template=NAME)
        connection.settings_dict["NAME"] = clone
        self.kept = ""
        Path(settings.AUDIT_ANCHOR_FILE).write_text(self.heads)

    def drop(self) -> None:
        from django.db import connection

        connection.close()
        with psycopg.connect(self.owner, autocommit=True) as server:
            drop_database(server, f"{NAME}_clone")

    def sql(self, *statements: str) -> None:
        """As the owner, with all fences of the trail down."""
        with psycopg.connect(with_database(self.owner, f"{NAME}_clone")) as connection:
            tables = connection.execute(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
                "AND relname SIMILAR TO 'privacy_audit(event|seal|checkpoint)%'"
            ).fetchall()
            for (table,) in tables:
                connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for statement in statements:
                connection.execute(statement)

    def keep_anchors(self) -> None:
        """The auditor takes the copy of the anchor file now, not at the end."""
        from django.conf import settings

        self.kept = Path(settings.AUDIT_ANCHOR_FILE).read_text()


def on_files(folder: Path, kit: Kit, figures: Figures, whole: Path) -> Iterator[str]:
    """Every class on the exported files, at five spots each."""
    from benchmarks.log_attacks.export import Export, spots
    from benchmarks.log_attacks.files import ATTACKS

    for number, attack in enumerate(ATTACKS):
        for spot in spots(Export.load(whole)):
            export = Export.load(whole)
            expected = attack.strike(export, spot)
            made = export.save(folder / f"files-{number}-{spot.turn}")
            code, text = run_verifier(made, *kit.arguments(attack.kit))
            figures.count(f"{attack.name}, spot {spot.turn}", expected, code, text)
        yield attack.name


def on_database(folder: Path, kit: Kit, figures: Figures, stage: Clone) -> Iterator[str]:
    """Every class in the database, at five spots each; the export is the clinic's own."""
    from django.conf import settings

    from benchmarks.log_attacks.database import ATTACKS
    from benchmarks.log_attacks.export import Export, spots
    from privacy.audit.exporting import Bundle, span_of
    from privacy.audit.packing import into_folder

    places = spots(Export.load(folder / "audit-2026-09"))
    for number, attack in enumerate(ATTACKS):
        for spot in places:
            stage.renew()
            expected = attack.strike(stage, spot)
            made = into_folder(Bundle(span_of(attack.month)), folder / f"sql-{number}-{spot.turn}")
            kit.anchors.write_text(stage.kept or Path(settings.AUDIT_ANCHOR_FILE).read_text())
            code, text = run_verifier(made, *kit.arguments(attack.kit))
            figures.count(f"{attack.name}, spot {spot.turn}", expected, code, text)
        yield attack.name


def rehearse(folder: Path, owner: str) -> Figures:
    """Fill a database, export it, tamper 200 times. Needs Django set up in that database."""
    from django.conf import settings

    from benchmarks.log_attacks import months
    from crm.staff.models import Clinic, User
    from privacy.access.policy import Role
    from privacy.audit.exporting import Bundle, span_of
    from privacy.audit.packing import into_folder
    from privacy.audit.sealing import public_bytes, signing_key

    settings.AUDIT_ANCHOR_FILE = str(folder / "heads.log")
    actor = User.objects.create_user(
        staff_no="b1", password=os.urandom(12).hex(), display_name="员工", role=Role.CONSULTANT,
        clinic=Clinic.objects.create(name="测量用门诊"),
    )  # fmt: skip
    months.fill(actor)
    whole = into_folder(Bundle(span_of(months.MONTH)), folder)
    previous = into_folder(Bundle(span_of(months.BEFORE)), folder)
    copy = folder / "auditor.log"
    copy.write_text(Path(settings.AUDIT_ANCHOR_FILE).read_text())
    kit = Kit(copy, public_bytes(signing_key()).hex(), previous)
    code, text = run_verifier(whole, *kit.arguments(["signer", "previous"]))
    print(text)
    figures = Figures()
    if code:  # an alarm without a fire is as bad as none with one
        figures.missed.append(f"the untouched export is not called whole\n{text}")
        figures.runs += 1
    stage = Clone(owner, copy)
    stage.actor = actor
    for name in on_files(folder, kit, figures, whole):
        print(f"  {name}", flush=True)
    for name in on_database(folder, kit, figures, stage):
        print(f"  {name}", flush=True)
    stage.drop()
    return figures


def _inside(owner: str) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        adopt({"LOG_LEVEL": "ERROR", "SMS_GATEWAY_SECRET": SECRET})
        figures = rehearse(Path(folder), owner)
    for line in figures.missed:
        print(line)
    good = min(figures.detected, figures.exact, figures.sound)
    return tell(good, figures.runs, f"{figures}\n{time.monotonic() - began:.0f} s")


def main(arguments: list[str] | None = None) -> int:
    """200 tamperings; exit code 1 unless each is found and its first bad number exact."""
    parser = argparse.ArgumentParser(prog="log_tamper", description=__doc__)
    parser.add_argument("place", nargs="?", choices=["inside"], help=argparse.SUPPRESS)
    parser.add_argument("--owner", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.place:
        return _inside(asked.owner)
    owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    with fresh_database(NAME) as environment:
        return inside("benchmarks.log_tamper", environment, f"--owner={owner}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
