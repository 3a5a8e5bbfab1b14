"""What the pages of the joint review show: sheets, days, trends, events in their words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import ExtractHour, TruncDate
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.joint_review import reading, rules, selectors
from crm.joint_review.forms import JOBS, OPEN
from crm.joint_review.grounds import GROUNDS, Ground
from crm.joint_review.models import ReviewItem, ReviewSheet, ReviewSignature
from crm.joint_review.own_record import kept_from
from crm.joint_review.rules import Side
from crm.staff.models import User
from crm.trail import selectors as console
from crm.trail.models import VerificationRun
from crm.trail.selectors import WATCHED, Row
from privacy.access.policy import Role
from privacy.audit.events import Kind, Registry
from privacy.audit.models import READER, AuditCheckpoint, AuditSeal, acting_as

Words = str | Promise
WEEKS: Final = 12
HIGH, WIDE, GAP = 48, 14, 4  # of a bar, in units of the drawing


# --- sheets -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SheetShown:
    """A sheet with where it stands."""

    sheet: ReviewSheet
    total: int
    left: int
    found: int
    names: dict[str, ReviewSignature]  # by side
    late: bool

    @property
    def judged(self) -> int:
        return self.total - self.left

    @property
    def signed(self) -> bool:
        return len(self.names) == len(Side)

    @property
    def state(self) -> tuple[Words, str]:
        """A word and its colour."""
        if self.signed:
            return _("Signed by both"), "ok"
        if self.late:
            return _("Overdue"), "bad"
        if self.names:
            return _("1 of 2 signed"), "warn"
        if not self.left:
            return _("Ready to sign"), "brand"
        return _("Being reviewed"), ""

    @property
    def last_day(self) -> date:
        return timezone.localdate(self.sheet.until - timedelta(microseconds=1))

    @property
    def signatures(self) -> list[tuple[Words, ReviewSignature | None, str]]:
        """Both sides in order: what it is called, who signed, which side."""
        sides = ReviewSignature.Side
        return [(side.label, self.names.get(side.value), side.value) for side in sides]


def shown(sheet: ReviewSheet, now: datetime) -> SheetShown:
    """A sheet as ``selectors.sheets_visible_to`` gives it, at a moment (aware)."""
    names = {one.side: one for one in sheet.signatures.all()}
    due = rules.midnight(
        timezone.localdate(sheet.until) + timedelta(days=rules.OVERDUE_DAYS),
        timezone.get_default_timezone(),
    )
    late = sheet.kind in selectors.REGULAR and now >= due and len(names) < len(Side)
    numbers = {name: getattr(sheet, name) for name in ("total", "left", "found")}
    return SheetShown(sheet, names=names, late=late, **numbers)


# --- the days of a month ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the trail: how many events were sealed on it, and whether they still hold."""

    day: date
    events: int
    state: str  # "ahead", "quiet", "sealed", "verified", "broken"

    WORDS = {
        "ahead": gettext_lazy("still ahead"),
        "quiet": gettext_lazy("no events"),
        "sealed": gettext_lazy("sealed, not verified yet"),
        "verified": gettext_lazy("sealed and verified"),
        "broken": gettext_lazy("does not hold"),
    }

    @property
    def words(self) -> Words:
        return self.WORDS[self.state]


def days_of(month: rules.Period, run: VerificationRun | None) -> list[Day]:
    """Each day of a month (clinic time), from the sealer's heads and the last verification."""
    zone = timezone.get_default_timezone()
    since, until = month.moments(zone)
    with acting_as(READER):
        heads = AuditCheckpoint.objects.filter(sealed_at__gte=since, sealed_at__lt=until)
        days = heads.order_by().annotate(day=TruncDate("sealed_at", tzinfo=zone)).values("day")
        numbers = dict(days.annotate(n=Sum("count")).values_list("day", "n"))
        bad = set()
        if run and run.state == "done" and not run.whole:
            seqs = [one["seq"] for one in run.findings]
            moments = AuditSeal.objects.filter(seq__in=seqs).values_list("event_at", flat=True)
            bad = {timezone.localdate(one) for one in moments}
    checked = run.finished_at if run and run.state == "done" and run.whole else None
    span = (month.ends - month.begins).days
    return [_day(month.begins + timedelta(days=one), numbers, bad, checked) for one in range(span)]


def _day(day: date, numbers: Mapping[date, int], bad: set[date], checked: datetime | None) -> Day:
    number = numbers.get(day, 0)
    if day > timezone.localdate():
        return Day(day, 0, "ahead")
    if day in bad:
        return Day(day, number, "broken")
    if not number:
        return Day(day, 0, "quiet")
    end = rules.midnight(day + timedelta(days=1), timezone.get_default_timezone())
    return Day(day, number, "verified" if checked and checked >= end else "sealed")


# --- trends -----------------------------------------------------------------------------------

TRENDS: Final[tuple[tuple[str, Words], ...]] = (
    ("reveals", gettext_lazy("Plain text seen")),
    ("denials", gettext_lazy("Refusals")),
    ("off_hours", gettext_lazy("Outside opening hours")),
    ("break_glass", gettext_lazy("Break-glass")),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One week of a trend; the drawing's units. ``value`` None: that week has no sheet."""

    label: str
    value: int | None
    x: int
    height: int
    now: bool

    @property
    def y(self) -> int:
        return HIGH - self.height


@dataclass(frozen=True, slots=True)
class Trend:
    """One number over twelve weeks, the running one last."""

    code: str
    label: Words
    bars: list[Bar]

    @property
    def width(self) -> int:
        return WEEKS * (WIDE + GAP)

    @property
    def last(self) -> int:
        return self.bars[-1].value or 0

    @property
    def peak(self) -> int:
        return max((one.value or 0 for one in self.bars), default=0)


def trends(viewer: User) -> list[Trend]:
    """Twelve weeks: the frozen numbers of the weekly sheets, and this week so far."""
    this = rules.week_of(timezone.localdate())
    weeks = [this.begins - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]
    sheets = ReviewSheet.objects.visible_to(viewer).filter(kind="week", begins_on__in=weeks)
    counts = dict(sheets.values_list("begins_on", "counts"))
    counts[this.begins] = _so_far(viewer, this)
    return [_trend(code, label, weeks, counts) for code, label in TRENDS]


def _trend(
    code: str, label: Words, weeks: Sequence[date], counts: Mapping[date, Mapping[str, int]]
) -> Trend:
    values = [counts[one].get(code, 0) if one in counts else None for one in weeks]
    most = max(one or 0 for one in values) or 1
    bars = [
        Bar(
            label=rules.week_of(week).label,
            value=value,
            x=place * (WIDE + GAP),
            height=max(-(-HIGH * value // most), 1) if value is not None else 0,
            now=place == WEEKS - 1,
        )
        for place, (week, value) in enumerate(zip(weeks, values, strict=True))
    ]
    return Trend(code, label, bars)


def _so_far(viewer: User, week: rules.Period) -> dict[str, int]:
    zone = timezone.get_default_timezone()
    since, until = week.moments(zone)
    closed = Q(hour__lt=settings.CLINIC_OPEN_FROM) | Q(hour__gte=settings.CLINIC_OPEN_UNTIL)
    looked = Q(actor__isnull=False, kind__in=WATCHED)
    with acting_as(READER):
        rows = reading.in_period(viewer.clinic_id, since, until)
        return (
            rows.order_by()
            .annotate(hour=ExtractHour("at", tzinfo=zone))
            .aggregate(
                reveals=Count("id", filter=Q(kind=Kind.REVEAL)),
                denials=Count("id", filter=Q(kind=Kind.DENIAL)),
                off_hours=Count("id", filter=looked & closed),
                break_glass=Count("id", filter=Q(action="break_glass.used")),
            )
        )


# --- the events of a sheet --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reason:
    """A ground as a badge."""

    ground: Ground
    text: Words

    @property
    def tone(self) -> str:
        if self.ground.code == rules.RANDOM:
            return ""
        return "info" if self.ground.always else "warn"


@dataclass(frozen=True, slots=True)
class ItemShown:
    """One event on a sheet. ``row`` None: it is no longer in the trail, or not as it was, or
    ``kept`` from the viewer, whose own record it is about."""

    item: ReviewItem
    row: Row | None
    whole: bool
    reasons: list[Reason]
    mine: bool  # whether the viewer may judge it at all
    action: Words
    kept: bool


def items_shown(items: Iterable[ReviewItem], viewer: User) -> list[ItemShown]:
    """Events of a sheet with their words, as the audit console would show them to the viewer."""
    wanted = list(items)
    events, seals = reading.events_of(wanted)
    rows = {row.event.pk: row for row in console.rows_of(viewer, events, seals)}
    kept = kept_from(viewer, ReviewItem.objects.filter(pk__in=[one.pk for one in wanted]))
    found = []
    for item in wanted:
        row, is_kept = rows.get(item.event_id), item.event_id in kept
        whole = row is not None and bytes(row.event.digest).hex() == item.event_digest
        found.append(
            ItemShown(
                item=item,
                row=None if is_kept else row,
                whole=whole and row is not None and row.seal is not None,
                reasons=[] if is_kept else _reasons(item),
                mine=not is_kept
                and rules.may_judge(
                    viewer.pk, rules.side_of(viewer.role), actor=item.actor, only=item.only_side
                ),
                action=_("On your own record") if is_kept else Registry.label(item.action),
                kept=is_kept,
            )
        )
    return found


def _reasons(item: ReviewItem) -> list[Reason]:
    return [_reason(code, item.facts.get(code, {})) for code in item.grounds]


def _reason(code: str, numbers: Mapping[str, int]) -> Reason:
    ground = GROUNDS.get(code) or Ground(code, code, always=True)
    if "usual" in numbers:
        told = _("%(ground)s: %(count)d, usually %(usual)d") % {"ground": ground.label, **numbers}
        return Reason(ground, told)
    if numbers.get("count", 1) > 1:
        more = ngettext("%(ground)s: %(count)d act", "%(ground)s: %(count)d acts", numbers["count"])
        return Reason(ground, more % {"ground": ground.label, **numbers})
    return Reason(ground, ground.label)


def narrowed(sheet: ReviewSheet, wanted: Mapping[str, str]) -> QuerySet[ReviewItem]:
    """The items that the filters ask for; the random rest by role and action, else by number."""
    rows = sheet.items.select_related("judged_by", "finding")
    if ground := wanted["ground"]:
        rows = rows.filter(grounds__contains=[ground])
    if role := wanted["role"]:
        rows = rows.filter(actor__isnull=True) if role == JOBS else rows.filter(role=role)
    if state := wanted["state"]:
        rows = rows.filter(verdict="" if state == OPEN else state)
    if ground == rules.RANDOM:
        return rows.order_by("role", "action", "actor", "number")
    return rows.order_by("number")


@dataclass(frozen=True, slots=True)
class Batch:
    """Random events of one role and action, judged together."""

    role: Words
    action: Words
    items: list[ItemShown]

    @property
    def open(self) -> list[ItemShown]:
        return [one for one in self.items if not one.item.verdict and one.mine]

    @property
    def ids(self) -> str:
        return " ".join(str(one.item.pk) for one in self.open)


def batches(items: Sequence[ItemShown]) -> Iterator[Batch]:
    """Neighbours of one role and action, in the order of ``narrowed``."""
    for (role, action), group in groupby(items, lambda one: (one.item.role, one.item.action)):
        rows = list(group)
        label = Role(role).label if role in Role.values else _("Jobs")
        yield Batch(role=label, action=Registry.label(action), items=rows)


def numbers_of(sheet: ReviewSheet) -> list[tuple[Ground, int, int]]:
    """Each ground with how many events it put on the sheet, and how many wait."""
    total: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for grounds, verdict in sheet.items.values_list("grounds", "verdict"):
        total.update(grounds)
        left.update(grounds if not verdict else ())
    return [(one, total[one.code], left[one.code]) for one in GROUNDS.values() if total[one.code]]


def around(item: ReviewItem, wanted: Mapping[str, str]) -> tuple[UUID | None, UUID | None]:
    """The item before and after, among what the filters ask for and by the same order."""
    ids = list(narrowed(item.sheet, wanted).values_list("pk", flat=True))
    if item.pk not in ids:
        return None, ids[0] if ids else None
    at = ids.index(item.pk)
    return ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None


def next_open(item: ReviewItem, wanted: Mapping[str, str], viewer: User) -> UUID | None:
    """The next item that the viewer can judge, after this one and then from the start."""
    side = rules.side_of(viewer.role)
    rows = narrowed(item.sheet, {**wanted, "state": ""})
    kept = kept_from(viewer, rows)
    found = list(rows.values_list("pk", "verdict", "actor", "only_side", "event_id"))
    at = next((place for place, one in enumerate(found) if one[0] == item.pk), -1)
    for key, verdict, actor, only, event in (*found[at + 1 :], *found[: max(at, 0)]):
        if verdict or event in kept:
            continue
        if rules.may_judge(viewer.pk, side, actor=actor, only=only):
            return key
    return None
