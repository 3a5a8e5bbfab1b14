"""A month of the sealed trail as files that an outside auditor checks alone (ADR 0009).

A month here is a run of whole checkpoints: from the first one sealed in the month to the first
one sealed a minute or more after its end, so that neighbours overlap and nothing lies between.
What is exported is the canonical form of the events: codes, ids, field names; nothing is opened.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy.audit import rules
from privacy.audit.anchors import anchors
from privacy.audit.models import (
    READER,
    AuditCheckpoint,
    AuditEvent,
    AuditSeal,
    RetiredMonth,
    SealerKey,
    acting_as,
    mac_key,
    microseconds,
    sealer_public_key,
    signer_key,
)
from privacy.audit.verification import genuine, sealed_events, signed
from privacy.errors import DomainError

SCHEMA = 2  # 1 had no transaction numbers; the verifier reads both
CHUNK = 2_000
MOST_SUSPECTS = 50
MARGIN = timedelta(minutes=1)  # the last event of a month is sealed seconds after it
VERIFIER = Path(__file__).with_name("offline_verifier.py")

Pieces = Iterator[bytes]
Shown = Callable[[list[AuditEvent]], set[UUID]]


class NothingSealed(DomainError):
    """The month has no sealed event."""


def verifier_sha256() -> str:
    """SHA-256 of the verifier that goes with every export, in hexadecimal."""
    return sha256(VERIFIER.read_bytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class Span:
    """The checkpoints of a month. ``complete``: the month is over, and its end is sealed."""

    month: str
    before: AuditCheckpoint | None
    first: AuditCheckpoint
    last: AuditCheckpoint
    complete: bool

    @property
    def name(self) -> str:
        """What its folder or file is called."""
        return f"audit-{self.month}"

    @property
    def end_seq(self) -> int:
        """The number after the last one."""
        return self.last.first_seq + self.last.count

    @property
    def events(self) -> int:
        return self.end_seq - self.first.first_seq


def span_of(month: str) -> Span:
    """The checkpoints that hold a month (``2026-11``, clinic time).

    Raises: ValueError for what is no month; NothingSealed where no event of it is sealed.
    """
    begins, ends = rules.month_borders(month, timezone.get_default_timezone())
    with acting_as(READER):
        heads = AuditCheckpoint.objects.order_by("number")
        first = heads.filter(sealed_at__gte=begins).first()
        newest = heads.last()
        if first is None or newest is None:
            raise NothingSealed(_("No event of this month is sealed."))
        _refuse_archived(begins, ends)
        closing = heads.filter(number__gte=first.number, sealed_at__gte=ends + MARGIN).first()
        last = closing or newest
        end = last.first_seq + last.count
        own = AuditSeal.objects.filter(seq__gte=first.first_seq, seq__lt=end)
        if not own.filter(event_at__gte=begins, event_at__lt=ends).exists():
            raise NothingSealed(_("No event of this month is sealed."))
        before = heads.filter(number=first.number - 1).first()
    return Span(month, before, first, last, complete=closing is not None)


def _refuse_archived(begins: datetime, ends: datetime) -> None:
    """Months that were retired, and the hours that a clinic month shares with one (ADR 0025)."""
    for gone in RetiredMonth.objects.filter(begins__lt=ends, ends__gt=begins):
        shared = AuditEvent.objects.filter(
            at__gte=max(begins, gone.begins), at__lt=min(ends, gone.ends)
        )
        if not shared.exists():
            raise NothingSealed(_("Events of this month lie in an archive: open that."))


def months() -> list[str]:
    """The months in which something was sealed, newest first."""
    with acting_as(READER):
        heads = AuditCheckpoint.objects.order_by("number")
        first, last = heads.first(), heads.last()
    if first is None or last is None:
        return []
    oldest, newest = (timezone.localtime(one.sealed_at) for one in (first, last))
    span = range(oldest.year * 12 + oldest.month - 1, newest.year * 12 + newest.month)
    return [f"{one // 12}-{one % 12 + 1:02d}" for one in reversed(span)]


def _line(row: dict[str, Any]) -> bytes:
    """A line in canonical form; what has none is written all the same, for the verifier to see."""
    try:
        return rules.canonical(row) + b"\n"
    except TypeError:
        return json.dumps(row, ensure_ascii=False, sort_keys=True).encode() + b"\n"


@dataclass
class Bundle:
    """The files of one export, in the order they have to be written: the manifest comes last.

    In: ``shown`` says which events of a page may show their contents (None: all); of the others
    only id, digest and MAC leave, which is what their leaf is made of. ``advance`` hears how many
    events were written. After the last file ``manifest`` holds its SHA-256.
    """

    span: Span
    shown: Shown | None = None
    advance: Callable[[int], object] = lambda _count: None
    manifest: str = ""
    events: int = 0
    withheld: int = 0
    suspects: list[int] = field(default_factory=list)
    _files: dict[str, dict[str, Any]] = field(default_factory=dict)
    _used: set[bytes] = field(default_factory=set)

    def files(self) -> Iterator[tuple[str, Pieces]]:
        """Name and contents of each file; read one to its end before asking for the next."""
        made: tuple[tuple[str, Callable[[], Iterable[bytes]]], ...] = (
            ("events.jsonl", self._events),
            ("seals.jsonl", self._seals),
            ("checkpoints.jsonl", self._checkpoints),
            ("anchors.jsonl", self._anchors),
            ("signers.json", self._signers),
            (VERIFIER.name, lambda: [VERIFIER.read_bytes()]),
        )
        for name, make in made:
            yield name, self._measured(name, make())
        manifest = self._manifest()
        self.manifest = sha256(manifest).hexdigest()
        yield "manifest.json", iter([manifest])

    def _measured(self, name: str, pieces: Iterable[bytes]) -> Pieces:
        seen, size = sha256(), 0
        for piece in pieces:
            seen.update(piece)
            size += len(piece)
            yield piece
        self._files[name] = {"sha256": seen.hexdigest(), "bytes": size}

    def _ranges(self) -> Iterator[tuple[int, int]]:
        with acting_as(READER):  # a forged count must not make this go on for ever
            last = AuditSeal.objects.aggregate(last=Max("seq"))["last"]
        end = min(self.span.end_seq, last + 1)
        for start in range(self.span.first.first_seq, end, CHUNK):
            yield start, min(start + CHUNK, end)

    def _pages(self) -> Iterator[list[tuple[AuditSeal, AuditEvent | None, int]]]:
        for start, end in self._ranges():
            with acting_as(READER):
                page = list(sealed_events(start, end))
            yield page

    def _events(self) -> Pieces:
        key = mac_key()
        for page in self._pages():
            held = [(seal.seq, event, xid) for seal, event, xid in page if event is not None]
            shown = self.shown([event for _seq, event, _xid in held]) if self.shown else None
            yield b"".join(
                self._event(seq, event, xid, hide=shown is not None and event.id not in shown)
                for seq, event, xid in held
            )
            self.suspects += [seq for seq, event, _xid in held if not genuine(event, key)]
            self.events += len(held)
            self.advance(len(page))

    def _event(self, seq: int, event: AuditEvent, xid: int, *, hide: bool) -> bytes:
        row: dict[str, Any] = {
            "seq": seq,
            "digest": bytes(event.digest).hex(),
            "mac": bytes(event.mac).hex(),
        }
        self.withheld += hide
        if hide:
            return _line({**row, "id": event.id.hex})
        # Which notes of rows are this event's: they stay when the month leaves (ADR 0010).
        return _line({**row, "event": event.facts(), "xid": xid})

    def _seals(self) -> Pieces:
        for start, end in self._ranges():
            with acting_as(READER):
                page = list(AuditSeal.objects.filter(seq__gte=start, seq__lt=end).order_by("seq"))
            yield b"".join(
                _line(
                    {
                        "seq": seal.seq,
                        "checkpoint": seal.checkpoint,
                        "event": seal.event_id.hex,
                        "leaf": bytes(seal.leaf).hex(),
                    }
                )
                for seal in page
            )

    def _checkpoints(self) -> Pieces:
        after = self.span.first.number - (2 if self.span.before else 1)
        keys = self._vouched()
        while True:
            with acting_as(READER):
                heads = AuditCheckpoint.objects.filter(
                    number__gt=after, number__lte=self.span.last.number
                )
                page = list(heads.order_by("number")[:CHUNK])
            if not page:
                return
            for one in page:
                self._used.update(raw for raw, key in keys.items() if signed(key, one))
            yield b"".join(_line(_head(one)) for one in page)
            after = page[-1].number

    def _vouched(self) -> dict[bytes, Any]:
        """Sealers' keys that the audit root vouches for: none that came in by SQL leaves."""
        with acting_as(READER):
            rows = list(SealerKey.objects.order_by("created_at"))
        return {
            bytes(row.public): sealer_public_key(bytes(row.public))
            for row in rows
            if row.is_vouched
        }

    def _anchors(self) -> Pieces:
        lowest = self.span.first.number - 1
        for one in anchors():
            if lowest <= one.number <= self.span.last.number and one.readable:
                yield _line({"number": one.number, "last_seq": one.last_seq, "chain": one.chain})

    def _signers(self) -> Iterable[bytes]:
        # Only those that signed something here: a key made later must not change the manifest.
        key = signer_key()
        return [
            _line(
                {
                    "signers": [
                        {"public": raw.hex(), "mac": rules.signer_mac(key, raw).hex()}
                        for raw in sorted(self._used)
                    ]
                }
            )
        ]

    def _manifest(self) -> bytes:
        span = self.span
        return _line(
            {
                "schema": SCHEMA,
                "month": span.month,
                "complete": int(span.complete),
                "events": self.events,
                "withheld": self.withheld,
                "checkpoints": span.last.number - span.first.number + 1,
                "first_checkpoint": span.first.number,
                "last_checkpoint": span.last.number,
                "first_seq": span.first.first_seq,
                "last_seq": span.end_seq - 1,
                "head": bytes(span.last.chain).hex(),
                "suspect": self.suspects[:MOST_SUSPECTS],
                "files": self._files,
            }
        )


def _head(one: AuditCheckpoint) -> dict[str, Any]:
    return {
        "number": one.number,
        "sealed_at": microseconds(one.sealed_at),
        "xid_from": one.xid_from,
        "xid_to": one.xid_to,
        "first_seq": one.first_seq,
        "count": one.count,
        "root": bytes(one.root).hex(),
        "previous": bytes(one.previous).hex(),
        "chain": bytes(one.chain).hex(),
        "signature": bytes(one.signature).hex(),
    }
