"""Exports as their pages show them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.exports import selectors as rows
from crm.exports.datasets import DATASETS, Field, Kind, Words
from crm.exports.services import asking
from crm.staff.models import User
from privacy.access.policy import Permission, Role, can
from privacy.audit import services as audit
from privacy.exports import rules, selectors
from privacy.exports.events import ExportEvent
from privacy.exports.models import Export
from privacy.exports.rules import Objection
from privacy.exports.services.deciding import WORDS

SHOWN: Final = 50
State = Export.State
TONES: Final[dict[str, str]] = {
    State.ASKED: "warn",
    State.APPROVED: "",
    State.BUILDING: "",
    State.READY: "ok",
    State.DOWNLOADED: "ok",
    State.DESTROYED: "",
    State.REFUSED: "warn",
    State.WITHDRAWN: "",
    State.FAILED: "bad",
}
LAPSED: Final = gettext_lazy("Nobody decided in time")
RUN_OUT: Final = gettext_lazy("Run out")


@dataclass(frozen=True, slots=True)
class Shown:
    """One export on a page, at one moment."""

    row: Export
    label: Words
    tone: str
    dataset: Words
    recipient: str

    @property
    def is_moving(self) -> bool:
        """Whether it goes on by itself, so that the page asks again."""
        return self.row.state in {State.APPROVED, State.BUILDING}


def shown(row: Export, now: datetime) -> Shown:
    """An export as it is at ``now`` (aware)."""
    label: Words = row.get_state_display()
    tone = TONES[row.state]
    if row.state == State.ASKED and row.decide_until <= now:
        label, tone = LAPSED, ""
    if row.state in {State.READY, State.DOWNLOADED} and (row.available_until or now) <= now:
        label, tone = RUN_OUT, ""
    kind = DATASETS.get(row.dataset)
    recipient = row.recipient.display_name if row.recipient else row.recipient_name
    return Shown(row, label, tone, kind.label if kind else row.dataset, recipient)


@dataclass(frozen=True, slots=True)
class Overview:
    """The page of exports, for one person."""

    mine: list[Shown]
    waiting: list[Shown]
    others: list[Shown]
    taken: int


@transaction.atomic
def open_overview(*, staff: User) -> Overview:
    """Book the look, and gather one's own exports, those to decide on, and the clinic's others."""
    now = timezone.now()
    waiting = [shown(one, now) for one in selectors.waiting_for(staff)]
    apart = {one.row.pk for one in waiting}
    mine = [shown(one, now) for one in selectors.own(staff)[:SHOWN]]
    others = selectors.shown_to(staff).exclude(requester_id=staff.pk).exclude(pk__in=apart)
    audit.record(ExportEvent.LISTED, actor=staff)
    return Overview(
        mine=mine,
        waiting=waiting,
        others=[shown(one, now) for one in others[:SHOWN]],
        taken=selectors.rows_taken(staff, now=now),
    )


@dataclass(frozen=True, slots=True)
class Traced:
    """Exports that a text from a leaked file points to."""

    marked: list[Shown]
    held: list[Shown]


def open_traced(*, text: str, staff: User) -> Traced:
    """Look a text up, booked; see ``asking.trace``."""
    now, found = timezone.now(), asking.trace(text=text, actor=staff)
    return Traced(
        [shown(one, now) for one in found.marked], [shown(one, now) for one in found.held]
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an export's story."""

    icon: str
    tone: str
    title: Words
    at: datetime | None
    by: str = ""
    text: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """An export's own page."""

    one: Shown
    columns: list[Field]
    steps: list[Step]
    missing: list[str]  # who still has to agree, as names of roles
    taken: int  # rows of the requester within 30 days, this export included
    is_mine: bool
    may_decide: bool
    objection: Promise | None  # why this approver cannot agree
    may_withdraw: bool
    may_download: bool
    may_see_password: bool

    @property
    def identity(self) -> list[Field]:
        return [one for one in self.columns if one.kind is Kind.IDENTITY]

    @property
    def plain(self) -> list[Field]:
        return [one for one in self.columns if one.kind is not Kind.IDENTITY]


@transaction.atomic
def open_export(*, export: Export, staff: User) -> Opened:
    """Book the look, and gather what stands on the page: what leaves, never what it says."""
    audit.record(ExportEvent.VIEWED, actor=staff, target=export.target)
    return opened(export, staff)


def opened(export: Export, staff: User) -> Opened:
    """The same without booking: for a page that asks for its own state again."""
    now = timezone.now()
    mine = export.requester_id == staff.pk
    live = export.available_until is not None and now < export.available_until
    open_to_decide = (
        can(staff, Permission.APPROVE_EXPORT)
        and selectors.decidable(export)
        and staff.role in export.sides
    )
    ground = _objection(export, staff) if open_to_decide else None
    return Opened(
        one=shown(export, now),
        columns=rows.fields_of(export),
        steps=_story(export),
        missing=[str(Role(side).label) for side in selectors.sides_missing(export)],
        taken=selectors.rows_taken(export.requester, now=now),
        is_mine=mine,
        may_decide=open_to_decide and ground is None,
        objection=WORDS[ground] if ground else None,
        may_withdraw=mine and export.state in {State.ASKED, State.APPROVED, State.BUILDING,
                                               State.READY},
        may_download=mine and rules.is_downloadable(export.state, export.available_until, now=now),
        may_see_password=mine and live and export.state == State.DOWNLOADED,
    )  # fmt: skip


def _objection(export: Export, staff: User) -> Objection | None:
    return rules.objection(
        selectors.person_of(staff),
        requester=selectors.person_of(export.requester),
        recipient=export.recipient_id,
        recipient_name=export.recipient_name,
        sides=frozenset(export.sides),
        agreed=[selectors.person_of(one.approver) for one in selectors.approvals_of(export)],
    )


def _story(export: Export) -> list[Step]:
    """What happened, newest first."""
    steps = [Step("send", "", _("Asked for"), export.asked_at, export.requester.display_name)]
    steps += [
        Step("check", "ok", _("Agreed"), one.created_at, one.approver.display_name,
             text=str(Role(one.side).label))
        for one in selectors.approvals_of(export)
    ]  # fmt: skip
    if export.refused_by:
        by = export.refused_by.display_name
        steps.append(Step("x", "warn", _("Refused"), export.closed_at, by, quote=export.refusal))
    if export.built_at:
        facts = {"rows": export.built_rows, "sha": export.sha256[:16]}
        text = _("%(rows)d rows · SHA-256 begins %(sha)s") % facts
        steps.append(Step("file-lock", "ok", _("Built"), export.built_at, text=text))
    if export.downloaded_at:
        steps.append(Step("download", "", _("Downloaded; the file here was destroyed"),
                          export.downloaded_at, export.requester.display_name))  # fmt: skip
    if export.password_shown_at:
        steps.append(Step("key-round", "", _("Password shown"), export.password_shown_at))
    if export.closed_at and export.state != State.REFUSED:
        text = export.get_failure_display() if export.failure else ""
        steps.append(Step("circle-x", "", export.get_state_display(), export.closed_at, text=text))
    return sorted(steps, key=lambda one: one.at or export.asked_at, reverse=True)
