"""A body may set what its door says it takes, and no other column of any table.

``make assure ARGS="--only 2"`` prints how many were tried.
"""

import pytest
from django.forms import ModelForm
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer

from crm.patients.api import PatientViewSet
from crm.patients.models import Patient
from tests.architecture.bodies import BODIES, Door, doors
from tests.architecture.extras import Caller, Effect, columns, rounds
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
        first, *further = rounds(door, people.foreign)
        assert len(first) > 200
        assert [heard for some in (first, *further) for heard in calls.heard(some)] == []


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_a_body_that_nests_without_end_is_refused(door: Door, people: People) -> None:
    with undone():
        assert caller(door, people).send("[" * 200_000) == Effect(400, {})


def test_a_name_that_is_heard_is_found(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """The measure itself, on a door that copies one more name from its body."""
    create = PatientViewSet.create

    def loose(view: PatientViewSet, request: Request) -> Response:
        response = create(view, request)
        if "stage" in request.data:
            Patient.objects.update(stage=request.data["stage"])
        return response

    monkeypatch.setattr(PatientViewSet, "create", loose)
    door = next(one for one in DOORS if one.name == "POST api:patient-list")
    with undone():
        calls = caller(door, people)
        heard = [one for more in rounds(door, people.foreign) for one in calls.heard(more)]

    assert {one.name for one in heard} == {"stage"}


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
