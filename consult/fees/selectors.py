"""Reading estimates and prices. What shows a patient's data books one view event for all of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import DecimalField, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum

from consult.fees import rules
from consult.fees.events import FeeEvent
from consult.fees.lifecycle import State
from consult.fees.models import Estimate, EstimateLine, EstimateVersion, PriceItem
from crm.patients.models import Patient
from crm.patients.selectors import patients_visible_to
from crm.patients.services.viewing import book_asked_in_vain
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.receipts import Receipt, SubjectRef

TITLE: Final = "estimate.title"
VERSION_FIELDS: Final = (
    TITLE,
    "estimateversion.reason",
    "estimateline.item",
    "estimateline.unit",
    "estimateline.insurance_note",
)
AMOUNT: Final = DecimalField[Decimal, Decimal](max_digits=16, decimal_places=2)


def estimates_visible_to(staff: User) -> QuerySet[Estimate]:
    """Estimates of the patients that ``staff`` may see, newest first."""
    return (
        Estimate.objects.filter(patient__in=patients_visible_to(staff).values("pk"))
        .select_related("patient__subject", "created_by")
        .order_by("-created_at", "-id")
    )


def _sum_of_newest(column: str) -> Subquery:
    lines = EstimateLine.objects.filter(
        version__estimate=OuterRef("pk"), version__number=OuterRef("newest")
    )
    return Subquery(
        lines.order_by().values("version").annotate(total=Sum(column)).values("total"),
        output_field=AMOUNT,
    )


def with_totals(estimates: QuerySet[Estimate]) -> QuerySet[Estimate]:
    """Each with ``low`` and ``high``, the sums of its newest version in CNY; None without lines."""
    return estimates.annotate(low=_sum_of_newest("amount_low"), high=_sum_of_newest("amount_high"))


def total_of(estimate: Estimate) -> rules.Amount:
    """The sums that ``with_totals`` brought; zero without lines."""
    low, high = getattr(estimate, "low", None), getattr(estimate, "high", None)
    return rules.Amount(low or rules.ZERO, high or rules.ZERO)


def matching(
    estimates: QuerySet[Estimate],
    *,
    state: str = "",
    words: str = "",
    mine: User | None = None,
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[Estimate]:
    """Narrow a list: ``words`` is a number, its end, or a patient's code; days are clinic days."""
    if state:
        estimates = estimates.filter(state=state)
    if words:
        found = Q(number__iendswith=words) | Q(patient__subject__code__iexact=words)
        estimates = estimates.filter(found)
    if mine:
        estimates = estimates.filter(created_by=mine)
    if since:
        estimates = estimates.filter(created_at__date__gte=since)
    if until:
        estimates = estimates.filter(created_at__date__lte=until)
    return estimates


@transaction.atomic
def show_list(*, staff: User, estimates: Sequence[Estimate], titles: bool = False) -> Receipt:
    """Book that these rows are shown, in one event that names every code."""
    return audit.record(
        FeeEvent.LISTED,
        actor=staff,
        subjects=_patients(estimates),
        fields=["estimate.amount", *([TITLE] if titles else [])],
        detail={"rows": len(estimates)},
    )


def _patients(estimates: Iterable[Estimate]) -> list[SubjectRef]:
    return [estimate.patient for estimate in estimates]


def estimates_of(patient: Patient) -> QuerySet[Estimate]:
    """All estimates of one patient whom the caller has already been allowed to see."""
    return with_totals(
        Estimate.objects.filter(patient=patient)
        .select_related("patient__subject", "created_by")
        .order_by("-created_at", "-id")
    )


def estimate_by_number(staff: User, number: str) -> Estimate:
    """Raises: Estimate.DoesNotExist also for one that ``staff`` may not know of."""
    return estimates_visible_to(staff).get(number=number, clinic_id=staff.clinic_id)


def book_out_of_reach(*, staff: User, number: str) -> None:
    """Book that ``staff`` asked for an estimate of their clinic beyond their reach.

    Nothing if there is none: the one who asks gets the same "not found" either way (R31).
    Raises: Restricted (booked) where nothing but a restriction keeps it from them (R15).
    """
    hidden = (
        Estimate.objects.filter(clinic_id=staff.clinic_id, number=number)
        .exclude(patient__in=patients_visible_to(staff).values("pk"))
        .select_related("patient__subject")
        .first()
    )
    if hidden is not None:
        book_asked_in_vain(staff=staff, target=f"estimate:{hidden.pk}", patient=hidden.patient)


def version_by_number(staff: User, number: str, version: int) -> EstimateVersion:
    """One version, with its estimate and patient.

    Raises: Estimate.DoesNotExist or EstimateVersion.DoesNotExist.
    """
    estimate = estimate_by_number(staff, number)
    return _versions().get(estimate=estimate, number=version)


def newest_version(patient: Patient, number: str) -> EstimateVersion:
    """The newest version of an estimate of a patient whom the caller may see.

    Raises: Estimate.DoesNotExist also for a number of somebody else.
    """
    estimate = Estimate.objects.get(patient=patient, number=number)
    return _versions().get(estimate=estimate, number=estimate.newest)


def _versions() -> QuerySet[EstimateVersion]:
    return EstimateVersion.objects.select_related(
        "estimate__patient__subject",
        "estimate__created_by",
        "created_by",
        "saved_by",
        "issued_by",
        "explained_by",
        "answered_by",
    )


@dataclass(frozen=True, slots=True)
class OpenedVersion:
    """A version in plain words, for as long as the answer is being made."""

    version: EstimateVersion
    lines: list[rules.Line]
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpenedEstimate:
    """What one view event covers: a version, the one it is compared with, and all there are."""

    current: OpenedVersion
    older: OpenedVersion | None
    versions: list[EstimateVersion]
    receipt: Receipt

    @property
    def estimate(self) -> Estimate:
        return self.current.version.estimate

    @property
    def in_force(self) -> EstimateVersion | None:
        """The accepted version, which holds until another one is accepted."""
        return next((one for one in self.versions if one.state == State.ACCEPTED), None)


@transaction.atomic
def open_version(
    *,
    version: EstimateVersion,
    staff: User,
    against: int | None = None,
    event: FeeEvent = FeeEvent.VIEWED,
    detail: dict[str, str | int] | None = None,
) -> OpenedEstimate:
    """Reveal a version and the older one beside it (default: the last one issued before it).

    Books one event; a value that does not open raises Unreadable and shows nothing half.
    """
    receipt = audit.record(
        event,
        actor=staff,
        subjects=[version.estimate.patient],
        fields=VERSION_FIELDS,
        target=f"estimate:{version.estimate_id}",
        detail={"number": version.estimate.number, "version": version.number, **(detail or {})},
    )
    lines = Prefetch("lines", EstimateLine.objects.order_by("position"))
    versions = list(
        _versions()
        .filter(estimate_id=version.estimate_id)
        .order_by("number")
        .prefetch_related(lines)
    )
    by_number = {one.number: one for one in versions}
    current = by_number[version.number]
    older = _compared_with(by_number, current.number, against)
    return OpenedEstimate(
        current=_opened(current, receipt),
        older=_opened(older, receipt) if older else None,
        versions=versions,
        receipt=receipt,
    )


def _compared_with(
    by_number: dict[int, EstimateVersion], current: int, against: int | None
) -> EstimateVersion | None:
    if against is not None:
        return by_number.get(against) if against < current else None
    earlier = [n for n, one in by_number.items() if n < current and not one.is_draft]
    return by_number[max(earlier)] if earlier else None


def _opened(version: EstimateVersion, receipt: Receipt) -> OpenedVersion:
    estimate = version.estimate
    return OpenedVersion(
        version=version,
        lines=lines_of(version, receipt),
        title=estimate.title.reveal(receipt) if estimate.title else "",
        reason=version.reason.reveal(receipt) if version.reason else "",
    )


def lines_of(version: EstimateVersion, receipt: Receipt) -> list[rules.Line]:
    """The lines in plain words, in their order; ``receipt`` must cover VERSION_FIELDS."""
    found = list(version.lines.all())
    for line in found:
        line.version = version  # whose patient's key opens it, without a query per line
    return [
        rules.Line(
            key=str(line.key),
            category=rules.Category(line.category),
            item=line.item.reveal(receipt),
            unit=line.unit.reveal(receipt),
            quantity=line.quantity,
            low=line.price_low,
            high=line.price_high,
            optional=line.is_optional,
            insurance=line.insurance_note.reveal(receipt) if line.insurance_note else "",
            coverage=line.insurance,
            by_occurrence=line.by_occurrence,
        )
        for line in sorted(found, key=lambda one: one.position)
    ]


def prices_of(staff: User) -> QuerySet[PriceItem]:
    """Every price the clinic has had or will have, by category and code, newest first."""
    return PriceItem.objects.filter(clinic_id=staff.clinic_id).order_by(
        "category", "code", "-effective_from"
    )


def not_past(prices: QuerySet[PriceItem], on: date) -> QuerySet[PriceItem]:
    """Those that are in force on a day (clinic time) or will be."""
    return prices.filter(Q(effective_until__isnull=True) | Q(effective_until__gt=on))


def prices_in_force(staff: User, on: date) -> QuerySet[PriceItem]:
    """The clinic's prices of one day (clinic time)."""
    return not_past(prices_of(staff), on).filter(effective_from__lte=on)


def price_by_id(staff: User, price_id: UUID) -> PriceItem:
    """Raises: PriceItem.DoesNotExist also for another clinic's price."""
    return prices_of(staff).get(pk=price_id)
