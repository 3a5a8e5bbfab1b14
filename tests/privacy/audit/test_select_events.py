"""What a filter lets through: the clinic's own events and, if asked for, those of jobs."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy.audit import services as audit
from privacy.audit.context import Origin, acting_from
from privacy.audit.events import AuditTrailEvent, Kind
from privacy.audit.models import READER, acting_as
from privacy.audit.selectors import (
    Filter,
    about_account,
    codes_in,
    find,
    has_done,
    proof_of,
    was_done_by,
)
from privacy.receipts import Receipt
from tests.factories.people import PatientFactory, UserFactory
from tests.privacy.audit.tampering import tamper

pytestmark = pytest.mark.django_db
SESSION = bytes(range(8))


@pytest.fixture
def own(carer, patient) -> Receipt:
    with acting_from(Origin(ip="10.1.4.21", session=SESSION)):
        return audit.record(AuditTrailEvent.EXPORTED, actor=carer, subjects=[patient])


@pytest.fixture
def of_a_job(db) -> Receipt:
    with transaction.atomic():
        return audit.record(AuditTrailEvent.VERIFIED, process="nightly")


@pytest.fixture
def foreign(db) -> Receipt:
    stranger = UserFactory.create()
    other = PatientFactory.create(clinic=stranger.clinic)
    return audit.record(AuditTrailEvent.EXPORTED, actor=stranger, subjects=[other])


def found(wanted: Filter) -> set[UUID]:
    return {event.id for event in find(wanted).events}


def test_a_clinic_sees_its_own_and_those_of_jobs_never_anothers(own, of_a_job, foreign, clinic):
    assert found(Filter(clinic=clinic.pk)) >= {own.event_id, of_a_job.event_id}
    assert foreign.event_id not in found(Filter(clinic=clinic.pk))
    assert of_a_job.event_id not in found(Filter(clinic=clinic.pk, processes=False))
    assert own.event_id in found(Filter(clinic=clinic.pk, processes=False))
    assert found(Filter()) >= {own.event_id, of_a_job.event_id, foreign.event_id}


def test_the_codes_are_those_of_matching_events(own, foreign, clinic, patient):
    assert codes_in(Filter(clinic=clinic.pk)) == {patient.code}


def test_a_word_that_is_not_asked_for_hides_nothing(own, of_a_job):
    assert found(Filter(ip="10.1.4.21")) == {own.event_id}
    assert found(Filter(action="audit.verified")) == {of_a_job.event_id}
    assert found(Filter(outcome="stopped")) == set()


def test_a_proof_names_the_session_and_the_digest_in_hexadecimal(own, of_a_job):
    proof = proof_of(own.event_id)
    assert proof.session == SESSION.hex()
    assert proof.digest == bytes(proof.event.digest).hex()
    assert proof.genuine
    assert proof_of(of_a_job.event_id).session == ""


def test_what_was_done_to_an_account_is_found_by_its_own_index(carer):
    audit.record(AuditTrailEvent.EXPORTED, process="nightly", target="staff:me")
    audit.record(AuditTrailEvent.EXPORTED, actor=carer, target="staff:other")
    asked = {"actions": ["audit.exported"], "since": timezone.now() - timedelta(days=1), "most": 9}
    with CaptureQueriesContext(connection) as queries:
        (event,) = about_account(carer.pk, "staff:me", **asked)
    assert event.process == "nightly"
    (question,) = [one["sql"] for one in queries if "privacy_auditevent" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        with acting_as(READER):
            cursor.execute(f"EXPLAIN {question}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "_target_at_idx" in plan, plan


def test_what_somebody_did_to_a_patient_is_known_since_then(own, carer, patient):
    def done(kinds, *, days, actor=carer) -> bool:
        since = timezone.now() - timedelta(days=days)
        asked = {"subject": patient.subject, "since": since, "action": "audit.viewed"}
        return has_done(actor.pk, kinds=kinds, **asked)

    assert done([Kind.EXPORT], days=1) is True
    assert done([Kind.CHANGE], days=1) is False
    assert done([Kind.EXPORT], days=-1) is False
    assert done([Kind.EXPORT], days=1, actor=UserFactory.create()) is False


@pytest.mark.django_db(transaction=True)
def test_a_process_did_what_an_event_with_its_mac_says(of_a_job):
    def done(process="nightly", action="audit.verified", *, days=1) -> bool:
        return was_done_by(process, action, since=timezone.now() - timedelta(days=days))

    assert done()
    assert not done("another")
    assert not done(action="audit.viewed")
    assert not done(days=-1)
    tamper(f"UPDATE privacy_auditevent SET mac = decode(repeat('00', 32), 'hex') "
           f"WHERE id = '{of_a_job.event_id}'")  # fmt: skip
    assert not done()
