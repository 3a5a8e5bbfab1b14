"""The keys at a glance: numbers and days, never a secret."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth

from privacy.custody import escrow, restoring, rewrapping
from privacy.custody.index_width import Width, width
from privacy.custody.models import Reconciliation, RootEscrow
from privacy.custody.rotation import Census, census
from privacy.encryption.algorithms import AES_256_GCM, NAMES, SETTINGS, chosen
from privacy.encryption.keys import Zone
from privacy.encryption.models import Erasure, KeyState, SubjectKey


@dataclass(frozen=True, slots=True)
class ZoneKeys:
    """One zone's versions, newest first."""

    zone: str
    versions: list[Census]

    @property
    def can_retire(self) -> bool:
        """Whether an old version waits for its end and nothing uses it."""
        old = [one for one in self.versions if one.version.state == KeyState.DECRYPT_ONLY]
        return any(not one.data_keys for one in old)


@dataclass(frozen=True, slots=True)
class Paper:
    """Whether a root lies with three custodians."""

    root: str
    escrow: RootEscrow | None
    held: bool  # whether this process has the root at all


@dataclass(frozen=True, slots=True)
class BoxCount:
    """How many sealed values of one zone claim one algorithm and version of their data key."""

    zone: str
    algorithm: str
    own: bool  # whether new values are sealed by it
    version: int
    boxes: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """The algorithm of new values, and what all values claimed when they were last counted."""

    own: str
    at: datetime | None  # None: not counted yet
    rows: list[BoxCount]

    @property
    def values_only(self) -> bool:
        """Whether new values have another algorithm than everything around them (ADR 0027)."""
        return self.own != NAMES[AES_256_GCM]

    @property
    def others(self) -> bool:
        """Whether values wait to be moved to the installation's algorithm."""
        return any(not one.own for one in self.rows)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page of the keys shows."""

    zones: list[ZoneKeys]
    data_keys: int
    waiting: int  # not yet under the active version
    restore: restoring.Standing
    papers: list[Paper]
    sealed: Sealed
    erasures: list[tuple[datetime, str, int]]  # month (clinic time), zone, how many
    index: Width

    @property
    def percent(self) -> int:
        """How far a rewrap has come; 100 where nothing waits."""
        return 100 * (self.data_keys - self.waiting) // self.data_keys if self.data_keys else 100


def overview() -> Overview:
    """Everything about keys that may be seen."""
    counted = census()
    return Overview(
        zones=[
            ZoneKeys(zone, [one for one in counted if one.version.zone == zone])
            for zone in Zone.values
        ],
        data_keys=SubjectKey.objects.count(),
        waiting=rewrapping.waiting(),
        restore=restoring.standing(),
        papers=list(_papers()),
        sealed=last_count(),
        erasures=erasures_by_month(),
        index=width(),
    )


def erased_subjects() -> QuerySet[Erasure, UUID]:
    """Keys of all of whom anything was erased, for use inside another query."""
    return Erasure.objects.values_list("subject_id", flat=True)


def zones_erased_of(subject_id: UUID) -> frozenset[str]:
    """Which zones of one patient were erased."""
    return frozenset(Erasure.objects.filter(subject_id=subject_id).values_list("zone", flat=True))


def known_algorithms() -> list[str]:
    """What SEAL_ALGORITHM may be."""
    return sorted(SETTINGS)


def last_count() -> Sealed:
    """What the last whole comparison of rows counted: no page reads every table for it."""
    own = chosen()
    runs = Reconciliation.objects.filter(finished_at__isnull=False, sealed__isnull=False)
    run = runs.order_by("-created_at").first()
    rows = [
        BoxCount(zone, NAMES[algorithm], algorithm == own, version, boxes)
        for zone, algorithm, version, boxes in (run.sealed if run and run.sealed else [])
    ]
    return Sealed(NAMES[own], run.finished_at if run else None, rows)


def erasures_by_month() -> list[tuple[datetime, str, int]]:
    """(month, zone, number), newest first: who was erased stays in the ledger."""
    rows = (
        Erasure.objects.annotate(month=TruncMonth("erased_at"))
        .values("month", "zone")
        .annotate(number=Count("pk"))
        .order_by("-month", "zone")
    )
    return [(row["month"], row["zone"], row["number"]) for row in rows]


def _papers() -> Iterator[Paper]:
    for name in escrow.ROOTS:
        try:
            yield Paper(name, escrow.is_printed(name), held=True)
        except ImproperlyConfigured:
            yield Paper(name, None, held=False)
