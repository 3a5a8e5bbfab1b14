"""Every address x every role x strangers: the answer that the policy table asks for.

A refusal leaves a denial in the trail and no other row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from crm.patients.models import Patient
from crm.patients.selectors import patients_visible_to
from crm.staff.models import Clinic, User
from privacy.access.policy import Role, can
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.architecture.routes import Route, routes
from tests.architecture.samples import World, kwargs_for
from tests.factories.people import ClinicFactory, PatientFactory, UserFactory

ALL = routes()
METHODS = ("GET", "POST")
JSON = {"content_type": "application/json"}


def test_no_door_is_undeclared() -> None:
    undeclared = [f"{route.pattern} ({route.name})" for route in ALL if not route.is_declared]
    print(f"routes: {len(ALL)}, undeclared: {len(undeclared)}")  # noqa: T201 - a figure to read
    assert undeclared == []


def test_open_doors_are_few_and_say_why() -> None:
    opened = {route.name: route.public_reason for route in ALL if route.public_reason}
    assert all(len(reason) > 10 for reason in opened.values())
    assert set(opened) <= {
        "staff:sign-in",
        "web:live",
        "web:ready",
        "web:set-language",
        "web:csp-report",
        "messaging:callback",
    }


@dataclass
class People:
    """One member of staff a role, all on the patient's care team; and a patient elsewhere."""

    by_role: dict[str, User]
    patient: Patient
    foreign: Patient
    clients: dict[str, Client] = field(default_factory=dict)


@pytest.fixture
def people(clinic: Clinic, patient: Patient, sign_in_as) -> People:
    staff = {role.value: UserFactory.create(clinic=clinic, role=role) for role in Role}
    for user in staff.values():
        patient.care_team.create(staff=user)
    foreign = PatientFactory.create(clinic=ClinicFactory.create())
    made = People(staff, patient, foreign)
    made.clients = {role: sign_in_as(user) for role, user in staff.items()}
    return made


@contextmanager
def undone() -> Iterator[None]:
    """What a case writes is gone before the next one."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(client: Client, route: Route, method: str, world: World) -> HttpResponseBase:
    address = reverse(route.name, kwargs=kwargs_for(route.kwargs, world))
    if method == "GET":
        return client.get(address)
    return client.post(address, {}, **JSON) if route.is_api else client.post(address, {})


def written() -> dict[str, int]:
    """Rows this transaction has touched so far, by table; partitions of the trail as one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT regexp_replace(relname, '^privacy_auditevent_.*', 'privacy_auditevent'), "
            "sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables "
            "GROUP BY 1 HAVING sum(n_tup_ins + n_tup_upd + n_tup_del) > 0"
        )
        return {table: int(rows) for table, rows in cursor.fetchall()}


def denials(user: User) -> int:
    with acting_as(READER):
        return AuditEvent.objects.filter(actor=user.pk, kind="denial").count()


def allowed(route: Route, method: str, user: User) -> bool:
    if route.public_reason or route.for_all_staff:
        return True
    return any(can(user, one) for one in route.needs(method))


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", ALL, ids=lambda route: route.name or route.pattern)
def test_each_role_gets_what_the_policy_says(route: Route, method: str, people: People) -> None:
    for role, client in people.clients.items():
        with undone():
            check_staff(route, method, people.by_role[role], client, people)
    with undone():
        check_stranger(route, method, people)


def check_staff(route: Route, method: str, user: User, client: Client, people: People) -> None:
    case = f"{method} {route.pattern} as {user.role}"
    world = World(viewer=user, patient=people.patient)
    kwargs_for(route.kwargs, world)
    before, rows = denials(user), written()
    with fixed(world):
        response = ask(client, route, method, world)
    status = response.status_code
    if status == 405:
        return
    if not route.takes(method):
        raise AssertionError(f"{case}: {status}, expected 405")
    if allowed(route, method, user):
        if route.public_reason or visible(route, user, people):
            assert status < 500, case
            assert status not in {401, 403, 404}, f"{case}: {status}"
        return
    assert status == 403, f"{case}: {status}"
    assert denials(user) == before + 1, f"{case}: no denial in the trail"
    changed = {table: n for table, n in written().items() if n != rows.get(table, 0)}
    assert set(changed) <= {"privacy_auditevent"}, f"{case}: {changed}"


def visible(route: Route, user: User, people: People) -> bool:
    if "code" not in route.kwargs:
        return True
    return patients_visible_to(user).filter(pk=people.patient.pk).exists()


@contextmanager
def fixed(world: World) -> Iterator[None]:
    """The objects made before the count of rows are the ones the request names."""
    from tests.architecture import samples

    makers = dict(samples.MAKERS)
    samples.MAKERS.update({name: lambda _w, v=value: v for name, value in world.kept.items()})
    try:
        yield
    finally:
        samples.MAKERS.clear()
        samples.MAKERS.update(makers)


def check_stranger(route: Route, method: str, people: People) -> None:
    world = World(viewer=people.by_role[Role.FRONT_DESK], patient=people.patient)
    response = ask(Client(), route, method, world)
    case = f"{method} {route.pattern} as a stranger: {response.status_code}"
    if route.public_reason:
        assert response.status_code < 500, case
        assert response.status_code not in {401, 403, 404}, case
    elif route.is_api and not hasattr(route.view, "for_all_staff"):
        assert response.status_code == 401, case
    else:
        assert response.status_code == 302, case
        assert response["Location"].startswith(reverse("staff:sign-in")), case


@pytest.mark.django_db
@pytest.mark.parametrize(
    "route",
    [route for route in ALL if "code" in route.kwargs],
    ids=lambda route: route.name or route.pattern,
)
def test_a_patient_elsewhere_does_not_exist(route: Route, people: People) -> None:
    for role, client in people.clients.items():
        user = people.by_role[role]
        for method in METHODS:
            with undone():
                world = World(viewer=user, patient=people.foreign)
                status = ask(client, route, method, world).status_code
            expected = {404, 405} if allowed(route, method, user) else {403, 405}
            assert status in expected, f"{method} {route.pattern} as {role}: {status}"


def test_the_matrix_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    cases = len(ALL) * len(METHODS) * (len(Role) + 1)
    figures = f"{len(ALL)} routes x {len(METHODS)} methods x {len(Role) + 1} subjects"
    with capsys.disabled():
        print(f"\npermission matrix: {figures} = {cases} cases")  # noqa: T201 - a figure to read
    assert cases > 0
