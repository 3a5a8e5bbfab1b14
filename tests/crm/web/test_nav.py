"""Who is shown which way."""

import pytest
from django.test import Client
from django.urls import include, path

from crm.staff.models import User
from crm.web import nav
from crm.web.openness import public
from privacy.access.policy import Role
from tests.factories.people import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@public("test")
def _page(request):
    raise NotImplementedError


def _app(name: str, **pages: str):
    return include(([path(place, _page, name=view) for view, place in pages.items()], name))


urlpatterns = [
    path("desk/", _app("desk", home="")),
    path("patients/", _app("patients", list="")),
    path("audit/", _app("trail", list="", own="own/")),
]


def labels(user: User, at: str = "/") -> list[str]:
    return [item.url for group in nav.groups_for(user, at) for item in group.items]


def test_pages_that_do_not_exist_are_left_out(receptionist: User) -> None:
    assert labels(receptionist) == ["/desk/", "/patients/"]


def test_a_role_sees_only_its_own_doors() -> None:
    auditor = UserFactory.create(role=Role.AUDITOR)

    assert labels(auditor) == ["/desk/", "/audit/"]


def test_the_page_one_is_on_is_marked_the_nearest_only() -> None:
    admin = UserFactory.create(role=Role.SYSTEM_ADMIN)

    groups = nav.groups_for(admin, "/audit/own/2026/")

    assert [item.url for group in groups for item in group.items if item.current] == ["/audit/own/"]


def test_a_suspended_account_sees_no_door_of_a_role(receptionist: User) -> None:
    receptionist.is_active = False

    assert labels(receptionist) == ["/desk/"]


def test_a_number_stands_beside_its_page(
    receptionist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nav, "_counters", {})
    nav.register_count("patients:list", lambda actor: 3, urgent=True)

    patients = nav.groups_for(receptionist, "/")[0].items[1]

    assert (patients.count, patients.urgent) == (3, True)


def test_rows_of_all_entries_are_counted_by_one_statement(
    receptionist: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    monkeypatch.setattr(nav, "_counters", {})
    others = User.objects.filter(staff_no__in=[receptionist.staff_no, "%s"])
    nav.register_count("desk:home", lambda actor: User.objects.filter(pk__in=()))
    nav.register_count("patients:list", lambda actor: others)

    with django_assert_num_queries(1):
        desk, patients = nav.groups_for(receptionist, "/")[0].items

    assert (desk.count, patients.count) == (0, 1)


@pytest.mark.urls("crm.urls")
def test_a_stranger_is_shown_no_way() -> None:
    assert "aria-current" not in Client().get("/sign-in/").content.decode()
