"""Does the trail agree with its second record? Row by line, line by row (ADR 0024)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from privacy.audit import second_sink
from privacy.audit.models import XID, AuditEvent, microseconds, sink_key
from privacy.audit.sink_lines import BEGIN, Line, Place, chained, read_line, read_lines

CHUNK: Final = 5_000
MARGIN: Final = timedelta(days=1)  # an event is told seconds after its moment; a clock may be off
TAIL_BYTES: Final = 1 << 16
# The counter is asked by an id of our own: a snapshot ends at the last id that is over, so that the
# newest of those under way would look like one of another server.
_FATE = """
    SELECT CASE WHEN xid < pg_current_xact_id() THEN pg_xact_status(xid) END
    FROM (SELECT %s::text::xid8 AS xid) AS asked
"""
Archived = Callable[[list[UUID]], set[UUID]]
Proof = tuple[bytes, int]  # digest and MAC together, and the transaction
UNDONE: Final = frozenset({"aborted", "in progress"})


@dataclass(frozen=True, slots=True)
class Disagreement:
    """``code``: ``sink_gone`` a told event is not in the trail, ``sink_edited`` it is another one,
    ``transaction`` it was written by another one, ``sink_unseen`` it was never told, ``sink_gap``
    or ``sink_chain`` lines were removed or made up.
    """

    code: str
    event_id: UUID | None = None


@dataclass(slots=True)
class Comparison:
    """What a comparison saw. ``torn``: lines that a full disk or a power cut broke off."""

    told: int = 0
    torn: int = 0
    unfinished: int = 0  # told, not committed: rolled back at the last moment
    found: list[Disagreement] = field(default_factory=list)


def compare(
    until: datetime, archived: Archived = lambda _ids: set(), since: datetime | None = None
) -> Comparison:
    """Compare all that the folder holds with the trail's rows written before ``until``.

    In: ``since``: only the files of its day (UTC) and later; what a stream said before is believed.
    Call it acting as the reader; ``archived`` says which events lie in an archive.
    Days of which the folder has no file before its first are not compared: a clinic may delete
    old files, the sealed rows have their seals.
    Appends to the sink what it learned of transactions that did not commit.
    """
    walk = _Walk(until, archived, since.astimezone(UTC).date() if since else None)
    return walk.run(second_sink.files())


class _Walk:
    def __init__(self, until: datetime, archived: Archived, since: date | None) -> None:
        self.until, self.archived, self.seen = until, archived, Comparison()
        self.since = since
        self.key = sink_key()
        self.heads: dict[str, tuple[int, bytes]] = {}
        self.void: set[Place] = set()
        self.missing: list[tuple[Line, UUID]] = []
        self.began = 0

    def run(self, files: list[Path]) -> Comparison:
        before: set[UUID] = set()
        untold: set[UUID] = set()  # rows of the day before that no line tells so far
        for path, day in _days(files, self.until):
            if self.since and day < self.since:
                self.began = microseconds(_midnight(self.since))  # it was there before
                continue
            # Rows first: each that can be seen by now has its line on the disk.
            rows = self._rows_of(day)
            told = self._read(path) if path else set()
            self._unseen(untold - told)
            untold, before = rows - told - before, told
        self._unseen(untold)
        self._settle()
        return self.seen

    def _rows_of(self, day: date) -> set[UUID]:
        start = max(_midnight(day), _moment(self.began)) if self.began else None
        rows = AuditEvent.objects.filter(at__gte=start or _midnight(day), at__lt=self.until)
        found = rows.filter(at__lt=_midnight(day + MARGIN)).order_by()
        return set(found.values_list("id", flat=True))

    def _read(self, path: Path) -> set[UUID]:
        # A stream that said nothing on the first days goes on where nobody here has read it.
        first, ids = bool(self.since) or not self.began, set()
        for page in _pages(self._whole(read_lines(path), first=first)):
            if not self.began:
                self.began = page[0].at
            ids |= self._check(path, page)
        return ids

    def _whole(self, lines: Iterable[Line | None], *, first: bool) -> Iterator[Line]:
        """Lines that follow the one before in their stream; what does not is told."""
        for line in lines:
            if line is None:
                self.seen.torn += 1
                continue
            number, before = self.heads.get(line.stream, (0, BEGIN))
            known = line.stream in self.heads or line.number == 1
            if line.number != number + 1 if known else not first:
                self.seen.found.append(Disagreement("sink_gap"))
            elif known and chained(self.key, before, line.body) != line.chain:
                self.seen.found.append(Disagreement("sink_chain"))
            self.heads[line.stream] = (line.number, line.chain)
            self.void.update(line.void)
            yield line

    def _check(self, path: Path, page: list[Line]) -> set[UUID]:
        told = {ident: (line, (proof, line.xid)) for line in page for ident, proof in line.events}
        day = date.fromisoformat(path.stem)
        held = _proofs(told, since=_midnight(day - MARGIN), until=_midnight(day + 2 * MARGIN))
        for ident, (line, proof) in told.items():
            if ident not in held:
                self.missing.append((line, ident))
            elif held[ident] != proof:
                self.seen.found.append(_differing(ident, held[ident], proof))
        self.seen.told += len(told)
        return set(told)

    def _unseen(self, ids: Iterable[UUID]) -> None:
        """Rows that no line of their day or the next tells; those from before the sink pass."""
        since = _moment(self.began)
        old = AuditEvent.objects.filter(id__in=list(ids), at__lt=since) if self.began else ()
        passed = {row.id for row in old}
        self.seen.found += [Disagreement("sink_unseen", one) for one in set(ids) - passed]

    def _settle(self) -> None:
        """Of what is told and was not there: whether its transaction committed at all."""
        fates: dict[int, str | None] = {}
        aborted: set[Place] = set()
        gone: dict[UUID, Proof] = {}
        for line, ident in self._wanted():
            if line.xid not in fates:
                fates[line.xid] = _fate(line.xid)
            if fates[line.xid] in UNDONE:
                self.seen.unfinished += 1
                aborted |= {line.place} if fates[line.xid] == "aborted" else set()
            else:
                gone[ident] = dict(line.events)[ident], line.xid
        self._look_again(gone)
        second_sink.take_back(sorted(aborted))

    def _wanted(self) -> Iterator[tuple[Line, UUID]]:
        """What should be there: neither taken back nor in an archive."""
        rest = iter(self.missing)
        while page := list(islice(rest, CHUNK)):
            archived = self.archived([ident for _line, ident in page])
            for line, ident in page:
                if line.place not in self.void and ident not in archived:
                    yield line, ident

    def _look_again(self, gone: dict[UUID, Proof]) -> None:
        """What was on its way at the first look, and is committed now, is there."""
        rest = iter(gone)
        while page := list(islice(rest, CHUNK)):
            held = _proofs(page)
            for one in (one for one in page if held.get(one) != gone[one]):
                self.seen.found.append(_differing(one, held.get(one), gone[one]))


def _differing(ident: UUID, held: Proof | None, told: Proof) -> Disagreement:
    if held is None:
        return Disagreement("sink_gone", ident)
    return Disagreement("transaction" if held[0] == told[0] else "sink_edited", ident)


def _proofs(
    ids: Iterable[UUID], since: datetime | None = None, until: datetime | None = None
) -> dict[UUID, Proof]:
    """Proofs of the events that are there; bounds spare the other months' partitions."""
    rows = AuditEvent.objects.filter(id__in=list(ids))
    rows = rows.filter(at__gte=since) if since else rows
    rows = rows.filter(at__lt=until) if until else rows
    found = rows.annotate(xid=XID).values_list("id", "digest", "mac", "xid")
    return {one: (bytes(digest) + bytes(mac), xid) for one, digest, mac, xid in found}


def _fate(xid: int) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(_FATE, [str(xid)])
        fate: str | None = cursor.fetchone()[0]
    return fate


def _days(files: list[Path], until: datetime) -> Iterator[tuple[Path | None, date]]:
    """Every day from the first file's on, also those whose file is gone."""
    by_day = {date.fromisoformat(path.stem): path for path in files}
    if not by_day:
        return
    day, last = min(by_day), max(*by_day, until.astimezone(UTC).date())
    while day <= last:
        yield by_day.get(day), day
        day += MARGIN


def _pages(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while page := list(islice(lines, CHUNK)):
        yield page


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(0, tz=UTC) + timedelta(microseconds=at)


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """The second record at a glance: the end of its newest file against the trail.

    ``state``: ``off``, ``syslog`` (no folder here to compare with), ``empty``, ``agrees`` or
    ``differs``. A whole comparison is what a verification does.
    """

    state: str
    told: int = 0
    last_at: datetime | None = None


def glance() -> SinkStatus:
    """Compare the last lines. Call it acting as the reader; costs two look-ups."""
    if not second_sink.is_on():
        return SinkStatus("off")
    files = second_sink.files()
    if not files:
        return SinkStatus("empty" if second_sink.keeps_files() else "syslog")
    with files[-1].open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - TAIL_BYTES))
        raw = file.read().split(b"\n")[1:]
    lines = [line for line in map(read_line, raw) if line]
    void = {place for line in lines for place in line.void}
    told = {one: (proof, line.xid) for line in lines if line.place not in void
            for one, proof in line.events}  # fmt: skip
    now = timezone.now()
    held = _proofs(told, since=now - 3 * MARGIN - _age(files[-1]))
    gone = [one for one in told if one not in held and _fate(told[one][1]) not in UNDONE]
    held |= _proofs(gone) if gone else {}  # committed since the first look
    differs = any(held.get(one) != told[one] for one in {*held, *gone})
    last = _moment(lines[-1].at) if lines else None
    return SinkStatus("differs" if differs else "agrees", len(told), last)


def _age(path: Path) -> timedelta:
    return max(timedelta(), timezone.now() - _midnight(date.fromisoformat(path.stem)))
