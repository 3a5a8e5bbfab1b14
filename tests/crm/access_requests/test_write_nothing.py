"""Every door of a patient that takes a POST turns away who sees the patient for a time only."""

import pytest

from privacy.access.policy import Role
from tests.architecture.routes import routes
from tests.architecture.samples import OF_A_PATIENT, World, kwargs_for
from tests.architecture.test_permissions import allowed, ask, signed_in, undone
from tests.factories.access import granted
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
DOORS = [one for one in routes() if OF_A_PATIENT & set(one.kwargs)]
# A POST that shows: one field in plain text, a page by night. Requests and exports have rules of
# their own.
SHOWS = {"patients:reveal", "patients:say-why"}
# Who does not keep the guard finds neither mark nor likely double.
NOT_FOUND = {"patients:lift-guard", "patients:settle-double"}


@pytest.mark.parametrize("role", [Role.CONSULTANT, Role.DOCTOR, Role.NURSE])
def test_no_door_writes_for_a_guest(clinic, patient, doctor, role, monkeypatch):
    monkeypatch.setattr("crm.staff.middleware.TOUCH_SECONDS", 10**9)
    guest = UserFactory.create(clinic=clinic, role=role)
    granted(patient, guest, doctor)
    client, tried = signed_in(guest), 0
    for route in DOORS:
        if route.name.startswith(("access:", "exports:")) or not allowed(route, "POST", guest):
            continue
        with undone():
            world = World(viewer=guest, patient=patient, author=doctor, address=route.name)
            kwargs_for(route.kwargs, world)
            status = ask(client, route, "POST", world)
        expected = {200, 302, 422} if route.name in SHOWS else {403, 405}
        expected = {404} if route.name in NOT_FOUND else expected
        assert status in expected, f"{route.name} as {role}: {status}"
        tried += status == 403
    assert tried >= 5
