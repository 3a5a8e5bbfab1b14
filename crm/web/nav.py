"""Where each member of staff may go: one table; pages that do not exist leave themselves out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
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
    quiet: bool = False  # left out of the side column while its number is 0


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
            Entry(None, "clearance:own", "badge-check", _("My clearance")),
            Entry(None, "review:own", "flag", _("Findings about me"), quiet=True),
        ),
    ),
    (
        _("Control"),
        (
            Entry(Permission.VIEW_ALERTS, "alerts:list", "bell-ring", _("Alerts")),
            Entry(Permission.VIEW_ALERTS, "incidents:list", "siren", _("Incidents")),
            Entry(
                Permission.VIEW_ACCESS_REQUESTS, "access:list", "hourglass", _("Access requests")
            ),
            Entry(Permission.VIEW_REVIEW, "review:list", "clipboard-check", _("Joint review")),
            Entry(Permission.VIEW_EXPORTS, "exports:list", "package-open", _("Exports")),
            Entry(Permission.GUARD_PATIENT, "patients:guarded", "lock", _("Guarded patients")),
            Entry(Permission.VIEW_HONEY, "honey:list", "flower-2", _("Honey records")),
            Entry(Permission.VIEW_AUDIT, "trail:list", "shield-check", _("Audit trail")),
            Entry(Permission.VIEW_OWN_AUDIT, "trail:own", "scroll-text", _("My own trail")),
            Entry(
                Permission.VIEW_SEPARATION,
                "separation:overview",
                "scale",
                _("Separation of duties"),
            ),
            Entry(Permission.VIEW_KEYS, "custody:keys", "key-round", _("Encryption keys")),
            Entry(
                Permission.VIEW_ERASURES,
                "custody:erasures",
                "eraser",
                _("Erase and restrict"),
            ),
            Entry(Permission.VIEW_INVENTORY, "inventory:list", "database", _("Data inventory")),
            Entry(Permission.VIEW_STAFF, "staff:list", "id-card", _("Staff")),
            Entry(Permission.VIEW_STAFF, "clearance:overview", "list-checks", _("Clearances")),
            Entry(Permission.MANAGE_ROOMS, "scheduling:rooms", "door-open", _("Rooms")),
        ),
    ),
)
OWN: Final = (
    Entry(None, "staff:account", "user-round", _("My account")),
    Entry(None, "clearance:library", "book-open", _("Policies")),
    Entry(None, "review:own", "flag", _("Findings about me")),
    Entry(Permission.MANAGE_TOKENS, "staff:tokens", "key-round", _("API tokens")),
)
Rows = QuerySet[Any, Any]
Counter = Callable[[Actor], int | Rows]
_counters: dict[str, tuple[Counter, bool]] = {}


def register_count(view_name: str, counter: Counter, *, urgent: bool = False) -> None:
    """Show a number beside an entry: ``counter`` is asked once a page; ``urgent`` makes it red.

    A counter gives a number, or the rows to be counted: all such rows of a page are counted by one
    statement, however many entries there are.

    For upper floors, in ``AppConfig.ready()``; the shell itself imports no feature.
    """
    _counters[view_name] = (counter, urgent)


def counters_of(actor: Actor) -> dict[str, Counter]:
    """The counters of the entries that are open to somebody, by name of their page."""
    names = (entry.view_name for _label, entries in GROUPS for entry, _ in _doors(entries, actor))
    return {name: _counters[name][0] for name in names if name in _counters}


def groups_for(actor: Actor, path: str, numbers: Mapping[str, int] | None = None) -> list[Group]:
    """The side column of one person on one page, empty groups left out.

    In: ``numbers`` of ``counters_of``, if they have been asked for already.
    """
    open_doors = [(label, list(_doors(entries, actor))) for label, entries in GROUPS]
    here = _current(path, [url for _label, doors in open_doors for _entry, url in doors])
    if numbers is None:
        numbers = ask(counters_of(actor), actor)
    return [
        Group(label=label, items=items)
        for label, doors in open_doors
        if (items := [_item(*one, here, numbers) for one in doors if _speaks(*one, here, numbers)])
    ]


def _speaks(entry: Entry, url: str, here: str, numbers: Mapping[str, int]) -> bool:
    """Whether an entry is shown now: a quiet one only where something waits, or on its page."""
    return not entry.quiet or url == here or bool(numbers.get(entry.view_name))


def own_items(actor: Actor) -> list[Item]:
    """Pages about the member of staff, for the user menu."""
    return [_item(entry, url, "", {}) for entry, url in _doors(OWN, actor)]


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


def ask(counters: Mapping[str, Counter], actor: Actor) -> dict[str, int]:
    """The number of each counter by its name; all rows are counted by one statement."""
    numbers: dict[str, int] = {}
    rows: dict[str, tuple[str, tuple[Any, ...]]] = {}
    for name, counter in counters.items():
        found = counter(actor)
        if isinstance(found, int):
            numbers[name] = found
            continue
        try:
            rows[name] = found.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:  # the condition itself says that there is nothing
            numbers[name] = 0
    return numbers | _counted(rows)


def _counted(rows: Mapping[str, tuple[str, tuple[Any, ...]]]) -> dict[str, int]:
    if not rows:
        return {}
    columns = ", ".join(f"(SELECT count(*) FROM ({text}) AS rows)" for text, _ in rows.values())  # noqa: S608 - SQL as Django compiled it, its values apart
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns}", [value for _, values in rows.values() for value in values]
        )
        return dict(zip(rows, cursor.fetchone(), strict=True))


def _item(entry: Entry, url: str, here: str, numbers: Mapping[str, int]) -> Item:
    urgent = _counters[entry.view_name][1] if entry.view_name in _counters else False
    return Item(
        url=url,
        icon=entry.icon,
        label=entry.label,
        current=url == here,
        count=numbers.get(entry.view_name, 0),
        urgent=urgent,
    )
