#!/usr/bin/env python3
"""Proves an exported month of the audit trail without the product, its keys or its database.

Copy this one file to a machine of your own (Python 3.9 or newer, nothing else) and run
    python offline_verifier.py audit-2026-11.zip --anchors heads.log
It believes nothing that the export says of itself. Exit code 0: whole, 1: not whole, 2: could not
be checked. Memory: about 150 MB a million events. What it proves and what not: docs/auditing.md.
"""

from __future__ import annotations

import argparse
import bisect
import hashlib
import io
import json
import re
import sys
import time
import unicodedata
import zipfile
from calendar import timegm
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Callable

Row = dict[str, Any]
Point = tuple[int, int, int, int]
NEVER, MOST = 1 << 63, 50
LONGEST, LARGEST, DENSEST = 1 << 18, 1 << 35, 250  # bytes of a line, of a zip; packing ratio
KEYS = {  # of a line: nothing may stand in it that nothing vouches for
    "events.jsonl": ["digest event mac seq xid", "digest id mac seq"],
    "seals.jsonl": ["checkpoint event leaf seq"],
    "checkpoints.jsonl": [
        "chain count first_seq number previous root sealed_at signature xid_from xid_to"
    ],
}
SCHEMA, OLDER = 2, {1: {"events.jsonl": ["digest event mac seq", "digest id mac seq"]}}
FILES = {*KEYS, "manifest.json", "anchors.jsonl", "signers.json", "offline_verifier.py"}
OFFSET, MARGIN = 8 * 3600, 60_000_000  # clinic time in seconds; microseconds past a month's end
WORDS = {
    "missing": ("the event is gone", "记录不见了"),
    "unsealed": ("the event has no seal", "记录没有封存"),
    "gap": ("number is missing", "编号缺失"),
    "leaf": ("the event is not the one that was sealed", "不是当初封存的那条记录"),
    "content": ("the contents do not give the digest", "内容与摘要不符"),
    "spelling": ("the line is not in its one canonical form", "这一行不是规范写法"),
    "unreadable": ("the line cannot be read", "这一行无法读取"),
    "order": ("a number twice or out of order", "编号重复或次序不对"),
    "twice": ("one event under two numbers", "同一条记录有两个编号"),
    "moved": ("the seal belongs to another checkpoint", "封存属于另一个检查点"),
    "stray": ("belongs to no checkpoint", "不属于任何检查点"),
    "withheld": ("contents withheld (--withheld allows it)", "内容未给出（--withheld 可放行）"),
    "suspect": ("written without the key, says the exporter", "导出方查出：写入时没有密钥"),
    "root": ("the events do not give the checkpoint's root", "记录算不出检查点的根"),
    "checkpoint": ("does not follow the checkpoint before", "与前一个检查点不衔接"),
    "chain": ("the checkpoint's facts do not give its chain", "检查点内容与链值不符"),
    "signature": ("not signed by a key that counts", "没有可信密钥的签名"),
    "anchor": ("another head was anchored", "与留存的锚点不符"),
    "newer": ("the anchors go on: exported before them, or the tail was cut",
              "锚点比导出更新：导出在先，或尾部被截去"),
    "previous": ("does not continue the previous export", "与上次导出不衔接"),
    "beginning": ("the month's beginning is not there", "缺少月初部分"),
    "end": ("the month's end is not there", "缺少月末部分"),
    "gone": ("the second record tells an event that is not here", "第二份记录有这条，导出中没有"),
    "edited": ("the second record tells another event under this id", "与第二份记录不是同一条"),
    "untold": ("the second record was never told of it", "第二份记录没有这条"),
    "cut": ("lines of the second record are missing", "第二份记录缺行"),
    "told": ("compared with the second record: {0} events", "与第二份记录核对：{0} 条"),
    "transaction": ("the transaction number is another", "事务号不符"),
    "tied": ("transaction numbers: given, held to the bounds of the signed checkpoints; to the"
             " digit by the second record only (--sink)",
             "事务号：有，按已签名检查点的范围核对；要逐位核对须有第二份记录（--sink）"),
    "untied": ("transaction numbers: none, an older export; notes of rows cannot be tied to it",
               "事务号：无，是旧版导出件，数据行变动无法与记录对应"),
    "manifest": ("the manifest says something else", "与清单不符"),
    "paper": ("the paper says something else", "与纸上所写不符"),
    "counted": ("month {0}: {1} events, numbers {2} to {3}, in {4} checkpoints; withheld {5}",
                "{0} 月：{1} 条记录，编号 {2} 至 {3}，{4} 个检查点；未给出内容 {5} 条"),
    "outer": ("signatures: keys from outside the export", "签名：用导出件之外的公钥核对"),
    "inner": ("signatures: keys of the export itself, its own word only (--signer, --previous)",
              "签名：只用导出件自带的公钥，仅是它自己的说法（--signer、--previous）"),
    "to": ("anchored outside up to number {0}", "外部锚点覆盖到编号 {0}"),
    "tail": ("unanchored tail: numbers {0} to {1}", "未锚定的尾部：编号 {0} 至 {1}"),
    "open": ("note: the month is not over; a cut tail would not be seen",
             "说明：本月未结束；尾部被截去看不出来"),
    "self": ("this verifier's SHA-256: {0}", "本核对程序的 SHA-256：{0}"),
    "place": ("  no. {0}, checkpoint {1}: {2}", "  编号 {0}，检查点 {1}：{2}"),
    "whole": ("WHOLE", "完好"),
    "bad": ("NOT WHOLE: {0} findings", "不完好：{0} 处问题"),
    "first": ("first bad number: {0}", "第一个有问题的编号：{0}"),
    "proven": ("proven up to number: {0}", "可证实到编号：{0}"),
    "gaps": ("gaps: {0}", "缺号：{0}"),
    "cannot": ("cannot check: {0}", "无法核对：{0}"),
}  # fmt: skip


class Refused(Exception):
    """The input cannot be checked at all."""


# The canonical form and the hashes: the product's own are in privacy/audit/rules.py.
def plain(value: Any) -> Any:
    """NFC strings, integers, lists and mappings of them, None. Raises: TypeError for the rest."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical(value: Any) -> bytes:
    """Sorted-key UTF-8 JSON without spaces."""
    text = json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def digest_of(facts: Any) -> bytes:
    """SHA-256 of an event's canonical form; nothing for what has none."""
    try:
        return sha(canonical(facts))
    except TypeError:
        return b""


def merkle(leaves: list[bytes]) -> bytes:
    """RFC 6962 tree head, level by level."""
    while len(leaves) > 1:
        pairs = [sha(b"\x01" + leaves[i] + leaves[i + 1]) for i in range(0, len(leaves) - 1, 2)]
        leaves = pairs + leaves[2 * len(pairs) :]
    return leaves[0] if leaves else sha(b"")


# Ed25519 (RFC 8032), checking only: nothing here is secret, so nothing needs constant time.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
A_DAY = 86_400_000_000  # microseconds
ZERO: Point = (0, 1, 1, 0)


def point(raw: bytes) -> Point:
    """The point of 32 bytes. Raises: Refused where there is none."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    x = x * ROOT % P if (v * x * x - u) % P else x
    if len(raw) != 32 or y >= P or (v * x * x - u) % P or (sign and not x):  # noqa: PLR2004 - bytes
        raise Refused(f"not a public key: {raw.hex()}")
    x = x if x & 1 == sign else P - x
    return (x, y, 1, x * y % P)


def plus(p: Point, q: Point) -> Point:
    """Sum in extended coordinates."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiples(one: Point) -> list[list[Point]]:
    """All 4-bit multiples of a point: a product is 64 sums then, not 380."""
    table = []
    for _ in range(64):
        row = [ZERO]
        for _ in range(15):
            row.append(plus(row[-1], one))
        table.append(row)
        one = plus(row[15], one)
    return table


def product(table: list[list[Point]], scalar: int) -> Point:
    total = ZERO
    for place, row in enumerate(table):
        total = plus(total, row[scalar >> 4 * place & 15])
    return total


BASE = multiples(point((4 * pow(5, -1, P) % P).to_bytes(32, "little")))


class Key:
    """A sealer's public key."""

    def __init__(self, raw: bytes) -> None:
        x, y, _z, t = point(raw)
        self.raw, self.minus = raw, multiples((P - x, y, 1, P - t))

    def signed(self, text: bytes, signature: bytes) -> bool:
        s = int.from_bytes(signature[32:], "little")
        hashed = hashlib.sha512(signature[:32] + self.raw + text).digest()
        k = int.from_bytes(hashed, "little") % L
        if s >= L:
            return False
        x, y, z, _t = plus(product(BASE, s), product(self.minus, k))
        x, y = x * pow(z, -1, P) % P, y * pow(z, -1, P) % P
        return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# Reading what may be hostile: no name is followed, no line and no file grows without bound.
def number(row: Row, key: str) -> int:
    """A whole number of a row; -1 for anything else."""
    value = row.get(key)
    return value if type(value) is int and 0 <= value < NEVER else -1


def octets(row: Row, key: str, size: int = 32) -> bytes:
    """The bytes of a row's hexadecimal; none for anything else."""
    value = str(row.get(key))
    good = re.fullmatch("[0-9a-f]*", value) and len(value) == 2 * size
    return bytes.fromhex(value) if good else b""


def parse(raw: bytes) -> tuple[Row | None, bool]:
    """A line's object, None if there is none, and whether the line is its canonical form."""
    row = None
    try:
        row = json.loads(raw.decode())
        row = row if isinstance(row, dict) else None
        return row, row is not None and canonical(row) + b"\n" == raw
    except (ValueError, TypeError, RecursionError):
        return row, False


class Source:
    """A folder or a zip. Nothing is unpacked; only the names in FILES are ever opened."""

    def __init__(self, path: str, until: ExitStack) -> None:
        self.path, self.until, self.sums = Path(path), until, dict[str, str]()
        self.schema = SCHEMA
        folder = self.path.is_dir()
        self.zip = None if folder else until.enter_context(zipfile.ZipFile(self.path))
        self.members: dict[str, zipfile.ZipInfo] = {}
        for one in self.zip.infolist() if self.zip else ():
            where, _, name = one.filename.rpartition("/")
            dense = one.file_size > DENSEST * (one.compress_size + 1024)
            if name in self.members or name not in FILES or dense or ".." in where:
                raise Refused(f"the zip is not one of ours: {one.filename[:80]!r}")
            self.members[name] = one
        if sum(one.file_size for one in self.members.values()) > LARGEST:
            raise Refused("the zip is too large")

    def open(self, name: str) -> IO[bytes]:
        """A file of the export; an empty one where there is none."""
        if self.zip:
            return self.zip.open(self.members[name]) if name in self.members else io.BytesIO()
        path = self.path / name
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise Refused(f"{name} is not a plain file")
        return path.open("rb") if path.exists() else io.BytesIO()

    def rows(self, name: str) -> Iterator[tuple[Row | None, bool]]:
        """``parse`` of every line. Notes the file's SHA-256."""
        keys = {**KEYS, **OLDER.get(self.schema, {})}.get(name, [])
        seen, shapes = hashlib.sha256(), [set(one.split()) for one in keys]
        for raw in lines(self.until.enter_context(self.open(name))):
            seen.update(raw)
            row, exact = parse(raw)
            yield row, exact and (not shapes or set(row or ()) in shapes)
        self.sums[name] = seen.hexdigest()

    def only(self, name: str) -> tuple[Row, bool]:
        """The one object of a file, and whether it is spelled canonically. Raises: Refused."""
        rows = [item for _number, item in zip(range(2), self.rows(name))]
        if len(rows) != 1 or rows[0][0] is None:
            raise Refused(f"{name} cannot be read")
        return rows[0][0], rows[0][1]

    def keys(self) -> set[bytes]:
        return {octets(one, "public") for one in self.only("signers.json")[0]["signers"]}


def lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines; one too long comes in pieces."""
    return iter(lambda: file.readline(LONGEST), b"")


def told_in(path: str) -> list[Row]:
    """The lines of one file of the second record, without what stands before each."""
    with Path(path).open("rb") as file:
        rows = [parse(raw[raw.find(b"{") :])[0] for raw in lines(file)]
    return [row for row in rows if row and number(row, "n") > 0]


class Rows:
    """Rows in the order of their numbers, after ``last``; what disturbs the order is told."""

    def __init__(self, source: Source, name: str, tell: Callable[[str, int], None]) -> None:
        self.rows, self.tell, self.start, self.last = source.rows(name), tell, 0, 0
        self.head: Row | None = None

    def next(self) -> int:
        """The number that comes next; NEVER at the end."""
        while self.head is None:
            row, exact = next(self.rows, (None, True))
            if row is None and exact:
                return NEVER
            seq = number(row or {}, "seq")
            late = row is not None and seq <= self.last
            if late or not exact:
                code = "order" if late else "spelling" if row else "unreadable"
                self.tell(code, seq if seq > self.start else self.last + 1)
            if row is not None and not late:
                self.head, self.last = row, seq
        return self.last

    def take(self, seq: int) -> Row | None:
        """The row of this number, if it comes next."""
        row = self.head if self.next() == seq else None
        self.head = None if row else self.head
        return row


class Checkpoint:
    """A signed head over a run of events; ``due`` is the chain value its facts ask for."""

    def __init__(self, row: Row) -> None:
        names = ("number", "first_seq", "count", "xid_from", "xid_to", "sealed_at")
        facts: Row = {name: number(row, name) for name in names}
        self.number, self.first, self.count, self.start, self.until, self.sealed_at = facts.values()
        self.root, self.chain = octets(row, "root"), octets(row, "chain")
        self.previous, self.signature = octets(row, "previous"), octets(row, "signature", 64)
        self.due = sha(b"\x02" + self.previous + canonical({**facts, "root": self.root.hex()}))
        self.end = self.first + self.count


class Check:
    """One verification. ``seq`` NEVER: a finding that no event's number belongs to."""

    def __init__(self, source: Source, keys: set[bytes], begins: int, *, withheld: bool) -> None:
        self.source, self.begins, self.may_withhold = source, begins, withheld
        self.keys = [Key(raw) for raw in sorted(keys)]
        self.findings: list[tuple[int, str, int]] = []  # the lowest ones
        self.gaps: list[str] = []
        self.chains: dict[int, tuple[int, int, bytes]] = {}  # first number, end, chain
        self.found = self.events = self.withheld = self.anchored = self.first = self.covered = 0
        self.unproven = self.due = NEVER
        self.before: Checkpoint | None = None
        self.seen: set[bytes] = set()
        # By id: leaf, number, transaction (-1: not given). Filled for a second record only.
        self.leaves: dict[bytes, tuple[bytes, int, int]] = {}
        self.spans: list[tuple[int, int, int, int]] = []  # xids, first number, checkpoint
        self.keeps = self.told = 0
        self.seals = Rows(source, "seals.jsonl", self.tell)
        self.rows = Rows(source, "events.jsonl", self.tell)

    def tell(self, code: str, seq: int = NEVER, checkpoint: int = 0) -> None:
        """Count a finding; the lowest are kept."""
        self.found += 1
        self.unproven = min(self.unproven, seq)
        bisect.insort(self.findings, (seq, code, checkpoint))
        del self.findings[MOST:]

    def run(self) -> None:
        """Go through checkpoints, seals and events side by side."""
        for row, exact in self.source.rows("checkpoints.jsonl"):
            if not exact:
                self.tell("unreadable" if row is None else "spelling", self.due)
            if row is not None:
                self._link(Checkpoint(row))
        for rows in (self.seals, self.rows) if self.first else ():
            while rows.next() < NEVER:
                self.tell("stray", rows.next())
                rows.take(rows.next())

    def _link(self, one: Checkpoint) -> None:
        """The checkpoint by itself, and to the one before it."""
        before, opening = self.before, self.before is None and one.sealed_at < self.begins
        due = (before.number + 1, self.due, before.until, before.chain) if before else (
            (1, 1, 0, bytes(32)) if one.number == 1 else None)  # fmt: skip
        here = (one.number, one.first, one.start, one.previous)
        self.due = self.due if before else one.first
        faults = {
            "beginning": due is None and not opening,
            "checkpoint": due is not None and due != here,
            "chain": one.chain != one.due,
            "signature": not any(key.signed(one.chain, one.signature) for key in self.keys),
        }
        for code in [code for code, holds in faults.items() if holds]:
            self.tell(code, self.due, one.number)
        self.chains[one.number] = (self.due, one.end, one.chain)
        if opening:  # sealed before the month: it shows where the month begins
            self.due = one.end
        else:
            self._run(one)
        self.before = one

    def _run(self, one: Checkpoint) -> None:
        """Its events, by two witnesses: the leaves of the seals, and those of the events."""
        if not self.first:
            self.first = self.due
            for rows in (self.seals, self.rows):
                rows.start = rows.last = self.due - 1
        self.covered += 1
        self.spans.append((one.start, one.until, self.due, one.number))
        sealed: list[bytes] = []
        given: list[bytes] = []
        seq, whole = self.due, True
        while (found := min(self.seals.next(), self.rows.next())) < one.end:
            whole = self._follows(seq, found) and whole
            seal, event = self.seals.take(found), self.rows.take(found)
            leaves = self._pair(one, found, seal, event)
            sealed.append(leaves[0])
            given.append(leaves[1])
            seq = found + 1
            self.events += 1
        whole = self._follows(seq, one.end) and whole
        if one.root not in (merkle(sealed), merkle(given)):
            self.unproven = min(self.unproven, self.due)
            if whole:  # else the gap is the nearer reason
                self.tell("root", self.due, one.number)
        self.due = max(self.due, one.end)

    def _follows(self, due: int, found: int) -> bool:
        """Whether no number is missing before ``found``."""
        if found > due:
            self.tell("gap", due)
            self.gaps = [*self.gaps[:MOST], f"{due}-{found - 1}"]
        return found <= due

    def _pair(
        self, one: Checkpoint, seq: int, seal: Row | None, event: Row | None
    ) -> tuple[bytes, bytes]:
        """One number. Out: the leaf by its seal and by its event; where one is gone, the other's.

        As long as one of the two rows of leaves gives the signed root, it proves which side of a
        pair that differs was touched, and every other number of the checkpoint.
        """
        sealed = octets(seal or {}, "leaf")
        if seal and number(seal, "checkpoint") != one.number:
            self.tell("moved", seq, one.number)
        if event is None:
            self.tell("missing", seq, one.number)
            return sealed, sealed
        ident, digest = self._read(seq, event, one.number)
        leaf = sha(b"\x00" + ident + digest + octets(event, "mac"))
        xid = number(event, "xid")
        if "xid" in event and not one.start <= xid < one.until:
            self.tell("transaction", seq, one.number)
        if self.keeps:
            self.leaves[ident] = (leaf, seq, xid)
        if seal is None:
            self.tell("unsealed", seq, one.number)
            return leaf, leaf
        if leaf != sealed or octets(seal, "event", 16) != ident:
            self.tell("leaf", seq, one.number)
        return sealed, leaf

    def _read(self, seq: int, event: Row, checkpoint: int) -> tuple[bytes, bytes]:
        """The contents by themselves. Out: the event's id and the digest it claims."""
        facts, digest = event.get("event", event), octets(event, "digest")
        ident = octets(facts if isinstance(facts, dict) else {}, "id", 16)
        if ident in self.seen:
            self.tell("twice", seq, checkpoint)
        self.seen.add(ident)
        if facts is event:
            self.withheld += 1
            if not self.may_withhold:
                self.tell("withheld", seq, checkpoint)
        elif digest_of(facts) != digest:
            self.tell("content", seq, checkpoint)
        return ident, digest

    def compare_anchors(self, source: Iterator[bytes], *, outside: bool, is_open: bool) -> None:
        """Heads kept elsewhere: each vouches for all numbers up to its own."""
        for raw in source:
            row = parse(raw)[0] or {}
            first, end, chain = self.chains.get(number(row, "number"), (0, 0, b""))
            if not end:  # of another month; but nothing may come after a month that still runs
                if outside and is_open and number(row, "number") > max(self.chains):
                    self.tell("newer", self.due, number(row, "number"))
            elif (octets(row, "chain"), number(row, "last_seq")) != (chain, end - 1):
                self.tell("anchor", first, number(row, "number"))
            elif outside:
                self.anchored = max(self.anchored, end - 1)

    def compare_previous(self, previous: Source) -> None:
        """The export before this one must lead up to it, head by head."""
        last = Checkpoint({})
        for row, _exact in previous.rows("checkpoints.jsonl"):
            one = Checkpoint(row or {})
            gone = (one.first, 0, b"" if one.sealed_at >= self.begins else one.chain)
            first, _end, chain = self.chains.get(one.number, gone)
            if chain != one.chain:  # another history, or sealed in this month and left out here
                self.tell("previous", first, one.number)
            last = max(last, one, key=lambda each: each.number)
        if last.number < 0:
            raise Refused("the previous export has no checkpoint")
        if last.number < min(self.chains):
            self.tell("previous", last.end, last.number)

    def compare_sinks(self, paths: list[str]) -> None:
        """The clinic's second record, told event by event before each commit (ADR 0024)."""
        told: list[tuple[int, bytes, bytes, object]] = []
        void: set[object] = set()
        held = sorted(filter(None, map(told_in, paths)), key=lambda rows: number(rows[0], "at"))
        self._follow(held)
        for row in (row for rows in held for row in rows):
            place = (str(row.get("s")), number(row, "n"))
            void.update(map(tuple, row.get("void", ())))
            xid = int(row.get("x", -1))
            for parts in row.get("e", ()):
                ident, digest, mac = (bytes.fromhex(one) for one in parts)
                told.append((xid, ident, sha(b"\x00" + ident + digest + mac), place))
        moments = ([number(rows[place], "at") // 1000 for place in (0, -1)] for rows in held)
        spans = [(first, last - 60_000) for first, last in moments]
        self._witness(told, void, spans)

    def _follow(self, files: list[list[Row]]) -> None:
        """Each stream counts its lines, from one day's file to the next day's. A day may be left
        out, and a line be given twice; but no line is missing between those that are here."""
        last: dict[str, int] = {}
        seen: set[tuple[str, int]] = set()
        until = 0
        for rows in files:
            if number(rows[0], "at") // A_DAY > until // A_DAY + 1:
                last.clear()
            for row in rows:
                stream, count = str(row.get("s")), number(row, "n")
                if (stream, count) not in seen:
                    if last.get(stream, count - 1) != count - 1:
                        self.tell("cut")
                    last[stream] = count
                    seen.add((stream, count))
            until = max(until, number(rows[-1], "at"))

    def _witness(
        self,
        told: list[tuple[int, bytes, bytes, object]],
        void: set[object],
        spans: list[tuple[int, int]],
    ) -> None:
        """What was told against what is here, both ways; an id begins with its milliseconds."""
        known = set()
        for xid, ident, leaf, place in told:
            known.add(ident)
            here, seq, its = self.leaves.get(ident, (b"", 0, -1))
            if seq and here != leaf:
                self.tell("edited", seq)
            if seq and -1 not in (its, xid) and its != xid:
                self.tell("transaction", seq)
            near = [span for span in self.spans if span[0] <= xid < span[1]]
            if not seq and near and place not in void:
                self.tell("gone", near[0][2], near[0][3])
        self.told = len(known & set(self.leaves))
        for ident, (_leaf, seq, _xid) in self.leaves.items():
            at = int.from_bytes(ident[:6], "big")
            if ident not in known and any(start < at < end for start, end in spans):
                self.tell("untold", seq)

    def compare_manifest(self, manifest: Row, *, exact: bool) -> None:
        """The export's own table of contents, and what its exporter, who has the key, found."""
        last = self.before or Checkpoint({})
        found = {
            "schema": self.source.schema,
            "events": self.events,
            "withheld": self.withheld,
            "checkpoints": self.covered,
            "first_seq": self.first,
            "last_seq": self.due - 1,
            "first_checkpoint": last.number - self.covered + 1,
            "last_checkpoint": last.number,
            "head": last.chain.hex(),
        }
        faults = [not exact, *(manifest.get(key) != value for key, value in found.items())]
        for name in sorted(FILES - {"manifest.json"}):
            for _row in () if name in self.source.sums else self.source.rows(name):
                pass  # read for its SHA-256
            faults.append(manifest["files"][name]["sha256"] != self.source.sums[name])
        for _fault in range(sum(faults)):
            self.tell("manifest")
        for seq in manifest.get("suspect", ()):
            self.tell("suspect", seq)


def borders(month: str) -> tuple[int, int]:
    """First moment of a month and of the next in clinic time, in microseconds since 1970 UTC."""
    if not re.fullmatch("20[0-9]{2}-(0[1-9]|1[0-2])", month):
        raise Refused("the manifest names no month")
    year, one = int(month[:4]), int(month[5:])
    ends = (year + one // 12, one % 12 + 1)
    starts = [timegm((*at, 1, 0, 0, 0, 0, 0, 0)) - OFFSET for at in ((year, one), ends)]
    return starts[0] * 1_000_000, starts[1] * 1_000_000


def verify(asked: argparse.Namespace, until: ExitStack) -> tuple[Check, Row, list[str]]:
    """Check what was asked for. Out: the check, the manifest, and notes to tell.

    Raises: Refused, OSError and others where something cannot be read.
    """
    source, notes = Source(asked.export, until), []
    previous = Source(asked.previous, until) if asked.previous else None
    manifest, exact = source.only("manifest.json")
    source.schema = number(manifest, "schema") if number(manifest, "schema") in OLDER else SCHEMA
    begins, ends = borders(str(manifest.get("month")))
    keys = {bytes.fromhex(key) for key in asked.signer} | (previous.keys() if previous else set())
    notes.append("outer" if keys else "inner")
    notes.append("untied" if source.schema in OLDER else "tied")
    check = Check(source, keys or source.keys(), begins, withheld=asked.withheld)
    check.keeps = len(asked.sink)
    check.run()
    if not check.first or check.before is None:
        raise Refused("no checkpoint of the month")
    is_open = check.before.sealed_at < ends + MARGIN
    if is_open and (asked.open or time.time() * 1_000_000 < ends + MARGIN):
        notes.append("open")
    elif is_open:
        check.tell("end", check.due)
    with source.open("anchors.jsonl") as file:
        check.compare_anchors(lines(file), outside=False, is_open=is_open)
    for path in asked.anchors:
        with Path(path).open("rb") as file:
            check.compare_anchors(lines(file), outside=True, is_open=is_open)
    check.compare_sinks(asked.sink)
    notes += ["told"] if asked.sink else []
    if previous:
        check.compare_previous(previous)
    check.compare_manifest(manifest, exact=exact)
    for typed, found in (
        (asked.digest, source.sums["manifest.json"]),
        (asked.head, check.before.chain.hex()),
    ):
        if typed and re.sub("[^0-9a-f]", "", typed.lower()) != found:
            check.tell("paper")
    return check, manifest, notes


def tell_all(check: Check, manifest: Row, notes: list[str], *, zh: bool) -> None:
    """The verdict in words, the worst first."""

    def say(code: str, *values: object) -> None:
        print(WORDS[code][zh].format(*values))  # noqa: T201 - it is a command

    last = check.due - 1
    numbers = (check.events, check.first, last, check.covered, check.withheld)
    say("self", hashlib.sha256(Path(__file__).read_bytes()).hexdigest())
    say("counted", manifest["month"], *numbers)
    for note in notes:
        say(note, check.told)
    if check.anchored:
        say("to", check.anchored)
    if check.anchored < last:
        say("tail", max(check.anchored + 1, check.first), last)
    if not check.found:
        say("whole")
        return
    say("bad", check.found)
    say("first", "-" if check.findings[0][0] == NEVER else check.findings[0][0])
    proven = min(check.unproven, check.due) - 1
    say("proven", proven if proven >= check.first else "-")
    if check.gaps:
        say("gaps", ", ".join(check.gaps))
    for seq, code, checkpoint in check.findings:
        meaning = f"{WORDS[code][zh]} ({code})"
        say("place", seq if seq < NEVER else "-", checkpoint or "-", meaning)


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, print the verdict. Out: the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    option = parser.add_argument
    option("export", help="folder or zip of one month")
    option("--anchors", action="append", default=[], help="heads kept outside; may be repeated")
    option("--sink", action="append", default=[], help="a day of the second record; repeat it")
    option("--previous", default="", help="the export of the month before, as you keep it")
    option("--signer", action="append", default=[], help="the sealer's public key, told by hand")
    option("--digest", default="", help="SHA-256 of the manifest, typed from the signed sheet")
    option("--head", default="", help="the head, typed from the signed sheet")
    option("--open", action="store_true", help="the export was made before the month was over")
    option("--withheld", action="store_true", help="contents may be withheld")
    option("--lang", choices=["en", "zh"], default="en")
    asked = parser.parse_args(arguments)

    zh = asked.lang == "zh"
    try:
        with ExitStack() as until:
            check, manifest, notes = verify(asked, until)
        tell_all(check, manifest, notes, zh=zh)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with what others made
        reason = error if isinstance(error, Refused) else repr(error)[:200]
        print(WORDS["cannot"][zh].format(reason))  # noqa: T201 - it is a command
        return 2
    return 1 if check.found else 0


if __name__ == "__main__":
    sys.exit(main())
