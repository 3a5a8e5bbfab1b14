"""Which export does this row come from?"""

import csv
import io
import uuid

import pytest

from crm.exports.services import asking
from privacy.access.policy import Role
from tests.factories.exports import built
from tests.factories.people import ClinicFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(accountant, patients):
    facts = {"fields": ("code", "name", "id_number"), "identifying": True}
    return built(accountant, **facts), built(accountant, **facts)


def marks_of(export):
    return [next(csv.reader(io.StringIO(one.seen()))) for one in export.marks.all()]


def test_an_invented_row_names_its_export(two, security, sign_in_as, booked):
    first, second = two
    browser = sign_in_as(security)
    for export in two:
        for code, name, id_number in marks_of(export):
            for text in (code, f"{code[:4]}-{code[4:]}".lower(), id_number, f"'{id_number}"):
                traced = asking.trace(text=text, actor=security)
                assert traced.marked == [export], text
            assert export in asking.trace(text=name, actor=security).marked
    code = marks_of(second)[0][0]
    page = browser.post("/exports/trace/", {"text": code, "idempotency_key": f"{uuid.uuid4()}"})
    assert second.spaced_code in page.content.decode()
    assert first.spaced_code not in page.content.decode()
    assert not any(code in f"{one.detail}{one.reason}{one.target}" for one in booked())
    assert booked("export.traced")[0].actor == security.pk


def test_the_exports_own_code_names_it(two, security):
    for text in (two[0].code, two[0].spaced_code.lower()):
        assert asking.trace(text=text, actor=security).marked == [two[0]]


def test_a_real_patient_names_all_exports_that_held_the_row(two, security, patients, booked):
    traced = asking.trace(text=patients[0].code, actor=security)
    assert (traced.marked, set(traced.held)) == ([], set(two))
    assert booked("export.traced")[0].codes == [patients[0].code]


def test_what_is_nobodys_names_nothing(two, security, sign_in_as):
    traced = asking.trace(text="13900000000", actor=security)
    assert (traced.marked, traced.held) == ([], [])
    assert sign_in_as(security).post("/exports/trace/", {"text": ""}).status_code == 422


def test_another_clinics_exports_are_not_named(two, patients):
    stranger = UserFactory.create(clinic=ClinicFactory.create(), role=Role.SECURITY_ADMIN)
    for text in (marks_of(two[0])[0][0], two[0].code, patients[0].code):
        traced = asking.trace(text=text, actor=stranger)
        assert (traced.marked, traced.held) == ([], [])
