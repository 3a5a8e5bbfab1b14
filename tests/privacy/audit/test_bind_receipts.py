"""A receipt is worth as much as its event: nothing, once the event was rolled back."""

import threading
from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.template import Context, Template

from crm.patients.models import Patient, PatientContact
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.encryption.fields import NotCovered
from privacy.receipts import Receipt

FIELD = "patientcontact.name"


class Undone(Exception):
    """Ends a block so that it is rolled back."""


def look(actor: User, patient: Patient) -> Receipt:
    return audit.record(AuditTrailEvent.VIEWED, actor=actor, subjects=[patient], fields=[FIELD])


def covers(receipt: Receipt, patient: Patient) -> bool:
    return receipt.covers(patient.pk, FIELD)


@pytest.mark.django_db(transaction=True)
class TestRealTransactions:
    def test_it_opens_before_and_after_the_commit(self, carer: User, patient: Patient) -> None:
        with transaction.atomic():
            receipt = look(carer, patient)
            assert covers(receipt, patient)
        assert covers(receipt, patient)
        name = PatientContact.objects.get(patient=patient).name
        shown = Template("{{ name|masked_name:receipt }}")
        assert shown.render(Context({"name": name, "receipt": receipt})) == "王※"

    def test_it_opens_nothing_after_a_rollback(self, carer: User, patient: Patient) -> None:
        with transaction.atomic():
            receipt = look(carer, patient)
            transaction.set_rollback(True)
            assert not covers(receipt, patient), "the event is lost already"
        assert not covers(receipt, patient)
        with pytest.raises(NotCovered), transaction.atomic():
            PatientContact.objects.get(patient=patient).name.reveal(receipt)

    def test_what_others_wait_for_does_not_part_it(self, carer: User, patient: Patient) -> None:
        with transaction.atomic():
            look(carer, patient)
            transaction.on_commit(lambda: None)
            look(carer, patient)
            assert len(connection.run_on_commit) == 2  # one fate for both, and the other's hook

    def test_a_later_transaction_does_not_revive_it(self, carer: User, patient: Patient) -> None:
        with suppress(Undone), transaction.atomic():
            lost = look(carer, patient)
            raise Undone
        with transaction.atomic():
            kept = look(carer, patient)
            assert (covers(lost, patient), covers(kept, patient)) == (False, True)
        assert (covers(lost, patient), covers(kept, patient)) == (False, True)

    def test_a_lost_connection_counts_as_a_rollback(self, carer: User, patient: Patient) -> None:
        with suppress(Undone), transaction.atomic():
            receipt = look(carer, patient)
            connection.close()  # the server undoes what the client never committed
            raise Undone
        assert not covers(receipt, patient)

    def test_another_thread_may_use_it_after_the_commit_only(
        self, carer: User, patient: Patient
    ) -> None:
        told: list[bool] = []

        def ask() -> None:
            told.append(covers(receipt, patient))

        with transaction.atomic():
            receipt = look(carer, patient)
            _in_thread(ask)
        _in_thread(ask)

        assert told == [False, True]


def _in_thread(act) -> None:
    thread = threading.Thread(target=act)
    thread.start()
    thread.join(timeout=10)


@pytest.mark.django_db
class TestSavepoints:
    def test_one_rolled_back_takes_its_receipts_with_it(
        self, carer: User, patient: Patient
    ) -> None:
        outer = look(carer, patient)
        with suppress(Undone), transaction.atomic():
            inner = look(carer, patient)
            assert covers(outer, patient)
            assert covers(inner, patient)
            raise Undone
        assert (covers(outer, patient), covers(inner, patient)) == (True, False)

    def test_one_released_shares_the_fate_of_what_is_around_it(
        self, carer: User, patient: Patient
    ) -> None:
        with suppress(Undone), transaction.atomic():
            with transaction.atomic():
                inner = look(carer, patient)
            assert covers(inner, patient)
            raise Undone
        assert not covers(inner, patient)

    def test_a_neighbour_is_left_alone(self, carer: User, patient: Patient) -> None:
        with transaction.atomic():
            kept = look(carer, patient)
        with suppress(Undone), transaction.atomic():
            lost = look(carer, patient)
            raise Undone
        with transaction.atomic():
            later = look(carer, patient)
        assert [covers(one, patient) for one in (kept, lost, later)] == [True, False, True]

    def test_a_block_without_a_savepoint_dooms_the_one_around_it(
        self, carer: User, patient: Patient
    ) -> None:
        with transaction.atomic():
            receipt = look(carer, patient)
            with suppress(Undone), transaction.atomic(savepoint=False):
                raise Undone
            assert not covers(receipt, patient)
        assert not covers(receipt, patient)

    def test_a_service_called_many_times_leaves_one_mark(
        self, carer: User, patient: Patient
    ) -> None:
        before = len(connection.run_on_commit)
        receipts = [look(carer, patient) for _ in range(50)]
        assert len(connection.run_on_commit) <= before + 1
        assert all(covers(one, patient) for one in receipts)
