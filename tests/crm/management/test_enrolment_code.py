"""The way in for the first security administrator, and for the only one who lost the phone."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm.staff.models import TotpDevice, User
from crm.staff.services import MustEnrol, sign_in
from privacy.access.policy import Role
from tests.factories.people import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def guard(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)


def run(staff_no: str) -> str:
    out = StringIO()
    call_command("enrolment_code", staff_no, stdout=out)
    return out.getvalue().strip().rpartition(" ")[2]


def test_the_only_one_enrols_with_what_is_shown(guard, booked) -> None:
    code = run(guard.staff_no)
    with pytest.raises(MustEnrol):
        sign_in(staff_no=guard.staff_no, password=PASSWORD, code=code, ip=None)
    (event,) = booked("staff.factor_reset")
    assert (event.actor, event.process) == (None, "enrolment_code")
    assert (event.clinic, event.target) == (guard.clinic_id, f"staff:{guard.staff_no}")
    assert booked("staff.all_ended")[0].process == "enrolment_code"


def test_not_while_a_colleague_can_do_it(guard, clinic) -> None:
    other = UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)
    device, _made = TotpDevice.objects.get_or_create(user=other, defaults={"seed": "00" * 20})
    device.confirmed_at = timezone.now()
    device.save()
    with pytest.raises(CommandError):
        run(guard.staff_no)
    User.objects.filter(pk=other.pk).update(is_active=False)
    assert run(guard.staff_no)


def test_for_nobody_else(carer, guard) -> None:
    for staff_no in (carer.staff_no, "nobody"):
        with pytest.raises(CommandError):
            run(staff_no)
    User.objects.filter(pk=guard.pk).update(is_active=False)
    with pytest.raises(CommandError):
        run(guard.staff_no)
