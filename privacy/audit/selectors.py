"""Reading the trail, under the reader's role alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import F, Func, Q, QuerySet
from django.utils import timezone

from privacy.audit.anchors import Anchor, last_anchor
from privacy.audit.comparing import SinkStatus, glance
from privacy.audit.events import SIGHT, Kind, Registry
from privacy.audit.horizon import counts_below
from privacy.audit.models import (
    READER,
    AuditCheckpoint,
    AuditEvent,
    AuditSeal,
    acting_as,
    mac_key,
    microseconds,
)
from privacy.audit.verification import genuine
from privacy.receipts import EMPTY, SubjectRef


def trail_of(
    subject: SubjectRef, *, kinds: Iterable[Kind], without: Iterable[str] = (), limit: int = 50
) -> list[AuditEvent]:
    """The newest events about one patient, newest first: their timeline, and who looked.

    In: ``without`` actions to pass over.
    """
    with acting_as(READER):
        found = AuditEvent.objects.filter(
            codes__contains=[subject.code], kind__in=[kind.value for kind in kinds]
        )
        return list(found.exclude(action__in=list(without))[:limit])


def moments_of(
    actor: UUID,
    action: str,
    *,
    since: datetime,
    most: int,
    detail: Mapping[str, str | int] = EMPTY,
) -> list[datetime]:
    """When this person last did this: the newest ``most`` moments since then, newest first.

    In: ``detail`` what the event has to say as well.
    """
    with acting_as(READER):
        found = AuditEvent.objects.filter(actor=actor, action=action, at__gt=since)
        if detail:
            found = found.filter(detail__contains=dict(detail))
        return list(found.values_list("at", flat=True)[:most])


def about_account(
    account: UUID, target: str, *, actions: Iterable[str], since: datetime, most: int
) -> list[AuditEvent]:
    """Events of these actions by an account about itself, or with it as ``target`` ("staff:NO").

    Out: the newest ``most`` of them since then, newest first.
    """
    of_accounts = Q(target__startswith="staff:")  # in the words of the index: without, it is no use
    own = Q(actor=account) & ~of_accounts  # else it is about somebody else
    about = Q(target=target) & of_accounts
    with acting_as(READER):
        found = AuditEvent.objects.filter(own | about, action__in=list(actions), at__gt=since)
        return list(found[:most])


def last_words_of(
    actor: UUID, action: str, *, subject: SubjectRef, since: datetime
) -> tuple[str, str]:
    """Purpose and reason that this person gave when they last did this to one patient; "" and ""
    for nothing since then."""
    with acting_as(READER):
        found = AuditEvent.objects.filter(
            actor=actor, action=action, codes__contains=[subject.code], at__gt=since
        )
        return found.values_list("purpose", "reason").first() or ("", "")


def has_done(
    actor: UUID, *, subject: SubjectRef, since: datetime, action: str, kinds: Iterable[Kind]
) -> bool:
    """Whether this person has done ``action``, or anything of ``kinds``, to one patient since."""
    return _done(actor, subject, since, Q(action=action) | _of_kinds(kinds))


def has_worked_on(
    actor: UUID, *, subject: SubjectRef, since: datetime, kinds: Iterable[Kind]
) -> bool:
    """Whether this person has seen this one patient, in no list (``SIGHT``), or done anything of
    ``kinds`` to nobody else, since."""
    sights = Q(action__in=Registry.marked(SIGHT))
    return _done(actor, subject, since, (sights | _of_kinds(kinds)) & Q(codes__len=1))


def _of_kinds(kinds: Iterable[Kind]) -> Q:
    return Q(kind__in=[kind.value for kind in kinds])


def _done(actor: UUID, subject: SubjectRef, since: datetime, wanted: Q) -> bool:
    with acting_as(READER):
        found = AuditEvent.objects.filter(
            wanted, actor=actor, outcome="ok", codes__contains=[subject.code], at__gte=since
        )
        return found.exists()


def was_done_by(process: str, action: str, *, since: datetime) -> bool:
    """Whether a process did this since then, and it went well; by events with their MAC alone."""
    with acting_as(READER):
        found = AuditEvent.objects.filter(
            action=action, process=process, outcome="ok", at__gt=since
        )
        return any(genuine(event, mac_key()) for event in found.iterator())


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events to show. ``since`` <= at < ``until``, aware; None or "" where not asked.

    ``clinic`` None shows all; else that clinic's events and, with ``processes``, those of jobs
    that belong to no clinic.
    """

    clinic: UUID | None = None
    processes: bool = True
    codes: frozenset[str] = frozenset()  # naming any of these patients
    without: frozenset[str] = frozenset()  # actions passed over
    hidden: frozenset[str] = frozenset()  # naming none of these patients
    by_people: bool = False  # none of processes
    actors: frozenset[UUID] | None = None
    kind: str = ""
    action: str = ""
    target: str = ""
    code: str = ""
    since: datetime | None = None
    until: datetime | None = None
    ip: str = ""
    outcome: str = ""
    about: str = ""  # somewhere in the target


@dataclass(frozen=True, slots=True)
class Mark:
    """A place between two events in the order of time: where a page begins or ends."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{microseconds(self.at)}-{self.id.hex}"

    @classmethod
    def of(cls, event: AuditEvent) -> "Mark":
        return cls(event.at, event.id)

    @classmethod
    def parse(cls, text: str) -> "Mark | None":
        """The mark that ``str`` wrote; None for anything else."""
        stamp, _, key = text.partition("-")
        try:
            seconds, rest = divmod(int(stamp), 1_000_000)
            moment = datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=rest)
            return cls(moment, UUID(hex=key))
        except (ValueError, OverflowError, OSError):
            return None


@dataclass(frozen=True, slots=True)
class Slice:
    """One screen of events, newest first, and whether there are more on either side."""

    events: list[AuditEvent]
    newer: Mark | None = None
    older: Mark | None = None
    seals: dict[UUID, AuditSeal] = field(default_factory=dict)


def _of_patients(wanted: Filter) -> QuerySet[AuditEvent]:
    rows = AuditEvent.objects.all()
    if wanted.codes:
        rows = rows.filter(codes__overlap=sorted(wanted.codes))
    if wanted.without:
        rows = rows.exclude(action__in=sorted(wanted.without))
    if wanted.hidden:
        rows = rows.exclude(codes__overlap=sorted(wanted.hidden))
    return rows.filter(actor__isnull=False) if wanted.by_people else rows


def _matching(wanted: Filter) -> QuerySet[AuditEvent]:
    rows = _of_patients(wanted)
    if wanted.clinic:
        shared = Q(clinic__isnull=True) if wanted.processes else Q()
        rows = rows.filter(Q(clinic=wanted.clinic) | shared)
    if wanted.actors is not None:
        rows = rows.filter(actor__in=wanted.actors)
    if wanted.code:
        rows = rows.filter(codes__contains=[wanted.code])
    if wanted.about:
        rows = rows.filter(target__contains=wanted.about)
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    exact = {"kind": wanted.kind, "action": wanted.action, "ip": wanted.ip,
             "outcome": wanted.outcome, "target": wanted.target}  # fmt: skip
    return rows.filter(**{name: value for name, value in exact.items() if value})


def _beyond(rows: QuerySet[AuditEvent], mark: Mark, *, newer: bool) -> QuerySet[AuditEvent]:
    # The plain comparison on ``at`` is what lets the index and the partitions do the work.
    if newer:
        later = Q(at__gt=mark.at) | Q(at=mark.at, id__gt=mark.id)
        return rows.filter(Q(at__gte=mark.at) & later)
    earlier = Q(at__lt=mark.at) | Q(at=mark.at, id__lt=mark.id)
    return rows.filter(Q(at__lte=mark.at) & earlier)


def find(
    wanted: Filter, *, before: Mark | None = None, after: Mark | None = None, limit: int = 50
) -> Slice:
    """One screen of matching events: the newest, those older than ``before``, or the ``limit``
    next ones newer than ``after``. Costs the same on any page of any number of events.
    """
    with acting_as(READER):
        rows = _matching(wanted)
        if after:
            found = list(_beyond(rows, after, newer=True).order_by("at", "id")[: limit + 1])
            more_newer, more_older = len(found) > limit, True
            shown = found[:limit][::-1]
        else:
            rows = _beyond(rows, before, newer=False) if before else rows
            found = list(rows.order_by("-at", "-id")[: limit + 1])
            more_newer, more_older = before is not None, len(found) > limit
            shown = found[:limit]
        seals = AuditSeal.objects.filter(event_id__in=[event.id for event in shown])
        return Slice(
            events=shown,
            newer=Mark.of(shown[0]) if shown and more_newer else None,
            older=Mark.of(shown[-1]) if shown and more_older else None,
            seals={seal.event_id: seal for seal in seals},
        )


def walk(wanted: Filter, *, page: int = 500) -> Iterator[list[AuditEvent]]:
    """All matching events in pages, newest first; for exports."""
    mark: Mark | None = None
    while True:
        found = find(wanted, before=mark, limit=page)
        if found.events:
            yield found.events
        if found.older is None:
            return
        mark = found.older


def codes_in(wanted: Filter) -> set[str]:
    """The codes of all patients that matching events name."""
    with acting_as(READER):
        named = _matching(wanted).order_by().annotate(named=Func(F("codes"), function="unnest"))
        return set(named.values_list("named", flat=True).distinct())


def count_up_to(wanted: Filter, limit: int) -> int:
    """How many events match, counting no further than ``limit``."""
    with acting_as(READER):
        return _matching(wanted).order_by()[:limit].count()


@dataclass(frozen=True, slots=True)
class Proof:
    """One event with what vouches for it."""

    event: AuditEvent
    genuine: bool
    seal: AuditSeal | None
    checkpoint: AuditCheckpoint | None

    @property
    def digest(self) -> str:
        """The event's digest in hexadecimal."""
        return bytes(self.event.digest).hex()

    @property
    def session(self) -> str:
        """What tells the session apart from others, in hexadecimal; opens none."""
        return bytes(self.event.session).hex() if self.event.session else ""


def proof_of(event_id: UUID) -> Proof | None:
    """One event, whether its contents still give its MAC, its seal and its checkpoint."""
    with acting_as(READER):
        event = AuditEvent.objects.filter(id=event_id).first()
        if event is None:
            return None
        seal = AuditSeal.objects.filter(event_id=event.id, event_at=event.at).first()
        checkpoint = (
            AuditCheckpoint.objects.filter(number=seal.checkpoint).first() if seal else None
        )
        return Proof(event, genuine(event, mac_key()), seal, checkpoint)


OFF: Final = SinkStatus("off")


@dataclass(frozen=True, slots=True)
class SealStatus:
    """Where the sealer stands. ``lag_seconds``: age of the oldest event that waits, else 0; of the
    last seal while the sealer refuses (SealerBehind)."""

    events: int
    checkpoint: AuditCheckpoint | None
    waiting: int
    lag_seconds: int
    anchor: Anchor | None
    sink: SinkStatus = OFF

    @property
    def head(self) -> str:
        """The head's first and last digits, as one would read them out."""
        text = bytes(self.checkpoint.chain).hex() if self.checkpoint else ""
        return f"{text[:4]} {text[4:8]} … {text[-4:]}" if text else ""


def seal_status() -> SealStatus:
    """Sealed and waiting events, the last checkpoint, the last anchor. Costs no full scan."""
    with acting_as(READER):
        last = AuditCheckpoint.objects.order_by("number").last()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), min(at) FROM privacy_auditevent WHERE xid >= %s::text::xid8",
                [str(last.xid_to if last else 0)],
            )
            waiting, oldest = cursor.fetchone()
        sink = glance()
    if last and counts_below(last.xid_to):
        oldest = last.sealed_at  # SealerBehind: new events cannot be told from sealed ones
    lag = int((timezone.now() - oldest).total_seconds()) if oldest else 0
    return SealStatus(
        events=last.first_seq + last.count - 1 if last else 0,
        checkpoint=last,
        waiting=waiting,
        lag_seconds=max(0, lag),
        anchor=last_anchor(),
        sink=sink,
    )


def newest_head() -> Anchor | None:
    """The head of the newest checkpoint; None before the first."""
    with acting_as(READER):
        last = AuditCheckpoint.objects.order_by("number").last()
    if last is None:
        return None
    return Anchor(last.number, last.first_seq + last.count - 1, bytes(last.chain).hex())


def knows_head(kept: Anchor) -> bool:
    """Whether this trail has that head: else its tail was cut, or its history written anew."""
    chain = bytes.fromhex(kept.chain)
    with acting_as(READER):
        return AuditCheckpoint.objects.filter(number=kept.number, chain=chain).exists()
