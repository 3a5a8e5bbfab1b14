"""Requests to erase and restrictions as their pages show them; every look is booked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from crm.custody import selectors
from crm.custody.events import ErasureEvent, RestrictionEvent
from crm.custody.models import ErasureRequest, Restriction
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.custody import holds

State: Final = ErasureRequest.State
TONES: Final[dict[str, str]] = {
    State.ASKED: "warn",
    State.CONFIRMED: "bad",
    State.ERASED: "ok",
    State.CALLED_OFF: "",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One request on a page."""

    row: ErasureRequest

    @property
    def tone(self) -> str:
        return TONES[self.row.state]


@dataclass(frozen=True, slots=True)
class Erasures:
    """The page of erasures, for one person; restrictions stand on it, those in force first."""

    waiting: list[Shown]
    over: list[Shown]
    restricted: list[Restriction]
    lifted: list[Restriction]


@dataclass(frozen=True, slots=True)
class Opened:
    """One request's own page."""

    one: Shown
    kept_until: datetime  # of clinical records, as the law asks (R38)
    may_confirm: bool
    is_own: bool  # asked for by who looks
    may_carry_out: bool
    may_call_off: bool


@transaction.atomic
def open_erasures(*, staff: User) -> Erasures:
    """Book the look, and gather what waits and the newest that are over."""
    audit.record(ErasureEvent.LISTED, actor=staff)
    rows = selectors.erasures_shown_to(staff)
    waiting = rows.filter(state__in=ErasureRequest.OPEN)
    over = rows.exclude(state__in=ErasureRequest.OPEN)[: selectors.SHOWN]
    restrictions = selectors.restrictions_shown_to(staff)
    return Erasures(
        [Shown(one) for one in waiting],
        [Shown(one) for one in over],
        list(restrictions.filter(lifted_at=None)),
        list(restrictions.exclude(lifted_at=None)[: selectors.SHOWN]),
    )


@transaction.atomic
def open_erasure(*, asked: ErasureRequest, staff: User) -> Opened:
    """Book the look at one patient's request, and gather what stands on its page."""
    audit.record(
        ErasureEvent.VIEWED,
        actor=staff,
        subjects=[asked.patient],
        purpose=asked.reason,
        target=asked.target,
    )
    confirms = can(staff, Permission.CONFIRM_ERASURE)
    part = confirms or can(staff, Permission.ASK_ERASURE)
    return Opened(
        one=Shown(asked),
        kept_until=holds.records_kept_until(asked.patient_id),
        may_confirm=confirms and asked.state == State.ASKED and asked.asked_by_id != staff.pk,
        is_own=asked.asked_by_id == staff.pk,
        may_carry_out=part and asked.state == State.CONFIRMED,
        may_call_off=part and asked.is_open,
    )


@dataclass(frozen=True, slots=True)
class OpenedRestriction:
    """One restriction's own page."""

    row: Restriction
    may_ask_lift: bool
    may_lift: bool
    may_keep: bool


@transaction.atomic
def open_restriction(*, held: Restriction, staff: User) -> OpenedRestriction:
    """Book the look at one restriction, and gather what may be done about it."""
    audit.record(
        RestrictionEvent.VIEWED,
        actor=staff,
        subjects=[held.patient],
        purpose=held.ground,
        target=held.target,
    )
    asks, confirms = can(staff, Permission.ASK_ERASURE), can(staff, Permission.CONFIRM_ERASURE)
    return OpenedRestriction(
        row=held,
        may_ask_lift=asks and held.is_live and not held.waits,
        may_lift=confirms and held.waits and held.lift_asked_by_id != staff.pk,
        may_keep=(asks or confirms) and held.waits,
    )
