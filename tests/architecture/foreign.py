"""What somebody may try in an address in place of an object of theirs.

Four kinds, made from the addresses themselves: objects that belong elsewhere (another clinic, a
patient of the same clinic out of reach, a colleague), neighbours of an object of one's own, and
values that nothing has. None of them may be answered.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any, Final
from uuid import UUID

from django.test import Client
from django.urls import NoReverseMatch, reverse

from crm.patients.models import Patient
from crm.staff.models import User
from crm.staff.session_store import FACTOR_AT, FULLY_AT
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import CLINIC_WIDE, Role
from privacy.pseudonyms.rules import ALPHABET
from tests.architecture.routes import Route
from tests.architecture.samples import World, kwargs_for
from tests.architecture.test_permissions import written
from tests.factories.guards import guarded_by
from tests.factories.people import ClinicFactory, PatientFactory, UserFactory

SEED: Final = 20261122


class Belongs(StrEnum):
    """To whom the object of a keyword belongs, so that it is foreign to everybody else."""

    PATIENT = "patient"  # foreign with the patient, in the same clinic too
    CLINIC = "clinic"
    PERSON = "person"
    HOUSE = "house"  # the same for all: only values that nothing has are foreign


# A feature adds the keyword of its addresses, as it does in samples.py.
OWNERS: Final[Mapping[str, Belongs]] = {
    **dict.fromkeys(
        ("code", "consultation_id", "member_id", "message_id", "number", "pk", "plan_id",
         "step_id", "turn_id", "visit_id"), Belongs.PATIENT),
    **dict.fromkeys(
        ("alert_id", "clinic_licence_id", "double_id", "erasure_id", "event_id", "finding_id",
         "guard_id", "honey_id", "incident_id", "item_id", "licence_id", "outgoing_id",
         "price_id", "request_id", "restriction_id", "room_id", "sheet_id",
         "staff_id"), Belongs.CLINIC),
    **dict.fromkeys(
        ("own_finding_id", "passkey_id", "session_id", "sitting_id", "token_id", "view_id"),
        Belongs.PERSON),
    **dict.fromkeys(
        ("cell", "copy_id", "course", "edition", "export_id", "fact", "notice", "slug", "token",
         "version"),
        Belongs.HOUSE),
}  # fmt: skip
# Who serves the whole clinic calls up everybody's numbers, those of guarded patients too, and
# receives them by the code of their card (T1): there a guarded patient of the clinic is one's own.
CALLED_UP: Final = frozenset({"visit_id"})
RECEIVED: Final = frozenset({"scheduling:arrive", "scheduling:expect"})
# Addresses that say the same of what is gone as of what never was, and so say nothing: the reason.
AS_IF_GONE: Final[Mapping[tuple[str, str], str]] = {
    ("staff:passkey-revoke", "passkey_id"): "403: no such passkey, in one's own list of them",
    ("staff:session-end", "session_id"): "a session that is over already is no error",
    ("patients:team-remove", "member_id"): "who has left the team already is no error",
    ("consult:draft-turn", "turn_id"): "a message that a colleague removed leads to the draft",
    ("patients:consent", "cell"): "422: no such question; questions are nobody's",
}
# The trail tells of the attempt; a form that was sent leaves its key; an alert may be raised.
MAY_WRITE: Final = frozenset({"privacy_auditevent", "crm_formsubmission"})


class Elsewhere:
    """Clinics, patients and colleagues that are not the asker's.

    In each of ``clinics`` other clinics is a patient; as many of the own clinic are guarded, so
    that neither role nor care team lets the asker in. One colleague a role cares for each.
    """

    def __init__(self, own: Patient, *, clinics: int, seed: int = SEED) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - a mixture, no secret
        self.own = own
        self.others = [PatientFactory.create(clinic=ClinicFactory.create()) for _ in range(clinics)]
        self.hidden = [PatientFactory.create(clinic=own.clinic) for _ in range(clinics)]
        self._team: dict[tuple[Any, str], User] = {}
        for patient in (own, *self.others, *self.hidden):
            for role in Role:
                user = UserFactory.create(clinic=patient.clinic, role=role)
                patient.care_team.create(staff=user)
                self._team[patient.pk, role] = user
        for patient in self.hidden:
            guarded_by(patient, self._team[patient.pk, Role.CONSULTANT])

    def world(self, patient: Patient, viewer: User, route: Route) -> World:
        """As if a colleague of the viewer's role asked about that patient."""
        there = self._team[patient.pk, viewer.role]
        author = self._team[patient.pk, Role.CONSULTANT]
        return World(viewer=there, patient=patient, author=author, address=route.name)


@dataclass(frozen=True)
class Asked:
    """One knock at a door with a foreign value of some kind, and what it was told."""

    method: str
    kind: str
    status: int
    length: int


@dataclass(frozen=True)
class Tried:
    """All knocks with foreign values for one keyword of an address."""

    route: Route
    keyword: str
    values: int
    asked: list[Asked]
    wrote: frozenset[str]

    def cases(self) -> list[Asked]:
        """Without those where the address has no such method."""
        return [one for one in self.asked if one.status != HTTPStatus.METHOD_NOT_ALLOWED]

    def answered(self) -> list[Asked]:
        """Those that got anything but the words for what is not there; all, if one wrote a row."""
        if self.wrote - MAY_WRITE:
            return self.cases()
        return [one for one in self.cases() if not self._is_nothing(one)]

    def _is_nothing(self, one: Asked) -> bool:
        if (self.route.name, self.keyword) not in AS_IF_GONE:
            return one.status == HTTPStatus.NOT_FOUND
        never_was = {
            (other.status, other.length)
            for other in self.cases()
            if other.method == one.method and other.kind == "chance"
        }
        return never_was == {(one.status, one.length)}


def knock(
    route: Route,
    client: Client,
    world: World,
    elsewhere: Elsewhere,
    *,
    methods: Sequence[str],
    count: int,
) -> Iterator[Tried]:
    """Ask an address for ``count`` foreign values in place of each of its objects in turn.

    In: ``world`` of who asks, who has a right to each of ``methods``; what it makes, stays.
    """
    own = kwargs_for(route.kwargs, world)
    for name in route.kwargs:
        values = foreign_values(route, name, own, world.viewer, elsewhere, count)
        before, asked = written(), list[Asked]()
        for kind, value in values:
            address = reverse(route.name, kwargs=own | {name: value})
            for method in methods:
                response = _ask(client, route, method, address)
                asked.append(Asked(method, kind, response.status_code, len(response.content)))
        wrote = {table for table, rows in written().items() if rows != before.get(table, 0)}
        yield Tried(route, name, len(values), asked, frozenset(wrote))


def with_fresh_factor(client: Client) -> Client:
    """The second factor was shown just now: no door asks for it before it looks anything up."""
    session = client.session
    session[FACTOR_AT] = session[FULLY_AT] = int(time.time()) + 36_000
    session.save()
    return client


def _ask(client: Client, route: Route, method: str, address: str) -> Any:
    cookies = {name: cookie.value for name, cookie in client.cookies.items()}
    if method == "GET":
        response = client.get(address)
    elif route.is_api:
        response = client.post(address, {}, content_type="application/json")
    else:
        response = client.post(address, {FIELD: new_key()})
    client.cookies = SimpleCookie(cookies)
    return response


def foreign_values(
    route: Route,
    name: str,
    own: Mapping[str, Any],
    viewer: User,
    elsewhere: Elsewhere,
    count: int,
) -> list[tuple[str, Any]]:
    """``count`` values for one keyword of an address, with their kinds.

    In: ``own`` is the whole address of an object of the viewer's. What belongs elsewhere is made
    here; where fewer neighbours fit, or nothing belongs elsewhere, there are more by chance.
    Raises: LookupError naming a keyword of which nobody said to whom it belongs.
    """
    if name not in OWNERS:
        raise LookupError(f"say to whom <{name}> belongs in tests/architecture/foreign.py")
    mine = own[name]
    kinds: tuple[tuple[str, int, Iterator[Any]], ...] = (
        ("elsewhere", count * 2 // 5, _elsewhere(route, name, viewer, elsewhere)),
        ("neighbour", count * 7 // 10, _near(mine)),
        ("chance", count, (_by_chance(mine, elsewhere.dice) for _ in range(100 * count))),
    )
    found: dict[Any, str] = {}
    for kind, until, values in kinds:
        for value in values:
            if len(found) >= until:
                break
            if value != mine and _fits(route, own | {name: value}):
                found.setdefault(value, kind)
    return [(kind, value) for value, kind in found.items()]


def _elsewhere(route: Route, name: str, viewer: User, elsewhere: Elsewhere) -> Iterator[Any]:
    """Keys of objects that exist and are not the viewer's."""
    owner, places = OWNERS[name], list[Patient]()
    if owner is not Belongs.HOUSE:
        places += elsewhere.others
    called = viewer.role in CLINIC_WIDE and (name in CALLED_UP or route.name in RECEIVED)
    if owner is Belongs.PATIENT and not called:
        places += elsewhere.hidden
    if owner is Belongs.PERSON:
        places.append(elsewhere.own)
    elsewhere.dice.shuffle(places)
    for patient in places:
        world = elsewhere.world(patient, viewer, route)
        kwargs_for(route.kwargs[: route.kwargs.index(name) + 1], world)
        yield world.kept[name]


def _near(own: Any) -> Iterator[Any]:
    """Neighbours: the numbers before and after, and texts that differ in one character."""
    for step in range(1, 200):
        if isinstance(own, UUID):
            yield from (UUID(int=own.int + step), UUID(int=own.int - step))
        elif isinstance(own, int):
            yield own + step
        elif own.startswith("E-"):
            head, number = own.rsplit("-", 1)
            yield from (f"{head}-{int(number) + one:04d}" for one in (step, -step))
        else:
            place, other = step % len(own), ALPHABET[step % len(ALPHABET)]
            other = other if own.isupper() else other.lower()
            yield own[:place] + other + own[place + 1 :]


def _by_chance(own: Any, dice: random.Random) -> Any:
    if isinstance(own, UUID):
        return UUID(int=dice.getrandbits(128), version=4)
    if isinstance(own, int):
        return dice.randrange(2, 1_000_000)
    if own.startswith("E-"):
        return f"E-{dice.randrange(2020, 2030)}-{dice.randrange(10_000, 10**8)}"
    text = "".join(dice.choices(ALPHABET, k=len(own)))
    return text if own.isupper() else text.lower()


def _fits(route: Route, kwargs: Mapping[str, Any]) -> bool:
    """Whether the address takes the values at all; what it does not take asks nobody."""
    try:
        reverse(route.name, kwargs=kwargs)
    except NoReverseMatch:
        return False
    return True
