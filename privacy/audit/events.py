"""What can happen: each feature names its events in an ``events.py`` of its own."""

from enum import StrEnum
from typing import Any, ClassVar, Final, Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(StrEnum):
    """The few classes of act that an auditor filters by (S59)."""

    VIEW = "view"
    REVEAL = "reveal"
    CHANGE = "change"
    EXPORT = "export"
    PRINT = "print"
    SIGN_IN = "sign_in"
    DENIAL = "denial"
    SEND = "send"
    IMPORT = "import"
    SYSTEM = "system"
    ACCESS = "access"  # who may see whom for a time
    BREAK_GLASS = "breakglass"

    @property
    def label(self) -> Promise | str:
        return _KIND_LABELS[self]


_KIND_LABELS: dict[Kind, Promise | str] = {
    Kind.VIEW: _("View"),
    Kind.REVEAL: _("Reveal"),
    Kind.CHANGE: _("Change"),
    Kind.EXPORT: _("Export"),
    Kind.PRINT: _("Print"),
    Kind.SIGN_IN: _("Sign-in"),
    Kind.DENIAL: _("Denial"),
    Kind.SEND: _("Send"),
    Kind.IMPORT: _("Import"),
    Kind.SYSTEM: pgettext_lazy("kind of event", "System"),
    Kind.ACCESS: _("Access for a time"),
    Kind.BREAK_GLASS: _("Break-glass"),
}


ROUTINE: Final = "routine"
SIGHT: Final = "sight"


class Event(StrEnum):
    """Base of the features' event names: ``NAME = "estimate.issued", Kind.CHANGE, _("…")``.

    A fourth value: ROUTINE marks work on something unfinished, such as an autosave: the trail
    keeps every one of them, and a patient's timeline shows none. SIGHT marks what shows one patient
    behind the patient's own door, and never rows of a list.
    """

    kind: Kind
    label: Promise | str
    mark: str

    def __new__(cls, value: str, kind: Kind, label: Promise | str, mark: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.kind = kind
        member.label = label
        member.mark = mark
        return member

    def __init__(self, *_args: Any) -> None:
        Registry.known[self._value_] = self


class Registry:
    """Every event name of the running product, for filters and for showing old rows."""

    known: ClassVar[dict[str, Event]] = {}

    @classmethod
    def label(cls, action: str) -> Promise | str:
        """The name to show for an action; the bare action where this version knows it no more."""
        event = cls.known.get(action)
        return event.label if event else action

    @classmethod
    def marked(cls, mark: str) -> list[str]:
        """The actions with this mark."""
        return [action for action, event in cls.known.items() if event.mark == mark]


class AuditTrailEvent(Event):
    """What is done to the trail itself."""

    VIEWED = "audit.viewed", Kind.VIEW, _("Opened the audit log")
    VERIFIED = "audit.verified", Kind.SYSTEM, _("Verified the audit log")
    EXPORTED = "audit.exported", Kind.EXPORT, _("Exported audit events")
    MONTH_EXPORTED = "audit.month_exported", Kind.EXPORT, _("Exported a month of the audit log")
    MONTH_EXPORT_ENDED = (
        "audit.month_export_ended",
        Kind.EXPORT,
        _("Ended the export of a month of the audit log"),
    )
    PLAINTEXT_HUNTED = "audit.plaintext_hunted", Kind.SYSTEM, _("Looked for plain text on disk")
    ASSURED = "audit.assured", Kind.SYSTEM, _("Reported the security figures")


class AccessEvent(Event):
    """What guards and the cipher report."""

    DENIED = "access.denied", Kind.DENIAL, _("Was refused")
    NOT_FOUND = "access.not_found", Kind.DENIAL, _("Asked for a record out of reach")
    CRYPTO_FAILED = "crypto.failed", Kind.SYSTEM, _("A sealed value did not open")
