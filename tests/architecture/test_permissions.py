"""Every address x every role x strangers: the answer that the policy table asks for.

A refusal leaves a denial in the trail and no other row; a GET writes nothing but the trail.
"""

import inspect
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import DjangoDbBlocker

from crm.patients.models import Patient
from crm.patients.selectors import patients_visible_to
from crm.staff.middleware import SEEN, STARTED
from crm.staff.models import User
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import Role, can
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.architecture.routes import Route, routes
from tests.architecture.samples import OF_A_PATIENT, World, kwargs_for
from tests.factories.access import granted_row
from tests.factories.people import ClinicFactory, PatientFactory, UserFactory

ALL = routes()
METHODS = ("GET", "POST")
LEAST_CASES = 5_000  # the figure of the security test plan
# Opening an estimate's paper numbers the copy: two sheets must not bear the same number.
NUMBERING = {"consult:estimate-print": {"consult_estimateversion"}}
ABSENT = {"messaging:ledger"}  # pages that exist beside a local gateway only


def test_no_door_is_undeclared() -> None:
    undeclared = [f"{route.pattern} ({route.name})" for route in ALL if not route.is_declared]
    print(f"routes: {len(ALL)}, undeclared: {len(undeclared)}")  # noqa: T201 - a figure to read
    assert undeclared == []


def test_open_doors_are_few_and_say_why() -> None:
    opened = {route.name: route.public_reason for route in ALL if route.public_reason}
    assert all(len(reason) > 10 for reason in opened.values())
    assert set(opened) <= {
        "staff:sign-in",
        "staff:enrol",
        "staff:passkey-ask-stranger",
        "web:live",
        "web:ready",
        "web:set-language",
        "web:csp-report",
        "messaging:sms-callback",
    }


@dataclass
class People:
    """One member of staff a role, all on the patient's care team; and a patient elsewhere.

    ``uncleared``: one more a role, for whom the clearance gate is closed.
    """

    by_role: dict[str, User]
    uncleared: dict[str, tuple[User, Client]]
    clients: dict[str, Client]
    patient: Patient
    foreign: Patient
    foreign_author: User

    def world(self, user: User, route: Route, *, foreign: bool = False) -> World:
        author = self.foreign_author if foreign else self.by_role[Role.CONSULTANT]
        patient = self.foreign if foreign else self.patient
        return World(viewer=user, patient=patient, author=author, address=route.name)


@pytest.fixture(scope="module")
def people(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[People]:
    """Made once for all cases, in a transaction that is never committed."""
    with django_db_blocker.unblock(), translation.override("zh-hans"):
        whole = transaction.atomic()
        whole._from_testcase = True
        with whole, pytest.MonkeyPatch.context() as patch:
            patch.setattr("crm.staff.middleware.TOUCH_SECONDS", 10**9)  # no case writes sessions
            patch.setattr(settings, "SMS_CALLBACK_TOKEN", "a-secret-of-these-tests")
            yield make_people()
            transaction.set_rollback(True)


def make_people() -> People:
    clinic = ClinicFactory.create()
    patient = PatientFactory.create(clinic=clinic)
    staff = {role.value: UserFactory.create(clinic=clinic, role=role) for role in Role}
    shut_out = {
        role.value: UserFactory.create(clinic=clinic, role=role, cleared_until=None)
        for role in Role
    }
    for user in (*staff.values(), *shut_out.values()):
        patient.care_team.create(staff=user)
    granted_row(patient, staff[Role.MEDIATION], staff[Role.DOCTOR])  # no team opens a patient to it
    foreign = PatientFactory.create(clinic=ClinicFactory.create())
    author = UserFactory.create(clinic=foreign.clinic)
    foreign.care_team.create(staff=author)
    clients = {role: signed_in(user) for role, user in staff.items()}
    uncleared = {role: (user, signed_in(user)) for role, user in shut_out.items()}
    return People(staff, uncleared, clients, patient, foreign, author)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="crm.staff.backends.StaffBackend")
    session = client.session
    session[STARTED] = session[SEEN] = int(time.time()) + 3600  # however long the run takes
    session.save()
    return client


@contextmanager
def undone() -> Iterator[None]:
    """What a case writes is gone before the next one."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(client: Client, route: Route, method: str, world: World) -> int:
    """The answer's status; what the address names must stand in ``world.kept`` already."""
    address = reverse(route.name, kwargs={name: world.kept[name] for name in route.kwargs})
    body, kind = {FIELD: new_key()}, {}
    if route.is_api:
        body, kind = {}, {"content_type": "application/json"}
    cookies = {name: cookie.value for name, cookie in client.cookies.items()}
    response = client.get(address) if method == "GET" else client.post(address, body, **kind)
    client.cookies = SimpleCookie(cookies)  # signing out would end the other cases too
    return response.status_code


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


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "route",
    [route for route in ALL if not (route.public_reason or route.for_all_staff)],
    ids=lambda route: route.name or route.pattern,
)
def test_the_uncleared_get_codes_only(route: Route, method: str, people: People) -> None:
    """One role a route: the first whose cleared colleague would pass."""
    for role, (user, client) in people.uncleared.items():
        if allowed(route, method, people.by_role[role]):
            with undone():
                check_staff(route, method, user, client, people)
            return


def check_staff(route: Route, method: str, user: User, client: Client, people: People) -> None:
    case = f"{method} {route.pattern} as {user.role}"
    world = people.world(user, route)
    kwargs_for(route.kwargs, world)
    before, rows = denials(user), written()
    status = ask(client, route, method, world)
    if status == 405:
        return
    assert route.takes(method), f"{case}: {status}, expected 405"
    changed = {table for table, n in written().items() if n != rows.get(table, 0)}
    if method == "GET":
        # The trail, and the note of whatever other row may be written.
        may = {"privacy_auditevent", "privacy_rowchange"} | NUMBERING.get(route.name, set())
        assert changed <= may, f"{case}: a GET wrote {changed}"
    if allowed(route, method, user):
        if reachable(route, user, people):
            assert status < 500, case
            refused = {401, 403} if route.name in ABSENT else {401, 403, 404}
            assert status not in refused, f"{case}: {status}"
        return
    assert status == 403, f"{case}: {status}"
    assert denials(user) == before + 1, f"{case}: no denial in the trail"
    assert changed <= {"privacy_auditevent"}, f"{case}: {changed}"


def reachable(route: Route, user: User, people: People) -> bool:
    if not OF_A_PATIENT & set(route.kwargs):
        return True
    return patients_visible_to(user).filter(pk=people.patient.pk).exists()


def check_stranger(route: Route, method: str, people: People) -> None:
    world = people.world(people.by_role[Role.FRONT_DESK], route)
    kwargs_for(route.kwargs, world)
    client = Client()
    address = reverse(route.name, kwargs={name: world.kept[name] for name in route.kwargs})
    response = client.get(address) if method == "GET" else client.post(address, {})
    case = f"{method} {route.pattern} as a stranger: {response.status_code}"
    if route.public_reason:
        assert response.status_code < 500, case
        assert response.status_code not in {401, 403, 404}, case
    elif route.is_api and not inspect.isfunction(route.door):
        assert response.status_code == 401, case
    else:
        assert response.status_code == 302, case
        assert response["Location"].startswith(reverse("staff:sign-in")), case


@pytest.mark.django_db
@pytest.mark.parametrize(
    "route",
    [route for route in ALL if OF_A_PATIENT & set(route.kwargs)],
    ids=lambda route: route.name or route.pattern,
)
def test_a_patient_elsewhere_does_not_exist(route: Route, people: People) -> None:
    for role, client in people.clients.items():
        user = people.by_role[role]
        for method in METHODS:
            with undone():
                world = people.world(user, route, foreign=True)
                kwargs_for(route.kwargs, world)
                status = ask(client, route, method, world)
            expected = {404, 405} if allowed(route, method, user) else {403, 405}
            assert status in expected, f"{method} {route.pattern} as {role}: {status}"


def test_the_matrix_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    cases = len(ALL) * len(METHODS) * (len(Role) + 2)
    figures = f"{len(ALL)} routes x {len(METHODS)} methods x {len(Role) + 2} subjects"
    with capsys.disabled():
        print(f"\npermission matrix: {figures} = {cases} cases")  # noqa: T201 - a figure to read
    assert cases >= LEAST_CASES
