"""A body may set what its door says it takes, and no other column of any table.

All further names at once here; ``make assure ARGS="--only 2"`` tries each by itself.
"""

import pytest
from django.forms import ModelForm
from rest_framework.serializers import ModelSerializer

from crm.patients.models import Patient
from tests.architecture.bodies import BODIES, Door, doors
from tests.architecture.extras import Caller, columns, extras
from tests.architecture.samples import kwargs_for
from tests.architecture.test_permissions import People, allowed, make_people, undone

DOORS = list(doors())


@pytest.fixture
def people(db: None) -> People:
    return make_people()


def caller(door: Door, people: People) -> Caller:
    """Of the first role that may; in a world of its own."""
    role = next(
        role for role, user in people.by_role.items() if allowed(door.route, door.method, user)
    )
    world = people.world(people.by_role[role], door.route)
    kwargs_for(door.route.kwargs, world)
    return Caller(door, people.clients[role], world)


def test_each_door_of_the_api_has_a_body() -> None:
    assert {door.name for door in DOORS} == set(BODIES)


def test_the_names_are_those_of_all_models() -> None:
    assert {"clinic", "clinic_id", "code", "created_at", "status", "actor"} <= set(columns())
    assert len(columns()) > 200


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_no_other_name_sets_anything(door: Door, people: People) -> None:
    with undone():
        calls = caller(door, people)
        assert calls.is_accepted
        more = list(extras(door, people.foreign))
        assert len(more) > 200
        if not calls.is_deaf_to(*more):
            assert [one for one in more if not calls.is_deaf_to(one)] == []
            pytest.fail("together they set something that none sets alone")


@pytest.mark.django_db
def test_a_column_that_is_set_is_seen(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """The measure itself: a door that copies one name from the body is found out."""
    door = next(one for one in DOORS if one.name == "POST api:patient-list")
    create = Patient.save

    def loose(patient: Patient, *args: object, **named: object) -> None:
        if calls and calls[-1]:
            patient.status = "paused"
        create(patient, *args, **named)

    calls: list[bool] = []
    with undone():
        one = caller(door, people)
        monkeypatch.setattr(Patient, "save", loose)
        calls.append(True)
        assert not one.is_deaf_to()


def _all_subclasses(kind: type) -> set[type]:
    below = set(kind.__subclasses__())
    return below.union(*(_all_subclasses(one) for one in below))


def test_forms_and_serializers_of_models_name_their_fields() -> None:
    ours = ("crm.", "consult.", "followup.", "privacy.")
    kinds = [
        one
        for kind in (ModelForm, ModelSerializer)
        for one in _all_subclasses(kind)
        if one.__module__.startswith(ours) and hasattr(one, "Meta")
    ]
    assert kinds
    for one in kinds:
        meta = one.Meta  # type: ignore[attr-defined]  # asked for above
        assert isinstance(meta.fields, list | tuple), one
        assert not getattr(meta, "exclude", None), one
