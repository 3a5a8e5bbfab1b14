"""Who changed a row: the notes with the numbers of their transaction's events (ADR 0010)."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Permission, Role, roles_with
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.exporting import Bundle, span_of
from privacy.audit.models import READER, AuditEvent, AuditSeal, RetiredMonth, acting_as
from privacy.audit.packing import into_folder
from privacy.audit.row_notes import Note, Origin, read_notes
from privacy.audit.row_sealing import OWN, own_reason, seal_row_changes
from privacy.audit.sealing import seal_once
from tests.conftest import owner_connection
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def auditor(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.AUDITOR)


def change(patient: Patient, actor: User | None = None) -> None:
    with transaction.atomic():
        Patient.objects.filter(pk=patient.pk).update(stage="closed", updated_at=timezone.now())
        if actor:
            audit.record(AuditTrailEvent.VIEWED, actor=actor)


def last(patient: Patient, actor: User) -> Note:
    return read_notes(relation="crm_patient", row_key=str(patient.pk), actor=actor)[-1]


def run(person: User, *arguments: object) -> str:
    out = io.StringIO()
    call_command("row_notes", *map(str, arguments), "--staff", person.staff_no, stdout=out)
    return out.getvalue()


def test_a_change_bears_the_number_and_the_actor_of_its_event(patient, carer, auditor) -> None:
    change(patient, carer)
    note = last(patient, auditor)
    assert (note.operation, "stage" in note.columns, note.origin) == ("U", True, Origin.EVENTS)
    (act,) = note.acts
    assert (act.actor, act.action, act.seq) == (carer.pk, "audit.viewed", None)
    assert f"not sealed yet: staff {carer.staff_no}, audit.viewed" in run(
        auditor, "crm_patient", patient.pk
    )
    seal_once()
    with acting_as(READER):
        seq = AuditSeal.objects.get(event_id=act.event_id).seq
    assert last(patient, auditor).acts[0].seq == seq
    text = run(auditor, "crm_patient", patient.pk)
    moment = timezone.localtime(note.at).isoformat(sep=" ", timespec="milliseconds")
    assert f"{moment}  changed  stage" in text
    assert f"no. {seq}: staff {carer.staff_no}, audit.viewed, event {act.event_id}" in text


def test_the_export_of_the_month_bears_the_notes_transaction(
    patient, carer, auditor, settings, tmp_path
) -> None:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "heads.log")
    change(patient, carer)
    note = last(patient, auditor)
    seal_once()
    folder = into_folder(Bundle(span_of(f"{timezone.localtime():%Y-%m}")), tmp_path)
    lines = [json.loads(one) for one in (folder / "events.jsonl").read_text().splitlines()]
    (tied,) = [one for one in lines if one["xid"] == note.xid]
    assert tied["event"]["actor"] == carer.pk.hex
    assert tied["event"]["id"] == note.acts[0].event_id.hex


def test_a_process_is_named_and_another_clinics_event_is_a_number(patient, auditor) -> None:
    with transaction.atomic():
        change(patient)
        audit.record(AuditTrailEvent.VERIFIED, process="verify_nightly")
    assert "process verify_nightly, audit.verified" in run(auditor, "crm_patient", patient.pk)
    change(patient, UserFactory.create(role=Role.AUDITOR))
    text = run(auditor, "crm_patient", patient.pk)
    assert text.endswith("not sealed yet: an event of another clinic\n")


def test_nobody_known(patient, auditor) -> None:
    change(patient)
    with owner_connection() as owner:
        owner.execute("UPDATE crm_patient SET stage = 'first_talk' WHERE id = %s", [patient.pk])
    note = last(patient, auditor)
    assert (note.origin, note.acts, note.db_role) == (Origin.UNATTRIBUTED, [], "suian_owner")
    line = f"UNATTRIBUTED:  as suian_owner, transaction {note.xid}"
    assert line in run(auditor, "crm_patient", patient.pk)


def test_what_setting_up_laid_down_and_what_a_part_keeps_for_itself(patient, auditor) -> None:
    with owner_connection() as owner:
        owner.execute("SET suian.process = 'setup'")
        owner.execute("UPDATE crm_patient SET updated_at = now() WHERE id = %s", [patient.pk])
    assert last(patient, auditor).origin is Origin.SET_UP
    seal_row_changes()
    assert last(patient, auditor).origin is Origin.SET_UP
    with owner_connection() as owner:
        owner.execute("SET suian.process = 'setup'")
        owner.execute("UPDATE crm_patient SET updated_at = now() WHERE id = %s", [patient.pk])
    assert last(patient, auditor).origin is Origin.UNATTRIBUTED
    assert "laid down by setting up" in run(auditor, "crm_patient", patient.pk)


def test_a_parts_own_bookkeeping_is_told_with_its_reason(monkeypatch, auditor, patient) -> None:
    monkeypatch.setattr("privacy.audit.row_notes.own_reason", lambda **_facts: "how far it came")
    change(patient)
    note = last(patient, auditor)
    assert (note.origin, note.why) == (Origin.OWN, "how far it came")
    text = run(auditor, "crm_patient", patient.pk)
    assert "the product's own bookkeeping: how far it came" in text


@pytest.mark.parametrize(
    ("differs", "answer"),
    [
        ({}, True),
        ({"columns": ["updated_at"]}, True),
        ({"columns": ["last_login", "display_name"]}, False),
        ({"operation": "D"}, False),
        ({"relation": "crm_patient"}, False),
        ({"context": "psql"}, False),
        ({"db_role": "suian_owner"}, False),
        ({"relation": "crm_reminder", "operation": "D", "columns": ["id", "day"]}, True),
    ],
)
def test_own_is_what_the_alarm_lets_pass(differs, answer, settings) -> None:
    facts = {
        "relation": "crm_user", "operation": "U", "columns": ["last_login"], "context": "web",
        "db_role": settings.DATABASE_APP_ROLE, **differs,
    }  # fmt: skip
    reasons = {one.why for one in OWN} if answer else {""}
    assert own_reason(**facts) in reasons


def test_a_month_that_left_is_named_with_the_transaction(patient, auditor) -> None:
    change(patient)
    change(patient, auditor)
    now = timezone.now()
    for month, days in (("2001-01", 9000), (f"{now:%Y-%m}", 1)):
        row = RetiredMonth(
            month=month, begins=now - timedelta(days=days), ends=now - timedelta(days=days - 1),
            rows=1, manifest="", archive="", asked_by=auditor.pk, approved_by=patient.pk,
        )  # fmt: skip
        row.mac = row.due_mac()
        row.save(force_insert=True)
    notes = read_notes(relation="crm_patient", row_key=str(patient.pk), actor=auditor)
    assert (notes[-1].origin, notes[-2].origin) == (Origin.EVENTS, Origin.ARCHIVED)
    assert notes[-2].why == f"{now:%Y-%m}"
    assert f'look for "xid":{notes[-2].xid} in the archive of {now:%Y-%m}' in run(
        auditor, "crm_patient", patient.pk
    )


def test_a_table_that_was_emptied_is_noted_for_every_row(patient, auditor) -> None:
    with owner_connection() as owner:
        owner.execute("TRUNCATE crm_reviewview")
    assert "whole table emptied" in run(auditor, "crm_reviewview", patient.pk)


def looks() -> list[AuditEvent]:
    with acting_as(READER):
        rows = AuditEvent.objects.filter(action="rows.notes_read")
        return list(rows.order_by("at", "id"))


def test_the_look_is_booked_and_what_leads_nowhere_is_not_repeated(patient, auditor) -> None:
    run(auditor, "crm_patient", patient.pk)
    (event,) = looks()
    assert (event.actor, event.agent, event.kind) == (auditor.pk, "row_notes", "view")
    assert event.target == f"crm_patient:{patient.pk}"
    assert event.detail["notes"] > 0
    run(auditor, "crm_patient", "13800000001")
    assert run(auditor, "crm_patients", patient.pk) == "No notes of this row.\n"
    assert "not watched: how far the alerts" in run(auditor, "crm_trailplace", patient.pk)
    assert [one.target for one in looks()] == [event.target, "rows", "rows", "rows"]


@pytest.mark.parametrize("role", sorted(set(Role.values) - roles_with(Permission.VIEW_AUDIT)))
def test_nobody_else_reads_them(role, clinic, patient) -> None:
    with pytest.raises(CommandError, match="may not"):
        run(UserFactory.create(clinic=clinic, role=role), "crm_patient", patient.pk)
    assert looks() == []
