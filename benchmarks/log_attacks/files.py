"""Tampering with the exported files. Each class returns the number that has to be named first."""

import json
import unicodedata
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.log_attacks.export import Attack, Export, Row, Spot, spelled

FORGER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def edit(change: Callable[[Row], Any]) -> Callable[[Export, Spot], int]:
    """Change an event's facts and nothing else: its digest no longer fits."""

    def strike(export: Export, spot: Spot) -> int:
        change(export.event(spot.seq)["event"])
        return spot.seq

    return strike


def respell(turn: Callable[[bytes], bytes]) -> Callable[[Export, Spot], int]:
    """Write an event's line differently: the same facts, another text."""

    def strike(export: Export, spot: Spot) -> int:
        line = spelled(export.event(spot.seq))
        export.lines[spot.seq] = turn(line)
        return spot.seq

    return strike


def _decompose(line: bytes) -> bytes:
    return unicodedata.normalize("NFD", line.decode()).encode()


def _shift(facts: Row) -> None:
    """The last letter of one field becomes the first of the next: joined they read the same."""
    facts["purpose"], facts["reason"] = (
        facts["purpose"][:-1],
        facts["purpose"][-1] + facts["reason"],
    )


def _change(export: Export, spot: Spot) -> None:
    row = export.event(spot.seq)
    row["event"]["reason"] = "an innocent reason"
    export.digest(row)


def own_digest(export: Export, spot: Spot) -> int:
    _change(export, spot)
    return spot.seq


def own_leaf(export: Export, spot: Spot) -> int:
    _change(export, spot)
    export.leaf(spot.seq)
    return spot.start


def rehashed(export: Export, spot: Spot) -> int:
    """Everything that needs no key is made to fit, up to the head."""
    own_leaf(export, spot)
    export.rehash(spot.checkpoint)
    return spot.start


def split_view(export: Export, spot: Spot) -> int:
    """A whole other history from here on, signed by a key that stands among the signers."""
    own_leaf(export, spot)
    export.rehash(spot.checkpoint, FORGER)
    return spot.start


def resigned(export: Export, spot: Spot) -> int:
    """The true chain, vouched for by somebody else."""
    for one in export.checkpoints:
        if one["number"] >= spot.checkpoint:
            one["signature"] = FORGER.sign(bytes.fromhex(one["chain"])).hex()
    export.adopt(FORGER)
    return spot.start


def line_gone(export: Export, spot: Spot) -> int:
    export.events.remove(export.event(spot.seq))
    return spot.seq


def both_gone(export: Export, spot: Spot) -> int:
    export.events.remove(export.event(spot.seq))
    export.seals.remove(export.seal(spot.seq))
    return spot.seq


def _resize(export: Export, spot: Spot, by: int) -> None:
    """One checkpoint counts more or fewer; those after it begin later or sooner."""
    for one in export.own:
        one["count"] += by * (one["number"] == spot.checkpoint)
        one["first_seq"] += by * (one["number"] > spot.checkpoint)
    export.renumber()
    export.rehash(spot.checkpoint, FORGER)


def cut_out(export: Export, spot: Spot) -> int:
    """One event less, all the others renumbered, hashed and signed again."""
    both_gone(export, spot)
    _resize(export, spot, -1)
    return spot.start


def slipped_in(export: Export, spot: Spot) -> int:
    """One event more, in the same way."""
    row, seal = json.loads(json.dumps([export.event(spot.seq), export.seal(spot.seq)]))
    row["event"]["id"] = "0190" + row["event"]["id"][4:]
    at = export.events.index(export.event(spot.seq))
    export.events.insert(at, row)
    export.seals.insert(export.seals.index(export.seal(spot.seq)), seal)
    _resize(export, spot, 1)
    export.digest(row)
    export.leaf(row["seq"])
    export.rehash(spot.checkpoint, FORGER)
    return spot.start


def twice(export: Export, spot: Spot) -> int:
    row = export.event(spot.seq)
    export.events.insert(export.events.index(row) + 1, dict(row))
    return spot.seq


def _neighbours(spot: Spot) -> tuple[int, int]:
    lower = spot.seq if spot.seq + 1 < spot.end else spot.seq - 1
    return lower, lower + 1


def contents_swapped(export: Export, spot: Spot) -> int:
    lower, upper = _neighbours(spot)
    one, other = export.event(lower), export.event(upper)
    for part in ("event", "digest", "mac"):
        one[part], other[part] = other[part], one[part]
    return lower


def order_swapped(export: Export, spot: Spot) -> int:
    """Events and their seals change places and numbers: every leaf still fits its event."""
    lower, upper = _neighbours(spot)
    for rows in (export.events, export.seals):
        at = next(place for place, row in enumerate(rows) if row["seq"] == lower)
        rows[at], rows[at + 1] = rows[at + 1], rows[at]
        rows[at]["seq"], rows[at + 1]["seq"] = lower, upper
    return spot.start


def border_moved(export: Export, spot: Spot) -> int:
    """An event changes over to the neighbouring checkpoint."""
    own = export.own
    place = min(next(i for i, one in enumerate(own) if one["number"] == spot.checkpoint),
                len(own) - 2)  # fmt: skip
    one, after = own[place], own[place + 1]
    one["count"] -= 1
    after["count"] += 1
    after["first_seq"] -= 1
    export.seal(after["first_seq"])["checkpoint"] = after["number"]
    export.rehash(one["number"])
    return int(one["first_seq"])


def checkpoint_gone(export: Export, spot: Spot) -> int:
    """A run of events less, the rest renumbered, linked and signed anew."""
    export.events = [row for row in export.events if not spot.start <= row["seq"] < spot.end]
    export.seals = [row for row in export.seals if row["checkpoint"] != spot.checkpoint]
    gone = next(one for one in export.checkpoints if one["number"] == spot.checkpoint)
    export.checkpoints.remove(gone)
    for row in (*export.checkpoints, *export.seals):
        name = "number" if "number" in row else "checkpoint"
        if row[name] > spot.checkpoint:
            row[name] -= 1
            if name == "number":
                row["first_seq"] -= gone["count"]
    export.renumber()
    export.rehash(spot.checkpoint, FORGER)
    return spot.start


def clock_of_checkpoint(export: Export, spot: Spot) -> int:
    one = next(one for one in export.checkpoints if one["number"] == spot.checkpoint)
    one["sealed_at"] -= 1_000_000
    export.chain(one)
    return spot.start


def _keep(export: Export, numbers: set[int]) -> None:
    export.checkpoints = [one for one in export.checkpoints if one["number"] in numbers]
    export.seals = [row for row in export.seals if row["checkpoint"] in numbers]
    held = {row["seq"] for row in export.seals}
    export.events = [row for row in export.events if row["seq"] in held]
    export.anchors = [row for row in export.anchors if row["number"] in numbers]


def tail_cut(export: Export, spot: Spot) -> int:
    """The last checkpoints are left out, one to five of them."""
    cut = export.own[-1 - spot.turn]
    _keep(export, {one["number"] for one in export.checkpoints if one["number"] < cut["number"]})
    return int(cut["first_seq"])


def head_cut(export: Export, spot: Spot) -> int:
    """The first checkpoints are left out; the one before what is left plays the month before."""
    first, kept = export.own[0], export.own[spot.turn + 1 :]
    _keep(export, {one["number"] for one in kept})
    return int(first["first_seq"])


def other_manifest(export: Export, spot: Spot) -> None:
    names = ("events", "first_seq", "last_checkpoint", "head", "withheld")
    export.claims = {names[spot.turn]: 7}


def withheld(export: Export, spot: Spot) -> int:
    row = export.event(spot.seq)
    row["id"] = row.pop("event")["id"]
    return spot.seq


def unhashed_word(export: Export, spot: Spot) -> int:
    export.event(spot.seq)["remark"] = "approved"
    return spot.seq


ATTACKS = (
    Attack("a reason is rewritten", edit(lambda facts: facts.update(reason="x"))),
    Attack("a list loses an entry", edit(lambda facts: facts["fields"].pop())),
    Attack("a value deep inside is changed", edit(lambda facts: facts["detail"].update(n=99))),
    Attack("an integer becomes a fraction", edit(lambda facts: facts.update(count=0.0))),
    Attack("an integer becomes true or false", edit(lambda facts: facts.update(count=False))),
    Attack("a text moves over into the next field", edit(_shift)),
    Attack("letters and accents are taken apart (NFD)", respell(_decompose)),
    Attack("spaces are added", respell(lambda line: line.replace(b":", b": ", 1))),
    Attack("a word stands beside what is hashed", unhashed_word),
    Attack("edited, with its digest", own_digest),
    Attack("edited, with digest and leaf", own_leaf),
    Attack("edited, everything hashed again", rehashed),
    Attack("another history, hashed and signed again", split_view),
    Attack("the true chain under another signature", resigned, ("signer",)),
    Attack("an event is deleted", line_gone),
    Attack("an event and its seal are deleted", both_gone),
    Attack("an event is cut out, the rest made anew", cut_out),
    Attack("an event is slipped in, the rest made anew", slipped_in),
    Attack("an event stands there twice", twice),
    Attack("two events swap contents", contents_swapped),
    Attack("two events swap places, seals too", order_swapped),
    Attack("an event moves to another checkpoint", border_moved),
    Attack("a checkpoint is cut out, the rest made anew", checkpoint_gone),
    Attack("a checkpoint's clock is moved", clock_of_checkpoint),
    Attack("the month's tail is cut", tail_cut),
    Attack("the month's beginning is cut", head_cut, ("previous",)),
    Attack("the manifest says something else", other_manifest),
    Attack("contents are withheld", withheld),
)
