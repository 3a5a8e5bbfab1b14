"""A record's life: draft, submitted for ever, added to. The database holds it too."""

import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from consult.consultations import rules, services
from consult.consultations.models import Consultation, Turn
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.errors import AccessDenied, Conflict, DomainError
from tests.conftest import owner_connection
from tests.factories.consultations import draft_of, submitted_of, whole_outcome
from tests.factories.people import UserFactory


def actions():
    with acting_as(READER):
        return [event.action for event in AuditEvent.objects.order_by("id")]


def submit(draft, actor, **changes):
    return services.submit(
        draft=draft,
        actor=actor,
        version=draft.version,
        talk_version=draft.talk_version,
        outcome=whole_outcome(**changes),
    )


def test_submitting_stamps_and_names(draft, carer):
    record = submit(draft, carer)

    assert record.status == Consultation.Status.SUBMITTED
    assert record.submitted_by == carer
    assert record.submitted_at is not None
    assert actions() == [
        "consultation.draft_started",
        "consultation.asks_counted",
        "consultation.submitted",
        "patient.stage_changed",
    ]


def test_a_submission_that_lacks_something_is_kept_as_a_draft(draft, carer):
    with pytest.raises(services.NotComplete) as caught:
        submit(draft, carer, source="", note="写了一半")

    kept = Consultation.objects.get()
    assert [finding.field for finding in caught.value.findings] == ["source"]
    assert kept.is_draft
    assert kept.version == draft.version + 1
    assert kept.note is not None


def test_a_talk_without_a_message_cannot_be_submitted(patient, carer):
    empty = draft_of(patient, carer, talk=())

    with pytest.raises(services.NotComplete) as caught:
        submit(empty, carer)

    assert [finding.field for finding in caught.value.findings] == ["turns"]


def test_a_submitted_record_refuses_every_service(patient, carer):
    record = submitted_of(patient, carer)
    turn = record.turns.first()
    seen = {"turn_id": turn.pk, "seen": turn.updated_at}
    words = services.hand_written(speaker="staff", text="晚到的话")

    for attempt in (
        lambda: submit(record, carer),
        lambda: services.save_outcome(
            draft=record, actor=carer, version=record.version, outcome=whole_outcome()
        ),
        lambda: services.add_turns(draft=record, actor=carer, turns=[words]),
        lambda: services.remove_turn(draft=record, actor=carer, **seen),
        lambda: services.discard_draft(draft=record, actor=carer),
    ):
        with pytest.raises(Conflict, match="已提交"):
            attempt()


SQL = [
    "UPDATE consult_consultation SET next_step = 'no_contact' WHERE id = %(id)s",
    "UPDATE consult_consultation SET status = 'draft', submitted_at = NULL, submitted_by_id = NULL",
    "DELETE FROM consult_consultation WHERE id = %(id)s",
    "UPDATE consult_turn SET speaker = 'staff' WHERE consultation_id = %(id)s",
    "UPDATE consult_turn SET consultation_id = %(other)s WHERE consultation_id = %(id)s",
    "UPDATE consult_turn SET consultation_id = %(id)s WHERE consultation_id = %(other)s",
    "DELETE FROM consult_turn WHERE consultation_id = %(id)s",
    "INSERT INTO consult_turn (id, created_at, updated_at, consultation_id, position, speaker,"
    " text, covered) VALUES (gen_random_uuid(), now(), now(), %(id)s, 99, 'staff', '\\x00', 0)",
    "UPDATE consult_addendum SET kind = 'correction'",
    "DELETE FROM consult_addendum",
    "INSERT INTO consult_addendum (id, created_at, updated_at, consultation_id, author_id, kind,"
    " text, covered) VALUES (gen_random_uuid(), now(), now(), %(other)s, %(author)s, 'addition',"
    " '\\x00', 0)",
    "TRUNCATE consult_consultation CASCADE",
]


@pytest.mark.parametrize("statement", SQL, ids=range(len(SQL)))
def test_the_database_refuses_what_the_services_refuse(patient, carer, statement):
    record, other = submitted_of(patient, carer), draft_of(patient, carer)
    services.add_to(consultation=record, actor=carer, kind="addition", text="补充一句")
    values = {"id": record.pk, "other": other.pk, "author": carer.pk}

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", SQL[:10], ids=range(10))
def test_the_owner_of_the_tables_is_refused_too(patient, carer, statement):
    record, other = submitted_of(patient, carer), draft_of(patient, carer)
    services.add_to(consultation=record, actor=carer, kind="addition", text="补充一句")

    with owner_connection() as owner, pytest.raises(psycopg.Error):
        owner.execute(statement, {"id": record.pk, "other": other.pk})


@pytest.mark.django_db(transaction=True)
def test_no_message_slips_in_while_somebody_submits(patient, carer):
    draft = draft_of(patient, carer)
    late: list[str] = []

    def slip_in() -> None:
        with owner_connection() as other:
            try:
                other.execute(SQL[7], {"id": draft.pk})
            except psycopg.Error as error:
                late.append(str(error))

    thread = threading.Thread(target=slip_in)
    with transaction.atomic():
        submit(draft, carer)
        thread.start()
        with owner_connection() as watcher:  # until it waits for the lock that we hold
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            while not watcher.execute(waiting).fetchone()[0]:
                pass
    thread.join()

    assert "cannot be changed" in late[0]
    assert Turn.objects.filter(consultation=draft).count() == 2


def test_a_record_must_have_a_disposition_in_the_database(draft, carer):
    with pytest.raises(DatabaseError, match="submitted_consultation_has_disposition"):
        Consultation.objects.filter(pk=draft.pk).update(
            status="submitted", submitted_at=timezone.now(), submitted_by=carer
        )


@pytest.mark.parametrize("field", ["worries", "explained"])
def test_only_listed_codes_are_stored(draft, field):
    with pytest.raises(DatabaseError, match="consultation_lists_are_known"):
        Consultation.objects.filter(pk=draft.pk).update(**{field: ["low_value"]})


def test_addenda_stand_beside_the_record_with_their_author(patient, carer, second):
    record = submitted_of(patient, carer)

    services.add_to(consultation=record, actor=second, kind="correction", text="应为三类")
    services.add_to(consultation=record, actor=carer, kind="addition", text="电话13812345678")

    kinds = [(one.kind, one.author, one.covered) for one in record.addenda.all()]
    assert kinds == [("correction", second, 0), ("addition", carer, 1)]


def test_an_addendum_says_something_and_belongs_to_a_locked_record(draft, patient, carer):
    record = submitted_of(patient, carer)

    with pytest.raises(DomainError, match="草稿"):
        services.add_to(consultation=draft, actor=carer, kind="addition", text="早了")
    with pytest.raises(DomainError, match="写下"):
        services.add_to(consultation=record, actor=carer, kind="addition", text="　")
    with pytest.raises(DomainError, match="4000"):
        services.add_to(consultation=record, actor=carer, kind="addition", text="长" * 4001)


def test_only_the_author_discards_a_draft(draft, carer, second):
    with pytest.raises(AccessDenied):
        services.discard_draft(draft=draft, actor=second)
    services.discard_draft(draft=draft, actor=carer)

    assert not Consultation.objects.exists()
    assert actions()[-1] == "consultation.draft_discarded"


@pytest.mark.parametrize("role", ["nurse", "front_desk", "finance", "medical_qc", "system_admin"])
def test_roles_that_do_not_write_are_refused_by_the_services(draft, patient, clinic, role):
    other = UserFactory.create(clinic=clinic, role=role)

    with pytest.raises(AccessDenied):
        services.start_draft(patient=patient, actor=other, channel="wecom")
    with pytest.raises(AccessDenied):
        submit(draft, other)


def test_when_the_talk_began_is_read_from_it(patient, carer):
    moment = timezone.now() - timedelta(days=2)
    turn = services.hand_written(speaker="patient", text="在吗", said_at=moment)

    draft = services.start_draft(patient=patient, actor=carer, channel="wecom", turns=[turn])

    assert draft.started_at == moment


def test_a_talk_longer_than_a_record_takes(draft, carer, monkeypatch):
    monkeypatch.setattr(rules, "MOST_TURNS", 3)
    more = [services.hand_written(speaker="staff", text="好")] * 2

    with pytest.raises(DomainError, match="3"):
        services.add_turns(draft=draft, actor=carer, turns=more)
