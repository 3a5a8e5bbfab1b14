"""How requests look: standing, colour, the time left; and what the patient's page says of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access_requests import rules, selectors
from crm.access_requests.events import AccessRequestEvent
from crm.access_requests.models import AccessRequest
from crm.access_requests.rules import Standing
from crm.access_requests.services.breaking import why_it_rests
from crm.patients.models import Patient
from crm.patients.panels import Notice
from crm.staff.models import User
from crm.templatetags.suian import moment
from privacy.access.policy import Permission, can
from privacy.audit import services as audit

Words = str | Promise
LOOKS: Final[Mapping[Standing, tuple[Words, str]]] = {
    Standing.WAITING: (gettext_lazy("Waiting for a decision"), "info"),
    Standing.LAPSED: (gettext_lazy("Nobody decided in time"), ""),
    Standing.OPEN: (gettext_lazy("Open now"), "ok"),
    Standing.OVER: (gettext_lazy("Run out"), ""),
    Standing.REFUSED: (gettext_lazy("Access refused"), "warn"),
    Standing.WITHDRAWN: (gettext_lazy("Withdrawn"), ""),
    Standing.ENDED: (gettext_lazy("Ended early"), ""),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One request on a page."""

    row: AccessRequest
    standing: Standing
    label: Words
    tone: str
    left: str  # how long it stays open, in words; "" if it is not
    asked_until: str
    until: str
    overdue: bool  # a use of break-glass without the verdict it should have

    @property
    def is_use(self) -> bool:
        return self.row.kind == AccessRequest.Kind.BREAK_GLASS


def time_left(span: timedelta) -> str:
    """ "2 days 3 h left", "1 h 5 min left"; whole minutes, rounded down."""
    minutes = int(span.total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return _("%(days)d d %(hours)d h left") % {"days": days, "hours": hours}
    return _("%(hours)d h %(minutes)d min left") % {"hours": hours, "minutes": minutes % 60}


def end_words(end: datetime) -> str:
    """Until when, in clinic time; a midnight is told as the end of the day before it."""
    local = timezone.localtime(end)
    if local.time() != time.min:
        return str(moment(end))
    day = rules.last_day(end, zone=timezone.get_current_timezone())
    return _("the end of %(day)s") % {"day": f"{day:%m-%d}"}


def shown(row: AccessRequest, now: datetime) -> Shown:
    """A request at this moment (aware)."""
    at = rules.standing(row.state, until=row.until, wanted_until=row.wanted_until, now=now)
    if at is Standing.ENDED and row.closed_by_id is None:
        at = Standing.OVER  # it ran out, or another one took its place
    label, tone = LOOKS[at]
    left = time_left(row.until - now) if at is Standing.OPEN and row.until else ""
    unjudged = row.kind == AccessRequest.Kind.BREAK_GLASS and not hasattr(row, "verdict")
    overdue = unjudged and rules.is_overdue(row.asked_at, now=now)
    return Shown(
        row=row,
        standing=at,
        label=label,
        tone=tone,
        left=left,
        asked_until=end_words(row.wanted_until),
        until=end_words(row.until) if row.until else "",
        overdue=overdue,
    )


def _all(rows: Iterable[AccessRequest], now: datetime) -> list[Shown]:
    return [shown(row, now) for row in rows]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page of access requests, for one person."""

    mine: list[Shown]
    waiting: list[Shown]
    open_now: list[Shown]
    unjudged: list[Shown]
    judged: list[Shown]
    suspended: list[User]
    resting: list[User]  # for want of a verdict
    own_rest: str  # why one cannot break the glass oneself; "" if one can


@transaction.atomic
def open_overview(*, staff: User) -> Overview:
    """Book the look at others' requests, and gather what the page shows."""
    now = timezone.now()
    decides, judges = (
        can(staff, one) for one in (Permission.DECIDE_ACCESS, Permission.JUDGE_BREAK_GLASS)
    )
    lifts = can(staff, Permission.LIFT_SUSPENSION)
    found = Overview(
        mine=_all(selectors.requests_of(staff), now),
        waiting=_all(selectors.decidable_by(staff) if decides else (), now),
        open_now=_all(selectors.endable_by(staff) if decides else (), now),
        unjudged=_all(selectors.unjudged_for(staff), now),
        judged=_all(selectors.judged_in(staff) if judges else (), now),
        suspended=selectors.suspended_in(staff) if lifts else [],
        resting=selectors.resting_in(staff) if lifts else [],
        own_rest=_own_rest(staff) if can(staff, Permission.BREAK_GLASS) else "",
    )
    others = (*found.waiting, *found.open_now, *found.unjudged, *found.judged)
    patients = {one.row.patient.pk: one.row.patient for one in others if one.row.patient}
    audit.record(AccessRequestEvent.LISTED, actor=staff, subjects=patients.values())
    return found


def _own_rest(staff: User) -> str:
    found = why_it_rests(staff)
    return found[1] if found else ""


# --- the patient's page -----------------------------------------------------------------------


def notices_on(patient: Patient, staff: User) -> list[Notice]:
    """By which access one looks, and which uses of break-glass nobody has judged yet."""
    if not can(staff, Permission.VIEW_ACCESS_REQUESTS):
        return []
    rows = selectors.of_note_on(patient, staff)
    return [_own(row) if row.staff_id == staff.pk else _use(row, staff) for row in rows]


def _own(row: AccessRequest) -> Notice:
    until = {"until": end_words(row.until) if row.until else ""}
    if row.kind == AccessRequest.Kind.BREAK_GLASS:
        words = _(
            "You broke the glass for this patient. It closes at %(until)s. The care team and "
            "quality control have been told, and read every look."
        )
        return Notice(words % until, "bad", "triangle-alert")
    names = "、".join(one.display_name for one in selectors.approvers_of(row))
    words = _(
        "You see this patient for a time, to look only: approved by %(names)s, until %(until)s."
    )
    return Notice(
        words % {"names": names, **until},
        "warn",
        "hourglass",
        reverse("access:list"),
        _("Requests"),
    )


def _use(row: AccessRequest, staff: User) -> Notice:
    words = _("%(name)s broke the glass for this patient at %(at)s: %(reason)s")
    text = words % {
        "name": row.staff.display_name, "at": moment(row.asked_at), "reason": row.reason,
    }  # fmt: skip
    if can(staff, Permission.JUDGE_BREAK_GLASS):
        address = reverse("access:judge", args=[row.pk])
        return Notice(text, "warn", "triangle-alert", address, _("Judge"))
    return Notice(text, "warn", "triangle-alert")
