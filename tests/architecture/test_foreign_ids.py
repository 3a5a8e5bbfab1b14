"""Each address that names an object, asked for one that is not the asker's: there is none.

A few values a keyword here, as every role that has a right to the door: other clinics, patients of
the own clinic out of its reach, colleagues. ``make assure ARGS="--only 2"``: 50, as two roles.
"""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import translation
from pytest_django import DjangoDbBlocker

from tests.architecture.foreign import (
    AS_IF_GONE,
    OWNERS,
    Elsewhere,
    knock,
    with_fresh_factor,
)
from tests.architecture.routes import Route, routes
from tests.architecture.samples import MAKERS
from tests.architecture.test_permissions import (
    METHODS,
    People,
    allowed,
    make_people,
    undone,
)

OF_OBJECTS = [route for route in routes() if route.kwargs]
FOR_SHORT = 5


@pytest.fixture(scope="module")
def scene(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[People, Elsewhere]]:
    """Made once for all cases, in a transaction that is never committed."""
    with django_db_blocker.unblock(), translation.override("zh-hans"):
        whole = transaction.atomic()
        whole._from_testcase = True
        with whole, pytest.MonkeyPatch.context() as patch:
            patch.setattr("crm.staff.middleware.TOUCH_SECONDS", 10**9)  # no case writes sessions
            patch.setattr(settings, "SMS_CALLBACK_TOKEN", "a-secret-of-these-tests")
            people = make_people()
            for client in people.clients.values():
                with_fresh_factor(client)
            yield people, Elsewhere(people.patient, clinics=1)
            transaction.set_rollback(True)


def test_somebody_said_to_whom_each_object_belongs() -> None:
    assert set(OWNERS) == set(MAKERS)


@pytest.mark.django_db
@pytest.mark.parametrize("route", OF_OBJECTS, ids=lambda route: route.name)
def test_what_is_not_ones_own_does_not_exist(route: Route, scene: tuple[People, Elsewhere]) -> None:
    people, elsewhere = scene
    for role, client in people.clients.items():
        user = people.by_role[role]
        methods = [one for one in METHODS if allowed(route, one, user)]
        if not methods:
            continue
        with undone():
            world = people.world(user, route)
            tried = list(knock(route, client, world, elsewhere, methods=methods, count=FOR_SHORT))
        assert [one.keyword for one in tried] == list(route.kwargs)
        for one in tried:
            assert one.cases(), one.keyword
            assert one.answered() == [], f"{role}, <{one.keyword}>, wrote {set(one.wrote)}"


def test_each_exception_is_an_address() -> None:
    assert {name for name, _keyword in AS_IF_GONE} <= {route.name for route in OF_OBJECTS}
