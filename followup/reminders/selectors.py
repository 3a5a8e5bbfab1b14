"""The board of follow-up: what is overdue, due today, coming, resting (W7, ui 15, 16, 19)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from crm.patients.selectors import cared_for_alone_by
from crm.patients.team_models import CareTeamMember
from crm.staff.models import User
from followup.plans.models import Kind, Plan
from followup.schedules.models import Step
from privacy.consent.models import ConsentState, Purpose
from privacy.consent.rules import Answer

CARDS: Final = 12  # a lane shows so many; the rest stands behind a link
STRIP_BACK, STRIP_DAYS, STRIP_PLANS = 5, 14, 12
LANES: Final = ("overdue", "today", "next7d", "paused")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the board is narrowed to; all of it stands in the address."""

    mine: bool = False
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Days:
    """Midnights of the clinic around now, aware."""

    now: datetime
    today: datetime
    tomorrow: datetime
    next_week: datetime

    @classmethod
    def around(cls, now: datetime) -> "Days":
        day = timezone.localdate(now)

        def midnight(ahead: int) -> datetime:
            return timezone.make_aware(datetime.combine(day + timedelta(days=ahead), time.min))

        return cls(now, midnight(0), midnight(1), midnight(8))


@dataclass(frozen=True, slots=True)
class Lane:
    """One column: how many there are, and the first of them (steps, or plans that rest)."""

    key: str
    count: int
    cards: list[Step] | list[Plan]

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


@dataclass(frozen=True, slots=True)
class Pip:
    """One day of one plan in the strip: nothing, ok, bad, due, next or off."""

    tone: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class StripRow:
    plan: Plan
    pips: list[Pip]


@dataclass(frozen=True, slots=True)
class OnTime:
    """Of the steps that fell due in the last days: how many were carried out by their day."""

    per_day: list[tuple[date, int, int]]  # day, due, carried out in time

    @property
    def percent(self) -> int | None:
        due = sum(row[1] for row in self.per_day)
        return round(100 * sum(row[2] for row in self.per_day) / due) if due else None

    @property
    def bars(self) -> list[tuple[int, int, int]]:
        """(x, y, height) of each day in a box of 24 units; days without steps are left low."""
        heights = [round(22 * done / due) + 2 if due else 1 for _day, due, done in self.per_day]
        return [(place * 8, 24 - height, height) for place, height in enumerate(heights)]


# --- building blocks --------------------------------------------------------------------------


def _agreed(now: datetime) -> Exists:
    """Whether the patient agrees at ``now`` to be reached the way the step would."""
    running = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    holding = Q(status=Answer.GRANTED) | Q(status=Answer.PAUSED, paused_until__lte=now)
    return Exists(
        ConsentState.objects.filter(
            running,
            holding,
            subject_id=OuterRef("plan__patient_id"),
            purpose=Purpose.FOLLOW_UP,
            channel=OuterRef("kind"),
        )
    )


def open_steps(staff: User, filters: Filters, now: datetime) -> QuerySet[Step]:
    """Steps of running plans that may be worked on now, the oldest first."""
    steps = (
        Step.objects.visible_to(staff)
        .open()
        .filter(_agreed(now), plan__state=Plan.State.ACTIVE)
        .select_related("plan__patient__subject", "plan__template", "message", "message_template")
        .order_by("due_at", "pk")
    )
    if filters.kind:
        steps = steps.filter(kind=filters.kind)
    if filters.mine:
        steps = steps.filter(plan__in=Plan.objects.filter(_mine(staff)))
    return steps


def _mine(staff: User) -> Q:
    """Patients of whose care team the viewer is; for a filter on plans."""
    theirs = CareTeamMember.objects.live().filter(staff=staff)
    return Q(patient__in=theirs.values("patient_id"))


def calls_resting_on(staff: User, *, alone: bool = False) -> int:
    """Open calls of patients whom ``staff`` cares for; ``alone``: whom nobody else does."""
    theirs = Q(patient__in=cared_for_alone_by(staff)) if alone else _mine(staff)
    live = Plan.objects.live().filter(theirs)
    return Step.objects.open().filter(kind=Kind.CALL, plan__in=live).count()


def _lane_condition(key: str, days: Days) -> Q:
    stuck = Q(state=Step.State.FAILED) | Q(message__needs_person_at__isnull=False)
    overdue = Q(due_at__lt=days.today) | stuck
    return {
        "overdue": overdue,
        "today": ~overdue & Q(due_at__lt=days.tomorrow),
        "next7d": ~overdue & Q(due_at__gte=days.tomorrow, due_at__lt=days.next_week),
    }[key]


def resting_plans(staff: User, filters: Filters, now: datetime) -> QuerySet[Plan]:
    """Plans on which nobody works now: paused, waiting for consent, or paused by the patient.

    ``why`` is added: paused, proposed, patient (the patient paused all) or withdrawn.
    """
    cells = ConsentState.objects.filter(
        subject_id=OuterRef("patient_id"), purpose=Purpose.FOLLOW_UP
    )
    running = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    holding = Q(status=Answer.GRANTED) | Q(status=Answer.PAUSED, paused_until__lte=now)
    plans = (
        Plan.objects.visible_to(staff)
        .live()
        .annotate(agreed=Exists(cells.filter(running, holding)))
        .filter(~Q(state=Plan.State.ACTIVE) | Q(agreed=False))
        .annotate(
            why=Case(
                When(state=Plan.State.ACTIVE, then=_silent(cells)),
                default=F("state"),
                output_field=CharField(),
            )
        )
        .select_related("patient__subject", "template")
        .order_by("state_since", "pk")
    )
    return plans.filter(_mine(staff)) if filters.mine else plans


def _silent(cells: QuerySet[ConsentState]) -> Case:
    paused = Exists(cells.filter(status=Answer.PAUSED))
    return Case(
        When(paused, then=Value("patient")), default=Value("withdrawn"), output_field=CharField()
    )


# --- the board --------------------------------------------------------------------------------


def lanes(staff: User, filters: Filters, now: datetime) -> list[Lane]:
    """The four lanes with counts: six statements, however many steps there are."""
    days = Days.around(now)
    steps = open_steps(staff, filters, now)
    keys = LANES[:-1]
    counts = steps.order_by().aggregate(
        **{key: Count("pk", filter=_lane_condition(key, days)) for key in keys}
    )
    found = [
        Lane(key, counts[key], list(steps.filter(_lane_condition(key, days))[:CARDS]))
        if counts[key]
        else Lane(key, 0, [])
        for key in keys
    ]
    resting = resting_plans(staff, filters, now)
    plans = list(resting[:CARDS])
    count = len(plans) if len(plans) < CARDS else resting.count()
    return [*found, Lane("paused", count, plans)]


def lane_of(key: str, staff: User, filters: Filters, now: datetime) -> QuerySet[Step]:
    """All steps of one lane, for its own page."""
    return open_steps(staff, filters, now).filter(_lane_condition(key, Days.around(now)))


def overdue(staff: User) -> QuerySet[Step]:
    """The steps of the viewer's scope that are overdue: the number in the side column."""
    now = timezone.now()
    condition = _lane_condition("overdue", Days.around(now))
    return open_steps(staff, Filters(), now).filter(condition)


def strip_days(now: datetime) -> list[date]:
    """The days of the plan strip."""
    first = timezone.localdate(now) - timedelta(days=STRIP_BACK)
    return [first + timedelta(days=ahead) for ahead in range(STRIP_DAYS)]


def strip(shown: list[Lane], now: datetime) -> list[StripRow]:
    """The plans of the shown cards with their steps around today: one statement."""
    plans: dict[object, Plan] = {}
    for lane in shown:
        for card in lane.cards:
            plan = card if isinstance(card, Plan) else card.plan
            plans.setdefault(plan.pk, plan)
    chosen = list(plans.values())[:STRIP_PLANS]
    days = strip_days(now)
    steps = Step.objects.filter(
        plan__in=chosen,
        due_at__gte=_start(days[0]),
        due_at__lt=_start(days[-1] + timedelta(days=1)),
    ).order_by("due_at")
    today = timezone.localdate(now)
    rows = [StripRow(plan, [Pip("")] * STRIP_DAYS) for plan in chosen]
    by_plan = {row.plan.pk: row for row in rows}
    for step in steps:
        place = (timezone.localdate(step.due_at) - days[0]).days
        by_plan[step.plan_id].pips[place] = Pip(_tone(step, today), step.title)
    return rows


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _tone(step: Step, today: date) -> str:
    day = timezone.localdate(step.due_at)
    if step.state in Step.CARRIED_OUT:
        return "ok"
    if not step.is_open:
        return "off"
    if day < today or step.state == Step.State.FAILED:
        return "bad"
    return "due" if day == today else "next"


def on_time(staff: User, now: datetime) -> OnTime:
    """The last fourteen whole days, day by day: one statement."""
    today = timezone.localdate(now)
    first = today - timedelta(days=STRIP_DAYS)
    counted = [*Step.OPEN, *Step.CARRIED_OUT]
    rows = (
        Step.objects.visible_to(staff)
        .filter(due_at__gte=_start(first), due_at__lt=_start(today), state__in=counted)
        .annotate(day=TruncDate("due_at"), settled_on=TruncDate("settled_at"))
        .values("day")
        .annotate(
            due=Count("pk"),
            done=Count("pk", filter=Q(state__in=Step.CARRIED_OUT, settled_on__lte=F("day"))),
        )
        .order_by("day")
    )
    found = {row["day"]: (row["due"], row["done"]) for row in rows}
    each = [first + timedelta(days=ahead) for ahead in range(STRIP_DAYS)]
    return OnTime([(day, *found.get(day, (0, 0))) for day in each])
