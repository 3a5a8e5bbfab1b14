"""The list: filters in the address, one event, few statements, nothing opened."""

import pytest
from django.urls import reverse

from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.encryption import keyring
from tests.factories.consultations import draft_of, submitted_of
from tests.factories.people import PatientFactory

LIST = "consult:consultations"


def codes(answer):
    return [row.patient.code for row in answer.context["page"]]


@pytest.fixture
def three(clinic, carer):
    """Two records and a draft, of three patients."""
    patients = PatientFactory.create_batch(3, clinic=clinic)
    for one in patients:
        one.care_team.create(staff=carer)
    submitted_of(patients[0], carer)
    submitted_of(patients[1], carer, disposition="emergency", source="referral")
    draft_of(patients[2], carer)
    return [one.code for one in patients]


def test_newest_first_with_one_event_for_all_codes(desk, three):
    answer = desk.get(reverse(LIST))

    assert codes(answer) == three[::-1]
    with acting_as(READER):
        event = AuditEvent.objects.filter(action="consultation.listed").get()
    assert event.codes == sorted(three)
    assert event.fields == []


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"scope": "drafts"}, [2]),
        ({"scope": "all"}, [2, 1, 0]),
        ({"disposition": "emergency"}, [1]),
        ({"source": "brand_search"}, [0]),
        ({"status": "submitted"}, [1, 0]),
        ({"channel": "phone"}, []),
        ({"since": "2000-01-01", "until": "2000-01-02"}, []),
        ({"since": "nonsense", "channel": "carrier pigeon"}, [2, 1, 0]),
    ],
)
def test_filters(desk, three, query, places):
    assert codes(desk.get(reverse(LIST), query)) == [three[place] for place in places]


def test_mine_are_not_a_colleagues(sign_in_as, second, patient, carer):
    submitted_of(patient, carer)
    browser = sign_in_as(second)

    assert codes(browser.get(reverse(LIST))) == []
    assert codes(browser.get(reverse(LIST), {"scope": "all"})) == [patient.code]


def test_fifty_rows_cost_few_statements_and_open_nothing(
    desk, clinic, carer, django_assert_max_num_queries, monkeypatch
):
    for one in PatientFactory.create_batch(52, clinic=clinic):
        one.care_team.create(staff=carer)
        submitted_of(one, carer)
    monkeypatch.setattr(keyring, "reading_key", None)  # opening anything would fail

    with django_assert_max_num_queries(8):
        answer = desk.get(reverse(LIST), {"scope": "all"})

    assert len(codes(answer)) == 50
    assert len(answer.content) < 60_000
