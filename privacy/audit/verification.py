"""Proof that the trail is whole: every link is recomputed, nothing stored is believed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from django.conf import settings
from django.db import connection

from privacy.audit import rules
from privacy.audit.models import (
    READER,
    AuditCheckpoint,
    AuditEvent,
    AuditSeal,
    SealerKey,
    acting_as,
    mac_key,
    sealer_public_key,
)
from privacy.audit.sealing import chain_of

CHUNK = 5_000
MOST_FINDINGS = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold. ``seq``: number of the event, 0 where none was given."""

    code: str
    seq: int
    event_id: UUID | None = None
    checkpoint: int = 0


@dataclass(slots=True)
class Report:
    """What a verification saw."""

    events: int = 0
    checkpoints: int = 0
    unsealed: int = 0
    anchored: int = 0
    head: bytes = rules.EMPTY_CHAIN
    findings: list[Finding] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.findings

    @property
    def first_bad(self) -> Finding | None:
        """The finding with the lowest event number; unnumbered ones come last."""
        return min(self.findings, key=lambda one: (one.seq == 0, one.seq), default=None)

    def add(self, finding: Finding) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)


def verify() -> Report:
    """Check signatures, chain, numbers, leaves, contents, stray events and outside anchors.

    Out: a report; ``whole`` only if nothing at all is amiss. Needs the audit root for the MACs.
    Source: security.md 5.6-5.10; R42, R54.
    """
    report = Report()
    with acting_as(READER):
        checkpoints = list(AuditCheckpoint.objects.order_by("number"))
        _check_chain(report, checkpoints)
        _check_anchors(report, checkpoints)
        _check_seals(report, checkpoints)
        _check_unsealed(report, checkpoints)
    return report


def _check_chain(report: Report, checkpoints: list[AuditCheckpoint]) -> None:
    keys = [sealer_public_key(bytes(row.public)) for row in SealerKey.objects.all()]
    previous, number, seq, xid = rules.EMPTY_CHAIN, 1, 1, 0
    for one in checkpoints:
        sound = (
            one.number == number
            and one.first_seq == seq
            and one.xid_from == xid
            and bytes(one.previous) == previous
            and bytes(one.chain) == chain_of(one)
            and any(_signed(key, one) for key in keys)
        )
        if not sound:
            report.add(Finding("checkpoint", seq, checkpoint=one.number))
        previous, xid = bytes(one.chain), one.xid_to
        number, seq = one.number + 1, one.first_seq + one.count
        report.checkpoints += 1
    report.head = previous


def _signed(key: object, checkpoint: AuditCheckpoint) -> bool:
    try:
        key.verify(bytes(checkpoint.signature), bytes(checkpoint.chain))  # type: ignore[attr-defined]  # Ed25519PublicKey
    except InvalidSignature:
        return False
    return True


def anchors() -> Iterator[tuple[int, str]]:
    """(checkpoint number, chain in hexadecimal) from the file kept outside the database."""
    path = Path(settings.AUDIT_ANCHOR_FILE or "/nonexistent")
    if path.is_file():
        for line in path.read_text().splitlines():
            row = json.loads(line)
            yield int(row["number"]), str(row["chain"])


def _check_anchors(report: Report, checkpoints: list[AuditCheckpoint]) -> None:
    chains = {one.number: (bytes(one.chain).hex(), one.first_seq) for one in checkpoints}
    tail = checkpoints[-1].first_seq + checkpoints[-1].count if checkpoints else 1
    for number, chain in anchors():
        report.anchored += 1
        found, seq = chains.get(number, ("", tail))
        if found != chain:
            report.add(Finding("anchor", seq, checkpoint=number))


def _check_seals(report: Report, checkpoints: list[AuditCheckpoint]) -> None:
    key, expected = mac_key(), 1
    by_number = {one.number: one for one in checkpoints}
    leaves: list[bytes] = []
    current = 0
    for seal, event in _sealed_events():
        if seal.checkpoint != current:
            _check_root(report, by_number.get(current), leaves)
            current, leaves = seal.checkpoint, []
        if seal.seq != expected:
            report.add(Finding("gap", expected, checkpoint=seal.checkpoint))
        expected = seal.seq + 1
        leaves.append(bytes(seal.leaf))
        _check_event(report, seal, event, key)
        report.events += 1
    _check_root(report, by_number.get(current), leaves)
    sealed = sum(one.count for one in checkpoints)
    if expected - 1 < sealed:
        report.add(Finding("gap", expected))


def _check_root(report: Report, checkpoint: AuditCheckpoint | None, leaves: list[bytes]) -> None:
    if not leaves:
        return
    if checkpoint is None:
        report.add(Finding("orphan_seal", 0))
    elif rules.merkle_root(leaves) != bytes(checkpoint.root) or len(leaves) != checkpoint.count:
        report.add(Finding("root", checkpoint.first_seq, checkpoint=checkpoint.number))


def _check_event(report: Report, seal: AuditSeal, event: AuditEvent | None, key: bytes) -> None:
    code = ""
    if event is None:
        code = "missing"
    elif rules.leaf(event.id.bytes, bytes(event.digest), bytes(event.mac)) != bytes(seal.leaf):
        code = "leaf"
    elif not genuine(event, key):
        code = "edited"
    if code:
        report.add(Finding(code, seal.seq, seal.event_id, seal.checkpoint))


def genuine(event: AuditEvent, key: bytes) -> bool:
    """Whether an event's columns still give its digest, and the digest its MAC."""
    found = rules.digest(event.facts())
    return found == bytes(event.digest) and rules.mac(key, found) == bytes(event.mac)


def _sealed_events() -> Iterator[tuple[AuditSeal, AuditEvent | None]]:
    after = 0
    while True:
        seals = list(AuditSeal.objects.filter(seq__gt=after).order_by("seq")[:CHUNK])
        if not seals:
            return
        # Not by primary key alone: the moment lets the planner open one partition only.
        events = AuditEvent.objects.filter(
            id__in=[seal.event_id for seal in seals],
            at__gte=min(seal.event_at for seal in seals),
            at__lte=max(seal.event_at for seal in seals),
        ).in_bulk()
        for seal in seals:
            yield seal, events.get(seal.event_id)
        after = seals[-1].seq


def _check_unsealed(report: Report, checkpoints: list[AuditCheckpoint]) -> None:
    """Events without a seal: new ones wait for the sealer, old ones were slipped in."""
    key, sealed_to = mac_key(), checkpoints[-1].xid_to if checkpoints else 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT event.id, event.xid < %s::text::xid8
            FROM privacy_auditevent AS event
            LEFT JOIN privacy_auditseal AS seal ON seal.event_id = event.id
            WHERE seal.seq IS NULL
            """,
            [str(sealed_to)],
        )
        late = dict(cursor.fetchall())
    for event in AuditEvent.objects.filter(id__in=late).iterator(chunk_size=CHUNK):
        if late[event.id]:
            report.add(Finding("inserted", 0, event.id))
        elif not genuine(event, key):
            report.add(Finding("forged", 0, event.id))
        else:
            report.unsealed += 1
