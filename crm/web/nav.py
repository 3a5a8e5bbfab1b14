"""Where each member of staff may go: one table; pages that do not exist leave themselves out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from privacy.access.policy import Permission, can
from privacy.actors import Actor

Words = str | Promise  # text translated when it is shown


@dataclass(frozen=True)
class Entry:
    """A page of the side column: who may open it and how it is called."""

    permission: Permission | None  # None: everybody who is signed in
    view_name: str
    icon: str
    label: Words


@dataclass(frozen=True)
class Item:
    """An entry for one person and one request."""

    url: str
    icon: str
    label: Words
    current: bool
    count: int
    urgent: bool


@dataclass(frozen=True)
class Group:
    """Items under one heading; never empty."""

    label: Words
    items: list[Item]


GROUPS: Final[tuple[tuple[Words, tuple[Entry, ...]], ...]] = (
    (
        _("Daily work"),
        (
            Entry(None, "desk:home", "layout-dashboard", _("My desk")),
            Entry(Permission.VIEW_PATIENTS, "patients:list", "users", _("Patients")),
            Entry(
                Permission.VIEW_CONSULTATIONS,
                "consult:consultations",
                "message-square-text",
                _("Consultations"),
            ),
            Entry(Permission.VIEW_ESTIMATES, "consult:estimates", "receipt-text", _("Estimates")),
            Entry(Permission.VIEW_PLANS, "followup:plans", "phone-call", _("Follow-up")),
            Entry(Permission.VIEW_MESSAGES, "messaging:list", "send", _("Messages")),
        ),
    ),
    (
        _("Control"),
        (
            Entry(
                Permission.VIEW_ACCESS_REQUESTS, "access:list", "hourglass", _("Access requests")
            ),
            Entry(Permission.VIEW_AUDIT, "trail:list", "shield-check", _("Audit trail")),
            Entry(Permission.VIEW_OWN_AUDIT, "trail:own", "scroll-text", _("My own trail")),
            Entry(Permission.VIEW_KEYS, "custody:keys", "key-round", _("Encryption keys")),
            Entry(Permission.VIEW_STAFF, "staff:list", "id-card", _("Staff")),
            Entry(Permission.MANAGE_ROOMS, "scheduling:rooms", "door-open", _("Rooms")),
        ),
    ),
)
OWN: Final = (
    Entry(None, "staff:account", "user-round", _("My account")),
    Entry(Permission.MANAGE_TOKENS, "staff:tokens", "key-round", _("API tokens")),
)
Counter = Callable[[Actor], int]
_counters: dict[str, tuple[Counter, bool]] = {}


def register_count(view_name: str, counter: Counter, *, urgent: bool = False) -> None:
    """Show a number beside an entry: ``counter`` is asked once a page; ``urgent`` makes it red.

    For upper floors, in ``AppConfig.ready()``; the shell itself imports no feature.
    """
    _counters[view_name] = (counter, urgent)


def groups_for(actor: Actor, path: str) -> list[Group]:
    """The side column of one person on one page, empty groups left out."""
    open_doors = [(label, list(_doors(entries, actor))) for label, entries in GROUPS]
    here = _current(path, [url for _label, doors in open_doors for _entry, url in doors])
    return [
        Group(label=label, items=[_item(entry, url, actor, here) for entry, url in doors])
        for label, doors in open_doors
        if doors
    ]


def own_items(actor: Actor) -> list[Item]:
    """Pages about the member of staff, for the user menu."""
    return [_item(entry, url, actor, "") for entry, url in _doors(OWN, actor)]


def url_or_none(view_name: str) -> str:
    """The address of a page, or "" if the page does not exist."""
    try:
        return reverse(view_name)
    except NoReverseMatch:
        return ""


def _doors(entries: tuple[Entry, ...], actor: Actor) -> Iterator[tuple[Entry, str]]:
    for entry in entries:
        if entry.permission is None or can(actor, entry.permission):
            url = url_or_none(entry.view_name)
            if url:
                yield entry, url


def _current(path: str, urls: list[str]) -> str:
    """The longest address that ``path`` lies under; "/" only for itself."""
    under = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
    return max(under, key=len, default="")


def _item(entry: Entry, url: str, actor: Actor, here: str) -> Item:
    counter, urgent = _counters.get(entry.view_name, (None, False))
    return Item(
        url=url,
        icon=entry.icon,
        label=entry.label,
        current=url == here,
        count=counter(actor) if counter else 0,
        urgent=urgent,
    )
