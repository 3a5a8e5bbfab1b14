"""What an event holds, where it comes from, and that a refusal outlives a rollback."""

import re
from contextlib import nullcontext
from importlib import import_module
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, transaction

from crm.staff.models import User
from privacy.access.policy import Role
from privacy.audit import apart as apart_module
from privacy.audit import services as audit
from privacy.audit.apart import apart
from privacy.audit.context import Origin, acting_from, current_origin
from privacy.audit.events import AccessEvent, AuditTrailEvent, Event, Kind, Registry
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.audit.selectors import trail_of
from privacy.errors import AccessDenied, DomainError
from privacy.exports.services import deciding
from privacy.receipts import Receipt, fate_of_this_transaction
from tests.conftest import owner_connection
from tests.factories.exports import asked_row
from tests.factories.people import UserFactory


def events() -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.order_by("at", "id"))


def test_every_event_has_an_area_and_an_act() -> None:
    """Searches ask for a whole area by what stands before the dot."""
    import_module(settings.ROOT_URLCONF)  # brings the events of every floor
    assert [one for one in Registry.known if not re.fullmatch(r"[a-z_]+\.[a-z_]+", one)] == []


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

    @pytest.mark.parametrize("where", [nullcontext, lambda: acting_from(Origin(ip="10.1.1.1"))])
    def test_it_outlives_the_rollback(self, carer, patient, where) -> None:
        """In a request and outside of any: a shell, a command, a worker."""
        with where(), transaction.atomic():
            audit.record(AuditTrailEvent.VIEWED, actor=carer)
            audit.record_denial(actor=carer, target="x", subjects=[patient])
            audit.record_crypto_failure(path="a.b", code="E-BOX-TAG")
            transaction.set_rollback(True)
        refused, failed = events()
        with where():
            assert refused.ip == current_origin().ip
        assert (refused.outcome, refused.codes) == ("denied", [patient.code])
        assert (failed.outcome, failed.fields) == ("failed", ["a.b"])

    def test_others_see_it_before_the_request_is_over(self, carer) -> None:
        """A process killed now would take nothing along."""
        with acting_from(Origin()), transaction.atomic(), owner_connection() as other:
            other.execute("SET ROLE suian_auditor")
            audit.record_denial(actor=carer, target="x")
            assert other.execute("SELECT target FROM privacy_auditevent").fetchall() == [("x",)]

    def test_it_comes_by_the_same_sign_in_and_leaves_no_connection(self, carer) -> None:
        held = connections[DEFAULT_DB_ALIAS]
        with transaction.atomic(), acting_as(READER):
            with apart(), connection.cursor() as cursor:
                second = connections[DEFAULT_DB_ALIAS]
                cursor.execute("SELECT current_user")
                assert cursor.fetchone() == (settings.DATABASE_APP_ROLE,)
            assert connections[DEFAULT_DB_ALIAS] is held
        assert second is not held
        assert second.connection is None

    def test_without_a_second_connection_the_act_fails(self, carer, monkeypatch) -> None:
        def act() -> None:
            with transaction.atomic():
                audit.record(AuditTrailEvent.VIEWED, actor=carer)
                audit.record_denial(actor=carer, target="x")

        connection.ensure_connection()
        with monkeypatch.context() as patch:
            patch.setitem(connection.settings_dict, "PORT", "1")
            with pytest.raises(OperationalError):
                act()
        assert events() == []
        assert not connection.needs_rollback

    def test_one_that_waits_for_the_trail_in_vain_fails_the_act(self, carer, monkeypatch) -> None:
        """Whoever holds the table up may wait for this very process: it must not wait for ever."""
        monkeypatch.setattr(apart_module, "PATIENCE", "50ms")
        with owner_connection() as owner:
            owner.execute("SET idle_in_transaction_session_timeout = '5s'")  # lest the test hang
            with owner.transaction():
                owner.execute("LOCK TABLE privacy_auditevent")
                with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
                    audit.record_denial(actor=carer, target="x")
        assert events() == []

    def test_a_refusal_from_a_shell_is_booked(self, clinic, carer) -> None:
        """As the separation of duties refuses, in the middle of its own transaction."""
        finance = UserFactory.create(clinic=clinic, role=Role.FINANCE)
        export = asked_row(finance)
        with pytest.raises(AccessDenied):
            deciding.approve(export=export, actor=finance)
        (row,) = events()
        assert (row.actor, row.action, row.target) == (finance.pk, "access.denied", export.target)

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
