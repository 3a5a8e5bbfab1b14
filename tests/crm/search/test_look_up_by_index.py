"""Looking for a number reads the few who share its fingerprint, however large the clinic is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.patients.models import Patient, PatientContact
from crm.search.rules import By, Query
from crm.search.selectors import contacts_that_may_match
from crm.staff.models import Clinic, User
from privacy.custody import index_width
from privacy.pseudonyms.models import key_scope
from privacy.pseudonyms.services import issue_subjects
from tests.conftest import owner_connection

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 3_000
OTHER = "+8613900000008"


@pytest.fixture
def many(clinic: Clinic) -> None:
    index_width.follow_plan(more=MANY, process="test")
    with key_scope():
        subjects = issue_subjects(count=MANY)
        patients = [Patient(id=one.pk, subject=one, clinic=clinic) for one in subjects]
        Patient.objects.bulk_create(patients)
        contacts = [PatientContact(patient=one) for one in patients]
        for number, contact in enumerate(contacts):
            contact.set_phone(f"+86139{number:08}")
        PatientContact.objects.bulk_create(contacts)
    with owner_connection() as owner:  # Postgres plans by what it counted
        owner.execute("ANALYZE crm_patient, crm_patientcontact, privacy_subject")


def nodes(plan: dict) -> list[dict]:
    """The steps of a plan, outermost first."""
    return [plan, *(node for inner in plan.get("Plans", []) for node in nodes(inner))]


@pytest.mark.parametrize(
    "query", [Query(By.PHONE, OTHER), Query(By.ID_NUMBER, "11010119900307109X")]
)
def test_nobody_reads_through_all_patients(many, receptionist: User, query: Query) -> None:
    with CaptureQueriesContext(connection) as asked:
        found = contacts_that_may_match(receptionist, query)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {asked.captured_queries[-1]['sql']}")
        steps = nodes(cursor.fetchone()[0][0]["Plan"])
    read_through = {one.get("Relation Name") for one in steps if one["Node Type"] == "Seq Scan"}
    assert not read_through & {"crm_patient", "crm_patientcontact", "privacy_subject"}
    assert len(found) < MANY / 10
    assert any(one.phone is not None for one in found) == (query.by == By.PHONE)
