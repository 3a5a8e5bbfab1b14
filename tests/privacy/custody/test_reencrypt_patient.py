"""One patient gets new data keys while everybody works: every box moves, edits win (ADR 0011)."""

import ast
import io
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from consult.consultations.models import Addendum, Consultation
from consult.fees.models import EstimateLine
from crm.patients.models import PatientContact
from crm.staff.models import TotpDevice
from privacy.access.policy import Role
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.custody import resealing
from privacy.encryption import registry
from privacy.encryption.keys import Zone
from privacy.encryption.models import SubjectKey
from privacy.errors import DomainError
from tests.architecture.source import modules
from tests.factories.people import PatientFactory, number_of
from tests.factories.whole import whole_patient

pytestmark = pytest.mark.django_db
SYSTEM = {TotpDevice._meta.db_table}  # sealed by the installation's own key


def all_columns() -> list[registry.SealedColumn]:
    return [one for zone in Zone for one in registry.sealed_columns(zone)]


def boxes_in_database() -> dict[tuple[str, str], list[int]]:
    """Key versions of every box in every bytea column, found by SQL alone."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type = 'bytea' AND table_name NOT LIKE %s",
            ["privacy%"],
        )
        for table, column in cursor.fetchall():
            cursor.execute(
                f"SELECT get_byte({column}, 5) FROM {table} "
                f"WHERE length({column}) >= 66 AND substr({column}, 1, 2) = '\\x0101'"
            )
            found[table, column] = [version for (version,) in cursor.fetchall()]
    return {place: held for place, held in found.items() if held and place[0] not in SYSTEM}


def boxes_by_version(subject_id: UUID, zone: str) -> dict[int, int]:
    """How many boxes of the patient each version of the data key holds; 0 for what is none."""
    columns = registry.sealed_columns(zone)
    boxes = [box for column in columns for _row, box in resealing._boxes(column, subject_id)]
    return dict(Counter(map(resealing._version, boxes)))


def texts_of(patient) -> dict[str, list[str]]:
    columns = all_columns()
    with transaction.atomic():
        receipt = audit.record(
            AuditTrailEvent.VIEWED,
            process="test",
            subjects=[patient],
            fields=[one.path for one in columns],
        )
    opened = {}
    for one in columns:
        rows = one.model._default_manager.filter(**{one.owner: patient.pk}).order_by("pk")
        sealed = [getattr(row, one.field.name) for row in rows]
        opened[one.path] = [value.reveal(receipt) for value in sealed if value is not None]
    return opened


def run(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, "--staff", number_of(Role.SECURITY_ADMIN), stdout=out)
    return out.getvalue()


def reencrypt(patient, zone: str = "contact") -> resealing.Tally:
    return resealing.reencrypt(subject=patient.subject, zone=zone, process="test")


def finish(patient, zone: str = "contact") -> resealing.Tally:
    return resealing.finish(subject=patient.subject, zone=zone, process="test")


def let_time_pass(patient) -> None:
    before = timezone.now() - resealing.GRACE - timedelta(minutes=1)
    rows = SubjectKey.objects.filter(subject_id=patient.pk, superseded_at__isnull=False)
    rows.update(superseded_at=before)


class TestRegistry:
    def test_it_misses_no_field_that_a_model_declares(self) -> None:
        """Counted in the sources, not by Django."""
        declared = {
            (statement.targets[0].id, module.name)
            for module in modules()
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef)
            for statement in node.body
            if isinstance(statement, ast.Assign)
            and isinstance(statement.value, ast.Call)
            and isinstance(statement.value.func, ast.Name)
            and statement.value.func.id == "SealedField"
        }
        found = {
            (one.field.name, one.model.__module__.replace(".", "/") + ".py")
            for one in all_columns()
        }
        assert len(declared) > 15
        assert found == declared

    def test_each_row_leads_to_its_patient(self) -> None:
        patient = whole_patient()
        for one in all_columns():
            for row in one.model._default_manager.filter(**{one.owner: patient.pk}):
                assert getattr(row, one.field.owner) == patient.pk
            assert one.model._default_manager.filter(**{one.owner: patient.pk}).exists(), one.path

    def test_a_model_without_a_way_to_its_patient_is_refused(self) -> None:
        with pytest.raises(LookupError, match="TotpDevice"):
            registry.way_to_owner(TotpDevice, "patient_id")

    def test_it_looks_so_far_and_no_farther(self, monkeypatch) -> None:
        assert registry.way_to_owner(EstimateLine, "patient_id") == "version__estimate__patient_id"
        monkeypatch.setattr(registry, "DEEPEST", 1)
        with pytest.raises(LookupError, match="EstimateLine"):
            registry.way_to_owner(EstimateLine, "patient_id")


class TestReencrypt:
    def test_every_box_of_the_patient_moves_and_says_the_same(self, booked) -> None:
        patient = whole_patient()
        before = texts_of(patient)
        assert [path for path, held in before.items() if not held] == []
        out = run("reencrypt", "--patient", patient.code)

        assert {held for versions in boxes_in_database().values() for held in versions} == {2}
        assert texts_of(patient) == before
        assert "0 overtaken by an edit, 0 do not open" in out
        assert {one.detail["zone"] for one in booked("keys.resealed")} == {"contact", "clinical"}
        assert all(one.codes == [patient.code] for one in booked("keys.renewed"))
        assert all(one.actor for one in (*booked("keys.renewed"), *booked("keys.resealed")))

    def test_the_old_key_ends_after_the_grace_and_texts_stay(self, booked) -> None:
        patient = whole_patient()
        before = texts_of(patient)
        run("reencrypt", "--patient", patient.code, "--zone", "clinical")
        assert "still waiting" in run("reencrypt", "--finish")
        let_time_pass(patient)
        assert "1 old keys destroyed" in run("reencrypt", "--finish")

        held = SubjectKey.objects.filter(subject_id=patient.pk, zone="clinical")
        assert list(held.values_list("version", flat=True)) == [2]
        assert texts_of(patient) == before
        assert list(resealing.unfinished()) == []
        (event,) = booked("keys.old_destroyed")
        assert (bool(event.actor), event.process, event.agent) == (True, "", "reencrypt")

    def test_only_this_patient_and_zone(self) -> None:
        one, other = PatientFactory.create(), PatientFactory.create()
        reencrypt(one)
        assert boxes_by_version(one.pk, "contact") == {2: 2}
        assert boxes_by_version(one.pk, "clinical") == {1: 1}
        assert boxes_by_version(other.pk, "contact") == {1: 2}

    def test_a_run_that_was_stopped_is_taken_up(self) -> None:
        patient = PatientFactory.create()
        resealing.renew(subject=patient.subject, zone="contact", process="test")
        reencrypt(patient)
        versions = SubjectKey.objects.filter(subject_id=patient.pk, zone="contact")
        assert sorted(versions.values_list("version", flat=True)) == [1, 2]
        assert boxes_by_version(patient.pk, "contact") == {2: 2}

    def test_an_edit_at_the_same_time_wins(self, monkeypatch) -> None:
        patient = PatientFactory.create()
        swap, edits = resealing._swap, ["赵敏"]

        def edited_meanwhile(column, row, *rest):
            if edits and column.field.name == "name":
                contact = PatientContact.objects.get(pk=row)
                contact.name = edits.pop()
                contact.save()
            return swap(column, row, *rest)

        monkeypatch.setattr(resealing, "_swap", edited_meanwhile)
        tally = reencrypt(patient)
        assert tally.overtaken == 1
        assert texts_of(patient)["patientcontact.name"] == ["赵敏"]
        assert boxes_by_version(patient.pk, "contact") == {2: 2}

    def test_an_edit_that_never_ends_does_not_hold_the_run(self, monkeypatch) -> None:
        patient = PatientFactory.create()
        monkeypatch.setattr(resealing, "_swap", lambda *_all: False)
        tally = reencrypt(patient)
        assert (tally.resealed, tally.overtaken) == (0, 2 * resealing.PASSES)

    def test_a_form_from_before_keeps_the_old_key_alive(self) -> None:
        patient = PatientFactory.create()
        stale = PatientContact.objects.get(patient=patient)
        reencrypt(patient)
        stale.save()  # puts both old boxes back
        let_time_pass(patient)
        tally = finish(patient)
        assert (tally.resealed, tally.destroyed) == (2, 0)
        assert finish(patient).destroyed == 0, "the wait begins again"
        let_time_pass(patient)
        assert finish(patient).destroyed == 1
        assert texts_of(patient)["patientcontact.name"] == ["王芳"]

    def test_a_box_that_does_not_open_stays_and_keeps_its_key(self) -> None:
        patient = PatientFactory.create()
        contact = PatientContact.objects.get(patient=patient)
        broken = bytes(contact.name.box)[:-1] + b"\0"
        PatientContact.objects.filter(pk=contact.pk).update(name=broken)
        tally = reencrypt(patient)
        assert (tally.resealed, tally.unreadable) == (1, 1)
        let_time_pass(patient)
        assert finish(patient).destroyed == 0
        assert boxes_by_version(patient.pk, "contact") == {1: 1, 2: 1}

    def test_what_is_no_box_is_left_alone(self) -> None:
        patient = PatientFactory.create()
        PatientContact.objects.filter(patient=patient).update(name=b"", phone=b"\1\1\0\0\0\7" * 20)
        assert reencrypt(patient).resealed == 0
        assert boxes_by_version(patient.pk, "contact") == {0: 1, 7: 1}

    def test_an_erased_patient_gets_no_new_key(self) -> None:
        patient = PatientFactory.create()
        SubjectKey.objects.filter(subject_id=patient.pk).delete()
        with pytest.raises(CommandError, match="erased"):
            run("reencrypt", "--patient", patient.code)
        with pytest.raises(DomainError):
            reencrypt(patient)

    @pytest.mark.parametrize(
        "arguments", [[], ["--finish", "--patient", "7K2M9QXA"], ["--patient", "nobody"]]
    )
    def test_the_command_says_what_it_needs(self, arguments) -> None:
        with pytest.raises(CommandError):
            run("reencrypt", *arguments)


class TestGate:
    """The fences round locked records open for a newer box of the same patient alone."""

    @pytest.fixture
    def addendum(self) -> Addendum:
        patient = whole_patient()
        reencrypt(patient, "clinical")
        return Addendum.objects.get(consultation__patient=patient)

    def reseal(self, table: str, row: Addendum, now_is: bytes, was: bytes | None = None) -> bool:
        values = [table, "text", row.pk, was or bytes(row.text.box), now_is, row.patient_id]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT reseal_box(%s, %s, %s, %s, %s, %s, 'clinical')", values)
            return cursor.fetchone()[0]

    def test_text_longer_or_older_or_no_box_is_refused(self, addendum) -> None:
        box = bytes(addendum.text.box)
        for wrong in (box + b"\0", b"\2" + box[1:], box[:5] + b"\1" + box[6:], b"text" * 9):
            with pytest.raises(DatabaseError, match="only a box"):
                self.reseal("consult_addendum", addendum, wrong)
        with pytest.raises(DatabaseError, match="only a box"):
            self.reseal("privacy_subjectkey", addendum, box)

    def test_a_box_that_was_changed_meanwhile_is_not_overwritten(self, addendum) -> None:
        box = bytes(addendum.text.box)
        assert not self.reseal("consult_addendum", addendum, box, was=box[:-1] + b"\0")

    def test_the_switch_alone_opens_nothing(self, addendum) -> None:
        for statement in (
            "UPDATE consult_addendum SET covered = 3",
            "UPDATE consult_consultation SET note = NULL WHERE status = 'submitted'",
            "UPDATE consult_estimateversion SET copies = 0, reason = 'x' WHERE state = 'issued'",
            "UPDATE consult_turn SET text = text",
        ):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL suian.resealing = 'on'")
                with pytest.raises(DatabaseError), transaction.atomic():
                    cursor.execute(statement)

    def test_and_it_is_shut_again_behind_the_box(self, addendum) -> None:
        self.reseal("consult_addendum", addendum, bytes(addendum.text.box))
        locked = Consultation.objects.filter(status="submitted")
        with pytest.raises(DatabaseError, match="cannot be changed"), transaction.atomic():
            locked.update(channel="phone")
