"""What an event holds, where it comes from, and that a refusal outlives a rollback."""

from uuid import uuid4

import pytest
from django.db import transaction

from crm.staff.models import User
from privacy.audit import services as audit
from privacy.audit.context import Origin, acting_from, current_origin
from privacy.audit.events import AccessEvent, AuditTrailEvent, Event, Kind, Registry
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.audit.selectors import trail_of
from privacy.errors import DomainError
from privacy.receipts import Receipt, fate_of_this_transaction


def events() -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.order_by("at", "id"))


@pytest.mark.django_db
class TestRecord:
    def test_an_event_says_who_what_whom_where_and_why(self, carer: User, patient) -> None:
        origin = Origin(ip="::ffff:10.1.4.21", agent="x\0y" + "z" * 300, session=b"12345678",
                        request_id=uuid4())  # fmt: skip
        with acting_from(origin):
            receipt = audit.record(
                AuditTrailEvent.EXPORTED,
                actor=carer,
                subjects=[patient, patient.subject],
                fields=["b.c", "a.b", "a.b"],
                purpose="review",
                reason="why\0not \ud800",
                target="t" * 150,
                detail={"n": 3, "text": "a\0b"},
            )
        (row,) = events()
        assert row.id == receipt.event_id
        assert (row.kind, row.action, row.outcome) == ("export", "audit.exported", "ok")
        assert (row.actor, row.role, row.clinic) == (carer.pk, carer.role, carer.clinic_id)
        assert (row.codes, row.count, row.fields) == ([patient.code], 1, ["a.b", "b.c"])
        assert (row.ip, row.agent[:3], len(row.agent)) == ("10.1.4.21", "xyz", 200)
        assert (bytes(row.session), row.request) == (b"12345678", origin.request_id)
        assert (row.purpose, row.reason, len(row.target)) == ("review", "whynot ?", 100)
        assert row.detail == {"n": 3, "text": "ab"}

    def test_a_process_has_no_clinic(self, db) -> None:
        audit.record(AuditTrailEvent.VERIFIED, process="nightly")
        (row,) = events()
        assert (row.actor, row.clinic, row.process, row.role) == (None, None, "nightly", "")

    def test_one_author_exactly(self, carer) -> None:
        for author in ({}, {"actor": carer, "process": "x"}):
            with pytest.raises(ValueError, match="one author"):
                audit.record(AuditTrailEvent.VIEWED, **author)

    def test_a_receipt_covers_its_patients_and_fields_only(self, patient) -> None:
        fate = fate_of_this_transaction()
        receipt = Receipt(uuid4(), frozenset({patient.pk}), frozenset({"a.b"}), fate)
        assert receipt.covers(patient.pk, "a.b")
        assert not receipt.covers(patient.pk, "a.c")
        assert not receipt.covers(uuid4(), "a.b")

    def test_a_patients_timeline_holds_their_events_newest_first(self, carer, patient) -> None:
        for event in (AuditTrailEvent.VIEWED, AccessEvent.DENIED, AuditTrailEvent.VIEWED):
            audit.record(event, actor=carer, subjects=[patient])
        audit.record(AuditTrailEvent.VIEWED, actor=carer)
        found = trail_of(patient, kinds=[Kind.VIEW], limit=5)
        assert [row.kind for row in found] == ["view", "view"]
        assert found[0].at >= found[1].at


def test_origin_is_empty_outside_requests_and_comes_back() -> None:
    assert current_origin() == Origin()
    with acting_from(Origin(ip="10.0.0.1")):
        with acting_from(Origin(ip="10.0.0.2")):
            assert current_origin().ip == "10.0.0.2"
        assert current_origin().ip == "10.0.0.1"
    assert current_origin() == Origin()


def test_events_know_their_kind_and_label() -> None:
    class Sample(Event):
        DONE = "sample.done", Kind.CHANGE, "Did it"

    assert (Sample.DONE.kind, str(Sample.DONE.label)) == (Kind.CHANGE, "Did it")
    assert Registry.label("sample.done") == "Did it"
    assert Registry.label("sample.forgotten") == "sample.forgotten"
    assert all(str(kind.label) for kind in Kind)
    del Registry.known["sample.done"]


@pytest.mark.django_db(transaction=True)
class TestDenial:
    def test_it_is_booked_at_once(self, carer) -> None:
        audit.record_denial(actor=carer, target="x", reason="y")
        (row,) = events()
        assert (row.outcome, row.action) == ("denied", "access.denied")

    def test_it_outlives_the_rollback_of_its_request(self, carer, patient) -> None:
        with acting_from(Origin(ip="10.1.1.1")):
            with transaction.atomic():
                audit.record_denial(actor=carer, target="x", subjects=[patient])
                transaction.set_rollback(True)
            assert events() == []
        (row,) = events()
        assert (row.ip, row.codes) == ("10.1.1.1", [patient.code])

    def test_it_is_booked_even_when_the_request_breaks(self, carer) -> None:
        def broken() -> None:
            with acting_from(Origin()), transaction.atomic():
                audit.record_denial(actor=carer, target="x")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            broken()
        assert len(events()) == 1

    def test_outside_requests_it_belongs_to_the_open_transaction(self, carer) -> None:
        with transaction.atomic():
            audit.record_denial(actor=carer, target="x")
        assert len(events()) == 1

    def test_a_broken_box_is_booked(self, db) -> None:
        audit.record_crypto_failure(path="a.b", code="E-BOX-TAG")
        (row,) = events()
        assert (row.outcome, row.fields, row.process) == ("failed", ["a.b"], "cipher")


NUMBER = "家属来电 13812345678 请回电"


@pytest.mark.django_db
class TestNumbersInReasons:
    def test_whoever_writes_one_is_refused_and_nothing_is_kept(self, carer: User) -> None:
        with pytest.raises(DomainError), transaction.atomic():
            audit.record(AuditTrailEvent.EXPORTED, actor=carer, reason=NUMBER)
        assert events() == []

    def test_what_a_job_repeats_or_refuses_is_covered(self, carer: User) -> None:
        with transaction.atomic():
            audit.record(AuditTrailEvent.EXPORTED, process="job", reason=NUMBER)
        audit.record_denial(actor=carer, target="t", reason=NUMBER)
        assert [row.reason for row in events()] == ["家属来电 ※※※※※※※※※78 请回电"] * 2
