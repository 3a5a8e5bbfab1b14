"""On what grounds an event is looked at. Each is a function over a period; ``add`` takes more.

The grounds marked ``always`` are to 100 %; the others are signs that something is unusual, and put
one event a person and day (or patient) on the sheet, from which the trail leads on.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.joint_review import reading, relations, rules
from crm.joint_review.reading import Fact
from crm.patients.guards import guard_spans, minors_until
from crm.staff.models import Clinic, User
from privacy.audit.events import Kind

Words = str | Promise
Numbers = Mapping[str, int]
NONE: Final[Numbers] = {}


@dataclass
class Scene:
    """A period of a clinic, read once for all grounds."""

    clinic: Clinic
    since: datetime
    until: datetime
    facts: Sequence[Fact] = field(default_factory=list)

    @cached_property
    def people(self) -> dict[UUID, User]:
        return User.objects.filter(clinic=self.clinic).in_bulk()

    @cached_property
    def reveals(self) -> list[Fact]:
        return [one for one in self.facts if one.kind == Kind.REVEAL]

    @cached_property
    def sights(self) -> dict[tuple[UUID, str], list[Fact]]:
        """The first look of each person at each patient on each day: (person, code) -> looks."""
        found: dict[tuple[UUID, str], list[Fact]] = defaultdict(list)
        seen: set[tuple[UUID, str, date]] = set()
        for one in self.facts:
            code = one.one_patient
            key = (one.actor, code, day_of(one)) if one.actor and code else None
            if key and key not in seen:
                seen.add(key)
                found[key[0], code].append(one)
        return found


Finder = Callable[[Scene], Iterable[tuple[UUID, Numbers]]]


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Ground:
    """Why an event is on a sheet. ``find`` None: told by the event's kind and action alone."""

    code: str
    label: Words
    always: bool
    find: Finder | None = None
    examined: Callable[[], bool] = _always  # whether this installation can tell at all


GROUNDS: Final[dict[str, Ground]] = {}


def add(
    code: str,
    label: Words,
    *,
    always: bool,
    find: Finder | None = None,
    examined: Callable[[], bool] = _always,
) -> None:
    """Make a ground known. In: ``code`` at most 20 characters, it stands on sheets for good."""
    GROUNDS[code] = Ground(code, label, always, find, examined)


UNEXAMINED: Final = "unexamined:"  # before a ground's code, among the numbers of a sheet


def unexamined() -> dict[str, int]:
    """What the sheets of this installation say nothing about, for their frozen numbers."""
    return {f"{UNEXAMINED}{one.code}": 1 for one in GROUNDS.values() if not one.examined()}


def unexamined_on(counts: Mapping[str, int]) -> list[Ground]:
    """The grounds that could not be examined when a sheet with these numbers was drawn."""
    return [one for one in GROUNDS.values() if f"{UNEXAMINED}{one.code}" in counts]


def day_of(fact: Fact) -> date:
    """The day of clinic time."""
    return timezone.localdate(fact.at)


def found_in(scene: Scene) -> dict[UUID, dict[str, Numbers]]:
    """Event -> ground -> the numbers behind it, for everything but the random rest."""
    found: dict[UUID, dict[str, Numbers]] = defaultdict(dict)
    for one in scene.facts:
        for code in rules.grounds_of(one.kind, one.action):
            found[one.id][code] = NONE
    for ground in GROUNDS.values():
        for event_id, numbers in ground.find(scene) if ground.find else ():
            found[event_id][ground.code] = numbers
    return found


# --- the grounds ------------------------------------------------------------------------------


def _reveals_of_minors(scene: Scene) -> Iterable[tuple[UUID, Numbers]]:
    """By the marks that were set when age became known. Nothing is opened: the worker that draws
    has no key to a year of birth, and a sheet drawn by hand has to say the same."""
    minors = minors_until({code for one in scene.reveals for code in one.codes})
    return [
        (one.id, NONE)
        for one in scene.reveals
        for until in (minors[code] for code in one.codes if code in minors)
        if until is None or one.at < until
    ]


def _reveals_of_guarded(scene: Scene) -> Iterable[tuple[UUID, Numbers]]:
    """Plain text of people in the public eye and of colleagues, guarded at that moment."""
    spans = guard_spans({code for one in scene.reveals for code in one.codes})
    return [
        (one.id, NONE)
        for one in scene.reveals
        for since, until in (span for code in one.codes for span in spans.get(code, ()))
        if since <= one.at and (until is None or one.at < until)
    ]


def _joined_themselves(scene: Scene) -> Iterable[tuple[UUID, Numbers]]:
    """Who puts themselves on a care team gives themselves access."""
    numbers = {pk: f"staff:{one.staff_no}" for pk, one in scene.people.items()}
    return [
        (one.id, NONE)
        for one in scene.facts
        if one.action == "patient.joined_team"
        and one.actor
        and one.target == numbers.get(one.actor)
    ]


def _old_keys(scene: Scene) -> Iterable[tuple[UUID, Numbers]]:
    """The first old data key that ended on each day, and how many patients' did."""
    days: dict[date, list[Fact]] = defaultdict(list)
    for one in scene.facts:
        if one.action == "keys.old_destroyed":
            days[day_of(one)].append(one)
    return [(ends[0].id, {"count": len(ends)}) for ends in days.values()]


def _bursts(scene: Scene) -> Iterable[tuple[UUID, Numbers]]:
    """The look by which somebody passed three times their own usual day."""
    base = scene.since - timedelta(days=rules.BASE_DAYS)
    counts = reading.sights_a_day(scene.clinic.pk, base, scene.until)
    days: dict[tuple[UUID, str, date], list[Fact]] = defaultdict(list)
    for one in scene.facts:
        if one.actor and one.kind in reading.SIGHTS:
            days[one.actor, one.kind, day_of(one)].append(one)
    for (actor, kind, day), looks in days.items():
        before = counts.get((actor, kind), {})
        span = (day - timedelta(days=back) for back in range(1, rules.BASE_DAYS + 1))
        limit = rules.threshold([before.get(one, 0) for one in span])
        if limit is not None and len(looks) > limit:
            yield looks[limit].id, {"count": len(looks), "usual": limit // rules.BURST_TIMES}


def _off_hours(scene: Scene) -> Iterable[tuple[UUID, Numbers]]:
    """The first act of each person on each day while the clinic was closed, and how many."""
    days: dict[tuple[UUID | None, date], list[Fact]] = defaultdict(list)
    for one in scene.facts:
        if one.off_hours:
            days[one.actor, day_of(one)].append(one)
    return [(acts[0].id, {"count": len(acts)}) for acts in days.values()]


def _out_of_relation(scene: Scene) -> Iterable[tuple[UUID, Numbers]]:
    """Looks at a patient to whom the records show no relation of the person who looked."""
    codes = {code for _person, code in scene.sights}
    known = relations.Known(scene.clinic, codes, since=scene.since)
    return [
        (look.id, NONE)
        for (person, code), looks in scene.sights.items()
        for look in looks
        if not known.explains(person, code, role=look.role, at=look.at)
    ]


def _same_surname(scene: Scene) -> Iterable[tuple[UUID, Numbers]]:
    """The first look of each person at each patient who may bear their surname."""
    return [
        (scene.sights[pair][0].id, NONE)
        for pair in relations.same_surname(scene.clinic, scene.people, set(scene.sights))
    ]


add("break_glass", _("Break-glass"), always=True)
add("export", _("Exports"), always=True)
add("reveal_minor", _("Plain text of a possible minor"), always=True, find=_reveals_of_minors)
add("reveal_guarded", _("Plain text of a guarded patient"), always=True, find=_reveals_of_guarded)
add("grant", _("Access grants and verdicts"), always=True)
add("self_joined", _("Put themselves on a care team"), always=True, find=_joined_themselves)
add("unattributed", _("Rows changed by nobody known"), always=True)
add("rights", _("Accounts, rights and keys"), always=True)
add("old_keys", _("Old data keys destroyed"), always=False, find=_old_keys)
add("burst", _("Far more looks than usual"), always=False, find=_bursts)
add("off_hours", _("Outside opening hours"), always=False, find=_off_hours)
add("out_of_relation", _("Neither booked nor assigned"), always=False, find=_out_of_relation)
add(
    "same_surname",
    _("Same surname as the patient"),
    always=False,
    find=_same_surname,
    examined=lambda: settings.NAME_SEARCH,
)
add(rules.RANDOM, _("Random sample"), always=False)
