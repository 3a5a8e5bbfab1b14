"""Rooms are set up by the system administrator: added, renamed, retired, each of it booked."""

import uuid

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from crm.scheduling import rooms, services
from crm.scheduling.models import Room
from crm.scheduling.rules import State
from crm.scheduling.selectors import rooms_of
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.errors import Conflict
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(clinic):
    return UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)


@pytest.fixture
def post(admin, sign_in_as):
    client = sign_in_as(admin)

    def send(name, *args, **data):
        key = {"idempotency_key": str(uuid.uuid4())}
        return client.post(reverse(f"scheduling:{name}", args=args), {**key, **data})

    return send


def labels(staff):
    return [room.label for room in rooms_of(staff)]


def booked():
    with acting_as(READER):
        found = AuditEvent.objects.filter(action__startswith="room.").order_by("at")
        return [(event.action, event.detail) for event in found]


def test_a_room_is_added_renamed_and_retired(post, admin):
    post("rooms", label="３-01")
    room = Room.objects.get()
    post("room-rename", room.pk, label="3-02")
    post("room-retire", room.pk)

    assert labels(admin) == []
    assert Room.objects.get().label == "3-02"
    assert booked() == [
        ("room.added", {"label": "3-01"}),
        ("room.renamed", {"label": "3-02", "before": "3-01"}),
        ("room.retired", {"label": "3-02"}),
    ]


def test_two_rooms_in_use_are_never_called_the_same(post, admin):
    rooms.add_room(label="3-01", actor=admin)
    second = rooms.add_room(label="3-02", actor=admin)

    assert post("rooms", label=" 3-01 ").status_code == 422
    assert post("room-rename", second.pk, label="3-01").status_code == 422
    assert labels(admin) == ["3-01", "3-02"]


def test_the_label_of_a_retired_room_is_free(post, admin):
    old = rooms.add_room(label="3-01", actor=admin)
    post("room-retire", old.pk)

    assert post("rooms", label="3-01").status_code == 302
    assert Room.objects.count() == 2


def test_other_clinics_name_their_rooms_as_they_like(admin, stranger):
    rooms.add_room(label="3-01", actor=admin)
    rooms.add_room(label="3-01", actor=stranger)

    assert labels(admin) == labels(stranger) == ["3-01"]


def test_a_room_with_somebody_in_it_is_not_retired(post, admin, receptionist, clinic):
    room = rooms.add_room(label="3-01", actor=admin)
    fresh = PatientFactory.create(clinic=clinic, registered_by=receptionist)
    visit = services.register_arrival(
        patient=fresh, purpose="first", last_digits="", actor=receptionist
    )
    services.move(visit_id=visit.pk, to=State.IN_ROOM, actor=receptionist, room=room)

    told = post("room-retire", room.pk)
    assert told.url == reverse("scheduling:rooms")
    assert ["3-01" in str(one) for one in get_messages(told.wsgi_request)] == [True]
    assert labels(admin) == ["3-01"]
    services.move(visit_id=visit.pk, to=State.DONE, actor=receptionist)
    assert post("room-retire", room.pk).status_code == 302
    with pytest.raises(Conflict):  # the undo would put somebody into a room that is gone
        services.undo(visit_id=visit.pk, actor=receptionist)


def test_nobody_is_called_into_a_retired_room(admin, receptionist, clinic):
    room = rooms.add_room(label="3-01", actor=admin)
    fresh = PatientFactory.create(clinic=clinic, registered_by=receptionist)
    visit = services.register_arrival(
        patient=fresh, purpose="first", last_digits="", actor=receptionist
    )
    rooms.retire_room(room=room, actor=admin)

    with pytest.raises(Conflict):
        services.move(visit_id=visit.pk, to=State.IN_ROOM, actor=receptionist, room=room)


def test_a_room_elsewhere_is_not_there(post, stranger):
    foreign = rooms.add_room(label="9-01", actor=stranger)

    assert post("room-rename", foreign.pk, label="x").status_code == 404
    assert post("room-retire", foreign.pk).status_code == 404
    with acting_as(READER):
        assert AuditEvent.objects.filter(action="access.not_found").count() == 2


def test_the_administrator_finds_the_page_in_the_menu(admin, sign_in_as):
    page = sign_in_as(admin).get(reverse("staff:list")).content.decode()

    assert reverse("scheduling:rooms") in page


def test_a_room_is_not_retired_by_one_click(post, admin, sign_in_as):
    post("rooms", label="3-01")
    page = sign_in_as(admin).get(reverse("scheduling:rooms")).content.decode()
    asked = page.index('<dialog id="retire-')
    assert page.index("/retire/") > asked  # the form stands in the dialog alone
    assert page.count("/retire/") == 1
