"""Commands that weigh something are somebody's doing, and only whom the policy lets (ADR 0026)."""

import io

import pytest
from django.core.management import CommandError, call_command

from privacy.access.policy import Permission, Role, roles_with
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.encryption.models import KeyVersion
from tests.factories.people import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("canaries")]
WEIGHTY = {
    "erase_patient": ["--request", "11111111-1111-4111-8111-111111111111"],
    "escrow_roots": ["--to", "/nowhere"],
    "export_audit": ["2026-09", "--to", "/nowhere"],
    "prove_restore": [],
    "rebuild_index": [],
    "reencrypt": ["--finish"],
    "retire_keys": ["--give-up"],
    "retire_month": ["2026-09", "--archive", "/nowhere"],
    "rotate_keys": [],
    "row_notes": ["crm_patient", "11111111-1111-4111-8111-111111111111"],
}


def run(command: str, *arguments: str) -> None:
    call_command(command, *arguments, stdout=io.StringIO())


def booked(**wanted: str) -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(**wanted))


@pytest.mark.parametrize("command", WEIGHTY)
def test_without_a_name_it_does_not_run(command: str) -> None:
    with pytest.raises(CommandError, match="--staff"):
        run(command, *WEIGHTY[command])
    assert booked() == []


def test_what_is_done_is_theirs_and_names_the_command() -> None:
    keeper = UserFactory.create(role=Role.SECURITY_ADMIN)
    run("rotate_keys", "--zone", "contact", "--staff", keeper.staff_no)
    (event,) = booked(action="keys.rotated")
    assert (event.actor, event.role, event.clinic) == (keeper.pk, keeper.role, keeper.clinic_id)
    assert (event.process, event.agent, event.session) == ("", "rotate_keys", None)


@pytest.mark.parametrize("role", sorted(set(Role.values) - roles_with(Permission.MANAGE_KEYS)))
def test_other_roles_are_refused_and_that_is_booked(role: str) -> None:
    other = UserFactory.create(role=role)
    with pytest.raises(CommandError, match="may not"):
        run("rotate_keys", "--staff", other.staff_no)
    (event,) = booked()
    assert (event.action, event.actor, event.outcome) == ("access.denied", other.pk, "denied")
    assert (event.target, event.reason) == ("command:rotate_keys", "keys.manage")
    assert KeyVersion.objects.count() == 2


def test_who_has_left_is_refused() -> None:
    gone = UserFactory.create(role=Role.SECURITY_ADMIN, is_active=False)
    with pytest.raises(CommandError, match="may not"):
        run("rotate_keys", "--staff", gone.staff_no)


def test_who_is_not_cleared_exports_no_trail(settings) -> None:
    auditor = UserFactory.create(role=Role.AUDITOR, cleared_until=None)
    with pytest.raises(CommandError, match="not cleared"):
        export_as(auditor.staff_no)
    (event,) = booked()
    assert (event.reason, event.detail) == ("audit.export", {"uncleared": 1})


def test_nobody_of_that_number_is_booked_too() -> None:
    with pytest.raises(CommandError, match="Nobody"):
        run("rotate_keys", "--staff", "nobody")
    (event,) = booked()
    assert (event.actor, event.process, event.outcome) == (None, "rotate_keys", "denied")


def export_as(staff_no: str) -> None:
    from privacy.management.by_staff import by_staff

    with by_staff(staff_no, permission=Permission.EXPORT_AUDIT, process="export_audit"):
        pytest.fail("let through")
