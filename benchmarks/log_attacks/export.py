"""An export as an attacker holds it: open, changeable, every keyless hash made anew at will."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from privacy.audit import rules

Row = dict[str, Any]
LISTS = ("events", "seals", "checkpoints", "anchors")
FACTS = ("number", "first_seq", "count", "xid_from", "xid_to", "sealed_at")


def spelled(row: Row) -> bytes:
    """The canonical line; where there is none, what comes nearest."""
    try:
        return rules.canonical(row) + b"\n"
    except TypeError:
        text = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return text.encode() + b"\n"


@dataclass
class Export:
    """The rows of an export. ``lines`` overrides how one event's line is spelled, by number."""

    events: list[Row]
    seals: list[Row]
    checkpoints: list[Row]  # the first one is that before the month
    anchors: list[Row]
    manifest: Row
    signers: Row
    program: bytes
    lines: dict[int, bytes] = field(default_factory=dict)
    claims: Row = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> "Export":
        rows = {
            name: [
                json.loads(line)
                for line in (folder / f"{name}.jsonl").read_bytes().split(b"\n")
                if line
            ]
            for name in LISTS
        }
        return cls(
            **rows,
            manifest=json.loads((folder / "manifest.json").read_bytes()),
            signers=json.loads((folder / "signers.json").read_bytes()),
            program=(folder / "offline_verifier.py").read_bytes(),
        )

    def save(self, folder: Path) -> Path:
        """Write it with a manifest that fits."""
        folder.mkdir(parents=True)
        files = {
            "events.jsonl": [self.lines.get(row["seq"]) or spelled(row) for row in self.events],
            "seals.jsonl": [spelled(row) for row in self.seals],
            "checkpoints.jsonl": [spelled(row) for row in self.checkpoints],
            "anchors.jsonl": [spelled(row) for row in self.anchors],
            "signers.json": [spelled(self.signers)],
            "offline_verifier.py": [self.program],
        }
        sums = {}
        for name, lines in files.items():
            body = b"".join(lines)
            (folder / name).write_bytes(body)
            sums[name] = {"sha256": sha256(body).hexdigest(), "bytes": len(body)}
        (folder / "manifest.json").write_bytes(spelled(self._manifest(sums)))
        return folder

    def _manifest(self, sums: Row) -> Row:
        own, last = self.own, self.checkpoints[-1]
        return {
            **self.manifest,
            "files": sums,
            "events": len(self.events),
            "withheld": sum("id" in row for row in self.events),
            "checkpoints": len(own),
            "first_checkpoint": own[0]["number"],
            "last_checkpoint": last["number"],
            "first_seq": own[0]["first_seq"],
            "last_seq": last["first_seq"] + last["count"] - 1,
            "head": last["chain"],
            **self.claims,
        }

    @property
    def own(self) -> list[Row]:
        """The checkpoints that the export covers."""
        covered = {row["checkpoint"] for row in self.seals}
        return [row for row in self.checkpoints if row["number"] in covered]

    def event(self, seq: int) -> Row:
        return next(row for row in self.events if row["seq"] == seq)

    def seal(self, seq: int) -> Row:
        return next(row for row in self.seals if row["seq"] == seq)

    def digest(self, row: Row) -> None:
        """Recompute what an event's line says of itself; its MAC would need the key."""
        row["digest"] = rules.digest(row["event"]).hex()

    def leaf(self, seq: int) -> None:
        """Make the seal fit the event."""
        row, seal = self.event(seq), self.seal(seq)
        ident, parts = bytes.fromhex(row["event"]["id"]), (row["digest"], row["mac"])
        seal["event"] = ident.hex()
        seal["leaf"] = rules.leaf(ident, *(bytes.fromhex(part) for part in parts)).hex()

    def renumber(self) -> None:
        """Give events and seals numbers without a gap, in the order they stand in."""
        first = min(row["first_seq"] for row in self.own)
        for rows in (self.events, self.seals):
            for seq, row in enumerate(rows, first):
                row["seq"] = seq

    def rehash(self, first: int, signer: Ed25519PrivateKey | None = None) -> None:
        """New roots, links and chain values from checkpoint ``first`` on; signatures too if
        somebody's key is at hand, which then stands among the signers.
        """
        before = self.checkpoints[0]
        for one in self.checkpoints[1:]:
            if one["number"] >= first:
                leaves = [
                    bytes.fromhex(seal["leaf"])
                    for seal in self.seals
                    if one["first_seq"] <= seal["seq"] < one["first_seq"] + one["count"]
                ]
                one["root"], one["previous"] = rules.merkle_root(leaves).hex(), before["chain"]
                chain = self.chain(one)
                if signer:
                    one["signature"] = signer.sign(chain).hex()
            before = one
        if signer:
            self.adopt(signer)
        held = {one["number"]: one for one in self.checkpoints}
        self.anchors = [
            {"number": no, "last_seq": one["first_seq"] + one["count"] - 1, "chain": one["chain"]}
            for no, one in held.items()
        ]

    def chain(self, one: Row) -> bytes:
        """Recompute a checkpoint's chain value from its facts."""
        chain = rules.checkpoint_chain(
            previous=bytes.fromhex(one["previous"]),
            root=bytes.fromhex(one["root"]),
            **{name: one[name] for name in FACTS},
        )
        one["chain"] = chain.hex()
        return chain

    def adopt(self, signer: Ed25519PrivateKey) -> None:
        """Put somebody's key among the signers."""
        raw = signer.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        self.signers["signers"].append({"public": raw.hex(), "mac": "00" * 32})


@dataclass(frozen=True)
class Spot:
    """Where to strike: one event, in one checkpoint. ``turn`` counts the spots of a class."""

    turn: int
    seq: int
    checkpoint: int
    start: int  # first number of the checkpoint
    end: int  # and the one after its last


@dataclass(frozen=True)
class Attack:
    """``strike`` tampers and returns the first bad number, None where no number is bad.

    ``kit``: what the auditor must hold besides the export and the anchors.
    """

    name: str
    strike: Callable[[Export, Spot], int | None]
    kit: tuple[str, ...] = ()


def spots(export: Export) -> list[Spot]:
    """Five spots: first and last number, and three between, at both ends of checkpoints."""
    found = []
    last = len(export.own) - 1
    for turn, (place, at) in enumerate(
        ((0, 0), (1, -1), (last // 2, 1), (last - 1, 0), (last, -1))
    ):
        one = export.own[place]
        start, count = one["first_seq"], one["count"]
        found.append(Spot(turn, start + at % count, one["number"], start, start + count))
    return found
