"""Drawing a sheet out of the trail: once a period, by the clock or by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm.joint_review import grounds, reading, rules, selectors
from crm.joint_review.events import ReviewEvent
from crm.joint_review.grounds import Numbers, Scene
from crm.joint_review.models import ReviewItem, ReviewSheet
from crm.joint_review.rules import Kind, Period
from crm.staff.models import Clinic, User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.audit.events import Kind as EventKind
from privacy.audit.horizon import alone
from privacy.audit.models import AuditCheckpoint
from privacy.audit.unhurried import unhurried
from privacy.errors import AccessDenied, DomainError

PROCESS: Final = "joint-review"
NOTHING_SEALED: Final = gettext_noop(
    "Nothing of this span is sealed yet. Try again in some minutes."
)


class TooEarly(DomainError):
    """The period is not over, or its last events are not sealed yet."""


@dataclass(frozen=True, slots=True)
class _Span:
    kind: Kind
    begins: date
    since: datetime
    until: datetime


def draw_due() -> int:
    """Draw all sheets that are missing, in every clinic; returns how many. For the clock.

    What is too early comes with the next hour.
    """
    made = 0
    for clinic in Clinic.objects.order_by("created_at"):
        for period in selectors.missing(clinic, timezone.now()):
            try:
                draw(clinic=clinic, period=period)
            except TooEarly:
                continue
            made += 1
    return made


def draw_next(*, actor: User) -> tuple[ReviewSheet | None, int]:
    """The oldest sheet of the actor's clinic that is missing, by hand; and how many still are.

    One at a time: a sheet reads every event of its period, and somebody waits for the page.
    Raises: AccessDenied for who does not review; TooEarly if all that is missing is not sealed yet.
    """
    if not can(actor, Permission.JUDGE_REVIEW):
        raise AccessDenied(_("Only the two sides of the review draw sheets."))
    missing = selectors.missing(actor.clinic, timezone.now())
    early = None
    for period in missing:
        try:
            return draw(clinic=actor.clinic, period=period, actor=actor), len(missing) - 1
        except TooEarly as error:
            early = error
    if early:
        raise early
    return None, 0


@unhurried()
@transaction.atomic
def draw(*, clinic: Clinic, period: Period, actor: User | None = None) -> ReviewSheet:
    """The sheet of a week or month; the one that is there, if it was drawn already.

    Raises: TooEarly before the period is over and sealed.
    """
    _take_turn(clinic)
    there = ReviewSheet.objects.filter(
        clinic=clinic, kind=period.kind, begins_on=period.begins
    ).first()
    if there:
        return there
    since, until = period.moments(timezone.get_default_timezone())
    return _draw(clinic, _Span(period.kind, period.begins, since, until), actor=actor)


@unhurried()
@transaction.atomic
def draw_extra(*, actor: User, begins: date, reason: str) -> ReviewSheet:
    """A sheet on an occasion: from a day until now.

    Raises: AccessDenied for who does not review; DomainError for a day to come, for more than 92
        days and for a reason under 10 characters; TooEarly while events wait for their seal, and
        where none of the span has settled yet.
    """
    reason, now = reason.strip(), timezone.now()
    if not can(actor, Permission.JUDGE_REVIEW):
        raise AccessDenied(_("Only the two sides of the review draw sheets."))
    if not 0 <= (timezone.localdate() - begins).days <= rules.LONGEST_EXTRA:
        raise DomainError(_("Choose a day of the last three months."))
    if len(reason) < rules.SHORTEST_TEXT:
        raise DomainError(_("Say in at least 10 characters why."))
    _take_turn(actor.clinic)
    since = rules.midnight(begins, timezone.get_default_timezone())
    until = selectors.sealed_until(now - rules.SETTLED)
    if until <= since:
        raise TooEarly(_(NOTHING_SEALED))
    span = _Span(Kind.EXTRA, begins, since, until)
    return _draw(actor.clinic, span, actor=actor, reason=reason)


def _draw(clinic: Clinic, span: _Span, *, actor: User | None, reason: str = "") -> ReviewSheet:
    first, head = _sealed(span)
    seed = rules.seed_of(
        bytes(head.chain), clinic=clinic.pk, kind=span.kind.value, begins=span.begins
    )
    facts = list(reading.facts_of(clinic.pk, span.since, span.until))
    if not facts and span.kind is Kind.EXTRA:
        raise TooEarly(_(NOTHING_SEALED))
    scene = Scene(clinic, span.since, span.until, facts)
    named = grounds.found_in(scene)
    rest = rules.sample(seed, (one.id for one in facts if one.id not in named))
    chosen = {**named, **{one: {rules.RANDOM: grounds.NONE} for one in rest}}
    sheet = ReviewSheet.objects.create(
        clinic=clinic,
        kind=span.kind.value,
        begins_on=span.begins,
        since=span.since,
        until=span.until,
        drawn_by=actor,
        reason=reason,
        seed=seed.hex(),
        events=len(facts),
        counts=counted(facts) | grounds.unexamined(),
        first_checkpoint=first,
        checkpoint=head.number,
        root=bytes(head.root).hex(),
        chain=bytes(head.chain).hex(),
    )
    items = _items(sheet, facts, chosen)
    ReviewItem.objects.bulk_create(items, batch_size=500)
    _book(sheet, items, actor)
    return sheet


def _take_turn(clinic: Clinic) -> None:
    """One drawing of a clinic at a time. No row is locked: whoever has written nothing yet does not
    keep the sealer waiting while a long period is read. Raises: TooEarly."""
    if not alone(f"joint review {clinic.pk}"):
        raise TooEarly(_("A sheet is being drawn just now. Look again in a minute."))


def _sealed(span: _Span) -> tuple[int, AuditCheckpoint]:
    """The checkpoints of the span. Raises: TooEarly."""
    if timezone.now() < span.until + rules.SETTLED:
        raise TooEarly(_("This period is not over yet."))
    # In this order: the head that is read afterwards covers every seal that was seen.
    waiting = reading.waiting(span.since, span.until)
    found = reading.heads(span.since, span.until)
    if found is None or waiting:
        raise TooEarly(_("The last events of this period are not sealed yet."))
    return found


def counted(facts: Sequence[reading.Fact]) -> dict[str, int]:
    """What the trend shows of a period."""
    return {
        "reveals": sum(one.kind == EventKind.REVEAL for one in facts),
        "denials": sum(one.kind == EventKind.DENIAL for one in facts),
        "off_hours": sum(one.off_hours for one in facts),
        "break_glass": sum(one.action == "break_glass.used" for one in facts),
    }


def _items(
    sheet: ReviewSheet,
    facts: Sequence[reading.Fact],
    chosen: Mapping[UUID, Mapping[str, Numbers]],
) -> list[ReviewItem]:
    stamps = reading.stamps_of(chosen, sheet.since, sheet.until)
    drawn = [one for one in facts if one.id in chosen]
    return [
        ReviewItem(
            sheet=sheet,
            number=number,
            event_id=one.id,
            event_at=one.at,
            seq=stamps[one.id].seq,
            event_digest=stamps[one.id].digest,
            action=one.action,
            actor=one.actor,
            role=one.role,
            only_side=rules.reserved_for(one.role) or "" if one.actor else "",
            grounds=sorted(chosen[one.id]),
            facts={code: dict(said) for code, said in chosen[one.id].items() if said},
        )
        for number, one in enumerate(drawn, 1)
    ]


def _book(sheet: ReviewSheet, items: Sequence[ReviewItem], actor: User | None) -> None:
    """The list as it was drawn goes into the sealed trail: from now on nobody swaps an item."""
    audit.record(
        ReviewEvent.DRAWN,
        **({"actor": actor} if actor else {"process": PROCESS, "clinic": sheet.clinic_id}),
        target=sheet.target,
        reason=sheet.reason,
        detail={
            "sheet": sheet.label,
            "events": sheet.events,
            "items": len(items),
            "checkpoint": sheet.checkpoint,
            "seed": sheet.seed,
            "sha256": selectors.list_digest(items),
        },
    )


@transaction.atomic
def tell_overdue() -> int:
    """Book each period that is overdue now, once; the alerts read it there. For the clock."""
    told = 0
    for clinic in Clinic.objects.order_by("created_at"):
        known = selectors.told_overdue(clinic)
        for period in selectors.overdue(clinic.pk, timezone.now()):
            if period.label in known:
                continue
            audit.record(
                ReviewEvent.OVERDUE,
                process=PROCESS,
                clinic=clinic.pk,
                target=f"review:{period.label}",
                outcome="failed",
            )
            told += 1
    return told
