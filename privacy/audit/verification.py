"""Proof that the trail is whole: every link is recomputed, nothing stored is believed.

The trail is read in pages and may grow meanwhile: what is sealed after the start is left for the
next time. Memory does not grow with the trail.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hmac import compare_digest
from itertools import islice

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from django.db.models import Max, Min
from django.utils import timezone

from privacy.audit import rules
from privacy.audit.anchors import Anchor, anchors
from privacy.audit.comparing import compare
from privacy.audit.findings import Finding, Report
from privacy.audit.models import (
    READER,
    XID,
    AuditCheckpoint,
    AuditEvent,
    AuditSeal,
    SealerKey,
    acting_as,
    mac_key,
    sealer_public_key,
)
from privacy.audit.retired import Retired
from privacy.audit.row_changes import broken_seals
from privacy.audit.sealing import chain_of
from privacy.audit.summing import Sum, runs, sums
from privacy.audit.unhurried import unhurried

CHUNK = 5_000
CLOCK_SLACK = timedelta(minutes=10)  # an event is sealed seconds after its transaction ends


def verify(since: datetime | None = None) -> Report:
    """Check signatures, chain, numbers, leaves, contents, stray events, anchors, second sink.

    In: ``since`` (aware): only what was sealed from then on, as if all before it held, and of the
    older notes of rows a seventh; None: everything.
    Out: a report; ``whole`` only if nothing at all is amiss. Needs the audit root, for the
    MACs of events and of who may seal.
    Source: ADR 0005; R42, R54.
    """
    report, began = Report(), timezone.now()
    lines = _lines_due(since)
    with unhurried(), acting_as(READER):
        # Seals first, then checkpoints: both are committed together, so every seal counted here
        # has its checkpoint in what is read afterwards, however fast the sealer runs.
        last_seal = AuditSeal.objects.aggregate(last=Max("seq"))["last"] or 0
        last = AuditCheckpoint.objects.order_by("number").last()
        retired = Retired.load()
        walk = _Walk(report, last, retired)
        first = _first_sealed(since, last)
        walk.begin_at(first)
        start = walk.before.xid_to if walk.before else 0
        walk.run(last_seal, after=first - 1)
        _check_anchors(report, last, lines)
        _check_unsealed(report, start, last.xid_to if last else 0)
        for _number, event_id in broken_seals(retired, since=since):
            report.add(Finding("rows", 0, event_id))
        _compare_second_sink(report, began, retired, since)
        report.archived = sum(retired.missing.values())
        for _month in retired.forged if since else retired.wrong():
            report.add(Finding("archive", 0))
        _name_events(report)
    return report


def _first_sealed(since: datetime | None, last: AuditCheckpoint | None) -> int:
    """Number of the first checkpoint to look at; the one that is yet to come if all are older."""
    if since is None or last is None:
        return 1
    found = AuditCheckpoint.objects.filter(sealed_at__gte=since).aggregate(first=Min("number"))
    return int(found["first"] or last.number + 1)


def _lines_due(since: datetime | None) -> Iterable[Anchor]:
    """Lines of the anchor file to compare. For a part they are read before the transaction, which
    may not stand idle while millions of older ones go by."""
    if since is None:
        return anchors()
    with acting_as(READER):
        first = _first_sealed(since, AuditCheckpoint.objects.order_by("number").last())
    return [one for one in anchors() if one.number >= first or not one.readable]


def verify_run(first: int, last: int) -> Report:
    """Check one run of checkpoints with all their events: signatures, chain, numbers, contents.

    In: numbers of checkpoints, both counted. What lies before and after is not looked at; that
    the run's beginning follows on the checkpoint before it, and that this one is signed, is.
    """
    report = Report()
    with acting_as(READER):
        end = AuditCheckpoint.objects.filter(number=last).first()
        walk = _Walk(report, end, Retired.load())
        walk.begin_at(first)
        if end is None:
            report.add(Finding("checkpoint", 0, checkpoint=last))
        else:
            walk.run(end.first_seq + end.count - 1, after=first - 1)
        _name_events(report)
    return report


class _Walk:
    """Goes through checkpoints and seals side by side, in the order of their numbers."""

    def __init__(self, report: Report, last: AuditCheckpoint | None, retired: Retired) -> None:
        self.report, self.retired = report, retired
        self.last_number = last.number if last else 0
        self.key = mac_key()
        self.signers = _trusted_signers(report)
        self.before: AuditCheckpoint | None = None
        self.expected = 1

    def begin_at(self, first: int) -> None:
        """Leave out what lies before a checkpoint. The one before it says where to begin, and
        when: it is proved as well, or one changed date would hide what came after it."""
        self.before = before = AuditCheckpoint.objects.filter(number=first - 1).first()
        if before is None:
            return
        self.expected = before.first_seq + before.count
        if not self._is_signed(before):
            self.report.add(Finding("checkpoint", before.first_seq, checkpoint=before.number))

    def run(self, last_seal: int, *, after: int = 0) -> None:
        for page in _checkpoints(self.last_number, after=after):
            for run in runs(page):
                self._check_sums(run, last_seal)
        if last_seal >= self.expected:
            for seal, _event, _xid in sealed_events(self.expected, last_seal + 1):
                self.report.add(Finding("orphan_seal", seal.seq, seal.event_id, seal.checkpoint))

    def _check_sums(self, run: list[AuditCheckpoint], last_seal: int) -> None:
        first, last = run[0], run[-1]
        summed = sums(first.first_seq, min(last.first_seq + last.count, last_seal + 1))
        for checkpoint in run:
            self._check_checkpoint(checkpoint)
            end = checkpoint.first_seq + checkpoint.count
            if self._holds(checkpoint, summed.get(checkpoint.number)):
                self.report.events += checkpoint.count
            else:
                self._check_run(checkpoint, self.expected, end, last_seal)
            self.before, self.expected = checkpoint, max(self.expected, end)
            self.report.checkpoints += 1
            self.report.head = bytes(checkpoint.chain)

    def _holds(self, one: AuditCheckpoint, found: Sum | None) -> bool:
        """Whether nothing at all is amiss with the events of a checkpoint. If not, which one and
        why is for ``_check_run``, event by event."""
        return (
            found is not None
            and found.sound
            and found.count == one.count
            and found.first == self.expected == one.first_seq
            and found.last == one.first_seq + one.count - 1
            and not self._is_off(found.earliest, one)
            and not self._is_off(found.latest, one)
            and _in_order([one.xid_from, *found.each_xid(), one.xid_to - 1])
            and rules.merkle_root(found.each_leaf()) == bytes(one.root)
            and all(compare_digest(rules.mac(self.key, one), mac) for one, mac in found.each_mac())
        )

    def _check_checkpoint(self, one: AuditCheckpoint) -> None:
        before = self.before
        sound = (
            one.number == (before.number + 1 if before else 1)
            and one.first_seq == self.expected
            and one.xid_from == (before.xid_to if before else 0)
            and bytes(one.previous) == (bytes(before.chain) if before else rules.EMPTY_CHAIN)
            and self._is_signed(one)
        )
        if not sound:
            self.report.add(Finding("checkpoint", self.expected, checkpoint=one.number))

    def _is_signed(self, one: AuditCheckpoint) -> bool:
        """Whether its columns give its chain value, and a sealer's key signed that."""
        return bytes(one.chain) == chain_of(one) and any(signed(key, one) for key in self.signers)

    def _check_run(self, checkpoint: AuditCheckpoint, start: int, end: int, last_seal: int) -> None:
        leaves: list[bytes] = []
        seq, before = start, self.report.found
        newest, turned = 0, 0  # transaction of the event before; where one comes after a later one
        for seal, event, xid in sealed_events(start, min(end, last_seal + 1)):
            if seal.seq != seq:
                self.report.add(Finding("gap", seq, checkpoint=checkpoint.number))
            seq = seal.seq + 1
            leaves.append(bytes(seal.leaf))
            self._check_event(checkpoint, seal, event, xid)
            turned = turned or (seal.seq if 0 < xid < newest else 0)
            newest = xid or newest
            self.report.events += 1
        if seq < end:
            self.report.add(Finding("gap", seq, checkpoint=checkpoint.number))
        # These say only that something is amiss: told where nothing nearer has been found.
        if self.report.found > before:
            return
        if rules.merkle_root(leaves) != bytes(checkpoint.root):
            seq = _first_out_of_order(checkpoint) or start
            self.report.add(Finding("root", seq, checkpoint=checkpoint.number))
        elif turned:
            self.report.add(Finding("transaction", turned, checkpoint=checkpoint.number))

    def _check_event(
        self, checkpoint: AuditCheckpoint, seal: AuditSeal, event: AuditEvent | None, xid: int
    ) -> None:
        code = ""
        if event is None:
            code = "" if self.retired.excuses(seal.event_at) else "missing"
        elif rules.leaf(event.id.bytes, bytes(event.digest), bytes(event.mac)) != bytes(seal.leaf):
            code = "leaf"
        elif not genuine(event, self.key):
            code = "edited"
        elif not checkpoint.xid_from <= xid < checkpoint.xid_to:
            code = "transaction"  # no hash covers the number, but the sealer signed the bounds
        if code:
            self.report.add(Finding(code, seal.seq, seal.event_id, seal.checkpoint))
        if seal.checkpoint != checkpoint.number:
            self.report.add(Finding("renumbered", seal.seq, seal.event_id, checkpoint.number))
        if event is not None:
            self.report.clock_jumps += self._is_off(event.at, checkpoint)

    def _is_off(self, at: datetime, checkpoint: AuditCheckpoint) -> bool:
        """Whether a clock ran ahead or behind when this was written."""
        late = at > checkpoint.sealed_at + CLOCK_SLACK
        return late or (self.before is not None and at < self.before.sealed_at - CLOCK_SLACK)


def _in_order(xids: list[int]) -> bool:
    return xids == sorted(xids)


def _first_out_of_order(checkpoint: AuditCheckpoint) -> int:
    """The first number of a checkpoint that does not follow the order of writing; 0 if none."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT COALESCE(min(seq), 0) FROM (
              SELECT seal.seq, %s + row_number() OVER (ORDER BY event.xid, event.id) - 1 AS due
              FROM privacy_auditseal AS seal
              JOIN privacy_auditevent AS event
                ON event.id = seal.event_id AND event.at = seal.event_at
              WHERE seal.checkpoint = %s
            ) AS numbered WHERE seq <> due
            """,
            [checkpoint.first_seq, checkpoint.number],
        )
        return int(cursor.fetchone()[0])


def _trusted_signers(report: Report) -> list[Ed25519PublicKey]:
    """Sealers' keys that the audit root vouches for; one slipped in by SQL is a finding."""
    rows = list(SealerKey.objects.order_by("created_at"))
    vouched = {bytes(row.public) for row in rows if row.is_vouched}
    for _stranger in {bytes(row.public) for row in rows} - vouched:
        report.add(Finding("signer", 0))
    return [sealer_public_key(public) for public in vouched]


def signed(key: Ed25519PublicKey, checkpoint: AuditCheckpoint) -> bool:
    try:
        key.verify(bytes(checkpoint.signature), bytes(checkpoint.chain))
    except InvalidSignature:
        return False
    return True


def genuine(event: AuditEvent, key: bytes) -> bool:
    """Whether an event's columns still give its digest, and the digest its MAC."""
    try:
        found = rules.digest(event.facts())
    except TypeError:  # a value that no event is written with, such as a fraction
        return False
    return found == bytes(event.digest) and rules.mac(key, found) == bytes(event.mac)


def _checkpoints(last_number: int, *, after: int = 0) -> Iterator[list[AuditCheckpoint]]:
    while True:
        page = list(
            AuditCheckpoint.objects.filter(number__gt=after, number__lte=last_number).order_by(
                "number"
            )[:CHUNK]
        )
        if not page:
            return
        yield page
        after = page[-1].number


def sealed_events(start: int, end: int) -> Iterator[tuple[AuditSeal, AuditEvent | None, int]]:
    """Seals of ``start <= seq < end`` with their events, and which transaction wrote these.

    An event counts at its own moment only.
    """
    for first in range(start, end, CHUNK):
        last = min(first + CHUNK, end)
        seals = list(AuditSeal.objects.filter(seq__gte=first, seq__lt=last).order_by("seq"))
        moments = [seal.event_at for seal in seals]
        # Not by primary key alone: the moment lets the planner open one partition only.
        events = AuditEvent.objects.filter(
            id__in=[seal.event_id for seal in seals], at__in=set(moments)
        ).annotate(xid=XID)
        found = {(event.id, event.at): (event, event.xid) for event in events}
        for seal in seals:
            event, xid = found.get((seal.event_id, seal.event_at), (None, 0))
            yield seal, event, xid


def _check_anchors(report: Report, last: AuditCheckpoint | None, lines: Iterable[Anchor]) -> None:
    """What the file outside says must stand in the database: it exposes a cut or rewritten tail."""
    due = iter(lines)
    while page := list(islice(due, CHUNK)):
        _check_anchor_page(report, page, last)


def _check_anchor_page(report: Report, page: list[Anchor], last: AuditCheckpoint | None) -> None:
    numbers = [anchor.number for anchor in page]
    held = {one.number: one for one in AuditCheckpoint.objects.filter(number__in=numbers)}
    tail = last.first_seq + last.count if last else 1
    for anchor in page:
        report.anchored += 1
        one = held.get(anchor.number)
        if not anchor.readable:
            report.add(Finding("anchor_line", 0))
        elif one is None:
            report.add(Finding("anchor", tail, checkpoint=anchor.number))
        elif bytes(one.chain).hex() != anchor.chain:
            report.add(Finding("anchor", one.first_seq, checkpoint=anchor.number))


def _check_unsealed(report: Report, start: int, sealed_to: int) -> None:
    """Events without a seal: new ones wait for the sealer, old ones were slipped in.

    A copy of a sealed event at another moment has no seal of its own either.
    """
    key = mac_key()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT event.id, event.at, event.xid < %s::text::xid8
            FROM privacy_auditevent AS event
            LEFT JOIN privacy_auditseal AS seal
              ON seal.event_id = event.id AND seal.event_at = event.at
            WHERE seal.seq IS NULL AND event.xid >= %s::text::xid8
            ORDER BY event.xid, event.id
            """,
            [str(sealed_to), str(start)],
        )
        late = {(event_id, at): too_late for event_id, at, too_late in cursor.fetchall()}
    waiting = list(late)
    for first in range(0, len(waiting), CHUNK):
        ids, moments = zip(*waiting[first : first + CHUNK], strict=True)
        for event in AuditEvent.objects.filter(id__in=ids, at__in=moments):
            if late.get((event.id, event.at)):
                report.add(Finding("inserted", 0, event.id))
            elif not genuine(event, key):
                report.add(Finding("forged", 0, event.id))
            else:
                report.unsealed += 1


def _compare_second_sink(
    report: Report, began: datetime, retired: Retired, since: datetime | None
) -> None:
    seen = compare(began, retired.known_among, since)
    report.told = seen.told
    sealed = AuditSeal.objects.filter(event_id__in=[one.event_id for one in seen.found])
    seals = {seal.event_id: seal for seal in sealed}
    for one in seen.found:
        seal = seals.get(one.event_id) if one.event_id else None
        seq, checkpoint = (seal.seq, seal.checkpoint) if seal else (0, 0)
        report.add(Finding(one.code, seq, one.event_id, checkpoint))


def _name_events(report: Report) -> None:
    """Give findings that know only a number the id of that event, where a seal still tells it."""
    numbers = [one.seq for one in report.findings if one.event_id is None and one.seq]
    ids = dict(AuditSeal.objects.filter(seq__in=numbers).values_list("seq", "event_id"))
    report.findings = [
        Finding(one.code, one.seq, one.event_id or ids.get(one.seq), one.checkpoint)
        for one in report.findings
    ]
