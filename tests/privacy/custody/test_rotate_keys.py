"""A new version of a zone's key: writing takes it, reading takes what the row says (ADR 0011)."""

import io
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from privacy.access.policy import Role
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.custody import rewrapping, rotation
from privacy.encryption import canaries, keys
from privacy.encryption.models import KeyCanary, KeyState, KeyVersion, SubjectKey, active_versions
from privacy.errors import DomainError
from tests.conftest import owner_connection
from tests.factories.people import PatientFactory, number_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("canaries")]


def run(command: str, *arguments: str) -> str:
    out = io.StringIO()
    who = [] if command == "rewrap_keys" else ["--staff", number_of(Role.SECURITY_ADMIN)]
    call_command(command, *arguments, *who, stdout=out)
    return out.getvalue()


def versions_of(patient) -> dict[str, int]:
    rows = SubjectKey.objects.filter(subject_id=patient.pk)
    return dict(rows.values_list("zone", "kek_version"))


def name_of(patient) -> str:
    with transaction.atomic():
        receipt = audit.record(
            AuditTrailEvent.VIEWED,
            process="test",
            subjects=[patient],
            fields=["patientcontact.name"],
        )
    contact = type(patient.contact).objects.get(patient=patient)
    return contact.name.reveal(receipt)


def rotate(zone: str = "contact") -> KeyVersion:
    return rotation.rotate(zone=zone, process="test")


def grow_old(*, days: int) -> None:
    """As if what is retired had been for so long."""
    rows = KeyVersion.objects.filter(state=KeyState.RETIRED)
    rows.update(updated_at=timezone.now() - timedelta(days=days))


def states(zone: str) -> list[str]:
    rows = KeyVersion.objects.filter(zone=zone).order_by("version")
    return list(rows.values_list("state", flat=True))


class TestRotation:
    def test_new_patients_get_the_new_version_and_old_ones_stay_readable(self, clinic) -> None:
        old = PatientFactory.create(clinic=clinic, contact={"name": "王芳"})
        out = run("rotate_keys", "--zone", "contact")
        new = PatientFactory.create(clinic=clinic, contact={"name": "李雷"})

        assert versions_of(old) == {"contact": 1, "clinical": 1}
        assert versions_of(new) == {"contact": 2, "clinical": 1}
        assert (name_of(old), name_of(new)) == ("王芳", "李雷")
        assert states("contact") == ["decrypt_only", "active"]
        assert "contact v2" in out

    def test_both_zones_by_default_and_booked(self, booked) -> None:
        run("rotate_keys")
        assert active_versions() == {"contact": 2, "clinical": 2}
        assert [one.detail for one in booked("keys.rotated")] == [
            {"zone": "clinical", "version": 2},
            {"zone": "contact", "version": 2},
        ]

    def test_a_canary_lies_under_every_version_and_names_its_fault(self) -> None:
        rotate()
        assert canaries.faults() == []
        KeyCanary.objects.filter(zone="contact", kek_version=1).delete()
        assert canaries.faults() == ["contact v1"]
        assert canaries.plant() == 1
        row = KeyCanary.objects.get(zone="contact", kek_version=2)
        row.box = bytes(row.box)[:-1] + b"\0"
        row.save()
        assert canaries.faults() == ["contact v2"]

    def test_without_the_right_keys_nothing_is_rotated(self) -> None:
        KeyCanary.objects.filter(zone="clinical").delete()
        with pytest.raises(CommandError, match="clinical v1"):
            run("rotate_keys")
        assert states("contact") == ["active"]
        with pytest.raises(DomainError):
            rotate()

    def test_a_zone_without_an_active_version_seals_nothing(self, clinic) -> None:
        KeyVersion.objects.filter(zone="contact").update(state="decrypt_only")
        assert canaries.faults() == ["contact"]
        with pytest.raises(ImproperlyConfigured, match="contact"):
            PatientFactory.create(clinic=clinic)


class TestStates:
    """What the database itself refuses, whoever asks."""

    def refused(self, constraint: str, statement: str) -> None:
        with (
            pytest.raises(IntegrityError) as said,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        assert said.value.__cause__.diag.constraint_name == constraint

    def test_one_active_version_a_zone(self) -> None:
        self.refused(
            "one_active_key_version_per_zone",
            "INSERT INTO privacy_keyversion VALUES "
            "(gen_random_uuid(), now(), now(), 'contact', 2, 'active')",
        )

    @pytest.mark.parametrize(
        ("state", "version"), [("retired", 2), ("active", 3), ("active", 1), ("nonsense", 2)]
    )
    def test_a_version_starts_active_with_the_next_number(self, state, version) -> None:
        KeyVersion.objects.filter(zone="contact").update(state="decrypt_only")
        name = "has_a_state" if state == "nonsense" else "takes_the_next_number"
        self.refused(
            f"key_version_{name}",
            "INSERT INTO privacy_keyversion VALUES "
            f"(gen_random_uuid(), now(), now(), 'contact', {version}, '{state}')",
        )

    def test_states_go_forward_only(self) -> None:
        rotate()
        for back in ("active",):
            self.refused(
                "key_version_moves_forward",
                f"UPDATE privacy_keyversion SET state = '{back}' WHERE state = 'decrypt_only'",
            )
        self.refused(
            "key_version_keeps_its_place",
            "UPDATE privacy_keyversion SET version = 9 WHERE state = 'decrypt_only'",
        )

    def test_a_version_in_use_is_neither_retired_nor_destroyed(self, clinic) -> None:
        PatientFactory.create(clinic=clinic)
        rotate()
        for state in ("retired", "destroyed"):
            self.refused(
                "key_version_in_use_stays",
                f"UPDATE privacy_keyversion SET state = '{state}' WHERE state = 'decrypt_only'",
            )
        assert rotation.retire_unused(process="test") == []

    def test_no_data_key_comes_under_a_version_that_is_over(self, clinic) -> None:
        patient = PatientFactory.create(clinic=clinic)
        rotate("clinical")
        list(rewrapping.rewrap(process="test"))
        rotation.retire_unused(process="test")
        for version in (1, 7):
            self.refused(
                "data_key_needs_version",
                f"UPDATE privacy_subjectkey SET kek_version = {version} "
                f"WHERE zone = 'clinical' AND subject_id = '{patient.pk}'",
            )

    def test_nobody_deletes_a_version(self, transactional_db) -> None:
        with owner_connection() as owner, pytest.raises(Exception, match="never deleted"):
            owner.execute("DELETE FROM privacy_keyversion")


class TestRewrap:
    def test_all_keys_come_under_the_active_version_and_still_open(self, clinic, booked) -> None:
        patients = [PatientFactory.create(clinic=clinic) for _ in range(3)]
        run("rotate_keys")
        assert rewrapping.waiting() == 6
        out = run("rewrap_keys")

        assert rewrapping.waiting() == 0
        assert {tuple(versions_of(one).values()) for one in patients} == {(2, 2)}
        assert [name_of(one) for one in patients] == ["王芳"] * 3
        assert [one.detail for one in booked("keys.rewrapped")] == [{"keys": 6, "unreadable": 0}]
        assert "6 data keys wrapped anew, 0 left" in out
        assert "retire_keys" in out

    def test_a_limit_and_a_kill_leave_the_rest_for_the_next_run(self, clinic, monkeypatch) -> None:
        for _ in range(3):
            PatientFactory.create(clinic=clinic)
        run("rotate_keys")
        assert "4 left" in run("rewrap_keys", "--limit", "2")
        monkeypatch.setattr(rewrapping, "BATCH", 1)
        stopped = rewrapping.rewrap(process="test")
        next(stopped)
        stopped.close()
        assert rewrapping.waiting() == 3
        assert "3 data keys wrapped anew, 0 left" in run("rewrap_keys")

    def test_a_key_that_does_not_open_stays_and_holds_its_version(self, clinic, booked) -> None:
        good, bad = (PatientFactory.create(clinic=clinic) for _ in "ab")
        SubjectKey.objects.filter(subject_id=bad.pk, zone="contact").update(wrapped=bytes(60))
        rotate()
        out = run("rewrap_keys")
        assert versions_of(good)["contact"] == 2
        assert versions_of(bad)["contact"] == 1
        assert "1 data key wrapped anew, 1 left" in out
        assert "keep their old version" in out
        assert {one.outcome for one in booked("keys.rewrapped")} == {"failed"}
        assert "contact v1: decrypt_only, 1 data key" in run("retire_keys")

    def test_rows_that_another_holds_are_passed_over(self, transactional_db, clinic) -> None:
        held, free = (PatientFactory.create(clinic=clinic) for _ in "ab")
        canaries.plant()
        rotate()
        with owner_connection() as owner, owner.transaction():
            owner.execute(
                "SELECT 1 FROM privacy_subjectkey WHERE subject_id = %s FOR UPDATE", [held.pk]
            )
            list(rewrapping.rewrap(process="test"))
            assert (versions_of(held)["contact"], versions_of(free)["contact"]) == (1, 2)
        list(rewrapping.rewrap(process="test"))
        assert versions_of(held)["contact"] == 2


class TestRetire:
    def test_retired_then_given_up_with_its_canary(self, clinic, booked) -> None:
        PatientFactory.create(clinic=clinic)
        run("rotate_keys", "--zone", "clinical")
        run("rewrap_keys")
        assert "clinical v1: retired" in run("retire_keys")
        assert KeyCanary.objects.filter(zone="clinical", kek_version=1).exists()
        assert "given up" not in run("retire_keys", "--give-up")
        grow_old(days=34)
        assert "given up" not in run("retire_keys", "--give-up")
        grow_old(days=35)
        assert "clinical v1: given up" in run("retire_keys", "--give-up")

        assert states("clinical") == ["destroyed", "active"]
        assert not KeyCanary.objects.filter(zone="clinical", kek_version=1).exists()
        assert canaries.faults() == []
        assert canaries.plant() == 0
        assert len(booked("keys.retired")) == len(booked("keys.given_up")) == 1
        assert KeyState("destroyed").label

    def test_younger_ones_are_given_up_for_a_reason_that_is_booked(self, booked) -> None:
        rotate()
        run("retire_keys")
        with pytest.raises(CommandError, match="Leave out numbers"):
            run("retire_keys", "--give-up", "--at-once", "13800138000 asked for it")
        with pytest.raises(CommandError, match="belongs to --give-up"):
            run("retire_keys", "--at-once", "The copies are destroyed")
        assert states("contact") == ["retired", "active"]
        out = run("retire_keys", "--give-up", "--at-once", "The copies are destroyed")
        assert "contact v1: given up" in out
        (event,) = booked("keys.given_up")
        assert (event.reason, bool(event.actor)) == ("The copies are destroyed", True)

    def test_versions_of_two_rotations_ago_are_rewrapped_too(self, clinic) -> None:
        patient = PatientFactory.create(clinic=clinic)
        rotate()
        rotate()
        list(rewrapping.rewrap(process="test"))
        assert versions_of(patient)["contact"] == 3
        assert len(rotation.retire_unused(process="test")) == 2


def test_a_wrong_root_is_told_by_version(monkeypatch) -> None:
    rotate()
    keys.forget()
    monkeypatch.setenv("SUIAN_ROOT_CONTACT", "ab" * 32)
    assert canaries.faults() == ["contact v1", "contact v2"]
    monkeypatch.undo()
    keys.forget()
