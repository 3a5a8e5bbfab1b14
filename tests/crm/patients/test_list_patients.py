"""The list: few statements, few bytes, one event, only what the viewer may see."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.patients import selectors
from crm.patients.models import Patient, PatientContact
from crm.patients.team_models import CareTeamMember
from privacy.access.policy import Permission, Role, roles_with
from privacy.pseudonyms.services import issue_visit_code
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/patients/"


@pytest.fixture
def fifty(clinic):
    """Fifty patients with a team of two and a code of today."""
    from django.utils import timezone

    patients = PatientFactory.create_batch(51, clinic=clinic)
    team = UserFactory.create_batch(2, clinic=clinic, display_name="林晓晓")
    for patient in patients:
        CareTeamMember.objects.bulk_create(
            CareTeamMember(patient=patient, staff=one) for one in team
        )
        issue_visit_code(subject=patient.subject, site=clinic.pk, day=timezone.localdate())
    return patients


def test_fifty_rows_cost_at_most_eight_statements_and_forty_kilobytes(desk, fifty, booked):
    desk.get(LIST)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = desk.get(LIST)

    assert len(answer.context["page"].object_list) == 50
    assert len(asked) <= 8, [query["sql"][:90] for query in asked]
    assert len(answer.content) <= 40_000, len(answer.content)
    newest = booked("patient.listed")[0]
    assert newest.count == 50
    assert newest.fields == ["patientcontact.name"]


def test_a_hundred_rows_cost_no_statement_more(desk, clinic, fifty):
    with CaptureQueriesContext(connection) as asked:
        answer = desk.get(LIST + "?size=100")

    assert len(answer.context["page"].object_list) == 51
    assert len(asked) <= 8


def test_rows_show_code_number_of_today_mask_and_team(desk, fifty):
    page = desk.get(LIST).content.decode()

    assert fifty[-1].code in page
    assert "B-051" in page
    assert "王※" in page
    assert "王芳" not in page
    assert "林晓晓、林晓晓" in page


def test_the_page_past_the_end_is_the_last(desk, fifty):
    page = desk.get(LIST + "?page=999").context["page"]

    assert (page.number, len(page.object_list)) == (2, 1)
    assert desk.get(LIST + "?page=nonsense").context["page"].number == 1


def test_an_empty_clinic_says_so(desk):
    assert desk.get(LIST).status_code == 200
    assert desk.get(LIST + "?stage=closed&page=3").context["page"].number == 1


def test_the_count_stops_at_the_cap(desk, fifty, monkeypatch):
    monkeypatch.setattr(selectors, "CAP", 20)
    monkeypatch.setattr("crm.patients.views.listing.CAP", 20)

    page = desk.get(LIST + "?size=20").context["page"]

    assert page.capped
    assert page.paginator.count == 20
    assert page.paginator.num_pages == 1


def test_filters_narrow_and_nonsense_does_not(desk, clinic, receptionist):
    closed = PatientFactory.create(clinic=clinic, stage=Patient.Stage.CLOSED)
    provisional = PatientFactory.create(clinic=clinic, status=Patient.Status.PROVISIONAL)
    mine = PatientFactory.create(clinic=clinic)
    mine.care_team.create(staff=receptionist)

    def codes(query):
        return {row.code for row in desk.get(LIST + query).context["page"].object_list}

    assert codes("?stage=closed") == {closed.code}
    assert codes("?status=provisional") == {provisional.code}
    assert codes("?mine=on") == {mine.code}
    assert codes("?since=2000-01-01&until=2000-12-31") == set()
    assert len(codes("?since=2000-01-01")) == 3
    assert len(codes("?stage=%27%3B--&since=never")) == 3


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in roles_with(Permission.VIEW_PATIENTS)]
)
def test_roles_without_patients_are_refused_and_booked(sign_in_as, clinic, role, booked):
    client = sign_in_as(UserFactory.create(clinic=clinic, role=role))

    assert client.get(LIST).status_code == 403
    assert booked("access.denied")


def test_who_may_see_no_contact_sees_no_name_and_opens_none(sign_in_as, clinic, patient, booked):
    uncleared = UserFactory.create(clinic=clinic, role=Role.NURSE, cleared_until=None)
    patient.care_team.create(staff=uncleared)
    client = sign_in_as(uncleared)

    page = client.get(LIST).content.decode()

    assert patient.code in page
    assert "※" not in page
    assert booked("patient.listed")[0].fields == []


def test_carers_see_their_own_and_strangers_nothing(
    sign_in_as, carer, colleague, stranger, patient
):
    for user, seen in ((carer, True), (colleague, False), (stranger, False)):
        assert (patient.code in sign_in_as(user).get(LIST).content.decode()) is seen


def test_an_unreadable_name_says_so(desk, patient):
    PatientContact.objects.filter(patient=patient).update(name=b"\x01\x01" + bytes(60))

    page = desk.get(LIST).content.decode()

    assert "E-" in page
    assert "data-unreadable" in page


def test_the_record_knows_its_place_in_the_list(desk, fifty):
    middle = fifty[-2].code

    page = desk.get(f"/patients/{middle}/?at=2").content.decode()
    wrong = desk.get(f"/patients/{middle}/?at=7")

    assert f"/patients/{fifty[-1].code}/?at=1" in page
    assert f"/patients/{fifty[-3].code}/?at=3" in page
    assert 'rel="next"' in page
    assert wrong.context["place"] is None
