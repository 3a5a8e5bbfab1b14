"""The data inventory as a page: fields and reasons, never a value (R1)."""

import csv
import io

import pytest

from crm.web.cells import BOM
from privacy.access.policy import Permission, Role, roles_with
from privacy.inventory import entries
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(clinic, sign_in_as):
    return sign_in_as(UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN))


def test_security_administrator_and_auditor_alone() -> None:
    assert roles_with(Permission.VIEW_INVENTORY) == {Role.SECURITY_ADMIN, Role.AUDITOR}


def test_the_page_shows_fields_and_books_the_look(desk, patient, booked) -> None:
    page = desk.get("/inventory/")
    assert page.context["page"].paginator.count == len(entries())
    assert "王芳" not in page.content.decode()
    assert len(booked("inventory.viewed")) == 1


def test_it_is_narrowed_by_class_and_package(desk, booked) -> None:
    page = desk.get("/inventory/?data_class=C4&package=crm&size=100")
    shown = page.context["page"].object_list
    assert {(one.data_class, one.package) for one in shown} == {("C4", "crm")}
    assert "PatientClinical.chief_complaint" in page.content.decode()
    assert booked("inventory.viewed")[0].detail == {"class": "C4", "package": "crm"}


def test_nothing_alike_says_so(desk) -> None:
    page = desk.get("/inventory/?data_class=C2&package=followup")
    assert not page.context["page"].object_list
    assert page.status_code == 200


def test_a_class_that_is_none_narrows_nothing(desk) -> None:
    page = desk.get("/inventory/?data_class=C9")
    assert page.context["page"].paginator.count == len(entries())


def test_it_leaves_as_csv_with_an_event(desk, booked) -> None:
    answer = desk.post("/inventory/export/?data_class=C3&package=crm")
    text = answer.content.decode()
    assert text.startswith(BOM)
    header, *rows = csv.reader(io.StringIO(text.removeprefix(BOM)))
    assert header[:4] == ["package", "model", "field", "class"]
    assert {row[3] for row in rows} == {"C3"}
    (event,) = booked("inventory.exported")
    assert event.detail == {"class": "C3", "package": "crm", "rows": len(rows)}
