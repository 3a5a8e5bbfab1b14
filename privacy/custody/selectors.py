"""The keys at a glance: numbers and days, never a secret."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth

from privacy.custody import escrow, resealing, restoring, rewrapping
from privacy.custody.models import RootEscrow
from privacy.custody.rotation import Census, census
from privacy.encryption.algorithms import NAMES, SETTINGS, chosen
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
class Overview:
    """What the page of the keys shows."""

    zones: list[ZoneKeys]
    data_keys: int
    waiting: int  # not yet under the active version
    restore: restoring.Standing
    papers: list[Paper]
    algorithms: list[tuple[str, int, bool]]  # name, boxes, whether new ones are sealed by it
    erasures: list[tuple[datetime, str, int]]  # month (clinic time), zone, how many

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
        algorithms=algorithms_in_use(),
        erasures=erasures_by_month(),
    )


def erased_subjects() -> QuerySet[Erasure, UUID]:
    """Keys of all of whom anything was erased, for use inside another query."""
    return Erasure.objects.values_list("subject_id", flat=True)


def known_algorithms() -> list[str]:
    """What SEAL_ALGORITHM may be."""
    return sorted(SETTINGS)


def algorithms_in_use() -> list[tuple[str, int, bool]]:
    """Every algorithm with its boxes; the installation's own always, others where there are any."""
    counted, own = resealing.count_by_algorithm(), chosen()
    return [
        (name, counted.get(number, 0), number == own)
        for number, name in NAMES.items()
        if number == own or counted.get(number)
    ]


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
