"""The trail of a patient as lines on a screen: icon, tone, words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from crm.patients import words
from crm.patients.events import PatientEvent
from crm.patients.selectors import Trace
from privacy.access.policy import Role
from privacy.audit.events import Kind, Registry
from privacy.audit.models import AuditEvent
from privacy.consent.models import Channel, Purpose

# By the first part of the event's name; what is not listed gets the look of its kind.
LOOKS: Final[dict[str, tuple[str, str]]] = {
    "consultation": ("message-circle", "brand"),
    "estimate": ("receipt-text", "brand"),
    "plan": ("calendar-days", "ok"),
    "step": ("calendar-check", "ok"),
    "message": ("send", "ok"),
    "reminder": ("send", "ok"),
    "consent": ("file-check", "brand"),
    "visit": ("door-open", "ok"),
}
KIND_LOOKS: Final[dict[str, tuple[str, str]]] = {
    Kind.REVEAL.value: ("lock-open", ""),
    Kind.PRINT.value: ("printer", ""),
    Kind.SEND.value: ("send", "ok"),
    Kind.EXPORT.value: ("download", "warn"),
    Kind.IMPORT.value: ("upload", ""),
    Kind.ACCESS.value: ("clock", ""),
    Kind.BREAK_GLASS.value: ("triangle-alert", "warn"),
}


@dataclass(frozen=True)
class Line:
    """What ``partials/_timeline.html`` shows of one event."""

    icon: str
    tone: str
    title: str | Promise
    at: datetime
    by: str
    text: str
    badge: str = ""
    badge_tone: str = ""


def lines_of(traces: list[Trace]) -> list[Line]:
    """The events of a trail in words."""
    return [_line(trace) for trace in traces]


def _line(trace: Trace) -> Line:
    event = trace.event
    icon, tone = KIND_LOOKS.get(event.kind) or LOOKS.get(
        event.action.split(".")[0], ("circle-dot", "")
    )
    failed = event.outcome != "ok"
    return Line(
        icon=icon,
        tone="warn" if failed else tone,
        title=Registry.label(event.action),
        at=event.at,
        by=_author(trace),
        text=_text(trace),
        badge=_("not done") if failed else "",
        badge_tone="warn",
    )


def _author(trace: Trace) -> str:
    event = trace.event
    if trace.by is not None:
        return f"{trace.by.display_name} · {Role(event.role).label}"
    return _("by the patient") if event.process == "patient" else _("by the system")


def _text(trace: Trace) -> str:
    event = trace.event
    if trace.about is not None:
        return f"{trace.about.display_name} · {trace.about.get_role_display()}"
    if event.kind == Kind.REVEAL:
        return _purpose_of_look(event)
    if event.action.startswith("consent."):
        return _cell(event)
    return ""


def _purpose_of_look(event: AuditEvent) -> str:
    fields = "、".join(_word_for(path) for path in event.fields)
    purposes = {**words.REVEAL_PURPOSES, **words.OFF_HOURS_PURPOSES}
    purpose = purposes.get(event.purpose, event.purpose)
    return " · ".join(str(part) for part in (fields, purpose, event.reason) if part)


def _word_for(path: str) -> str:
    model, _dot, name = path.rpartition(".")
    table = words.FORMER_FIELDS if model == "formercontact" else words.REVEAL_FIELDS
    return str(table.get(name, name))


def _cell(event: AuditEvent) -> str:
    purpose, _slash, channel = event.target.removeprefix("consent:").partition("/")
    if purpose not in Purpose.values or channel not in Channel.values:
        return ""
    return f"{Purpose(purpose).label} · {Channel(channel).label}"


@dataclass(frozen=True)
class Look:
    """One row of "who looked"."""

    at: datetime
    who: str
    role: str
    what: str
    purpose: str


def looks_of(traces: list[Trace]) -> list[Look]:
    """Every sight of a patient in words, nothing left out."""
    return [_look(trace) for trace in traces]


def _look(trace: Trace) -> Look:
    event = trace.event
    says_why = event.kind == Kind.REVEAL or event.action == PatientEvent.OFF_HOURS
    return Look(
        at=event.at,
        who=trace.by.display_name if trace.by else _author(trace),
        role=str(Role(event.role).label) if event.role in Role.values else "",
        what=str(Registry.label(event.action)),
        purpose=_purpose_of_look(event) if says_why else "",
    )
