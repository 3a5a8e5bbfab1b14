"""Nobody agrees to what somebody above them asked for: page, service and database (section 6)."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm.access_requests.models import AccessRequest
from crm.access_requests.selectors import count_waiting_for, decidable_by
from crm.access_requests.services import asking, deciding
from crm.staff.models import User
from privacy.access.policy import Role
from privacy.errors import AccessDenied, DomainError
from privacy.pseudonyms.rules import make_code
from privacy.records import new_id
from tests.factories.access import REASON, asked_for
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
WHY_NOT = "照护团队今天都在岗，不需要代班"


def below(person: User, *others: User) -> None:
    """Put ``person`` below the first of ``others``, that one below the second, and so on."""
    for lower, upper in zip((person, *others), others, strict=False):
        lower.superior = upper
        lower.save()


def refused_by_database(access: AccessRequest, approver: User) -> str:
    """The constraint that stops the plain row."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        insert(access, approver)
    return str(refused.value.__cause__.diag.constraint_name)


def insert(access: AccessRequest, approver: User) -> None:
    values = [new_id(), access.pk, approver.pk, access.wanted_until]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crm_accessapproval (id, created_at, updated_at, request_id, approver_id,"
            " until) VALUES (%s, now(), now(), %s, %s, %s)",
            values,
        )


def test_whom_nobody_may_answer_is_told_so_whatever_the_code(nurse, doctor, patient, clinic):
    below(doctor, nurse)
    for code in (patient.code, make_code()):
        with pytest.raises(DomainError, match="质控"):
            asking.ask(
                actor=nurse, codes=[code], purpose="cover", reason=REASON,
                until=timezone.localdate(),
            )  # fmt: skip
    assert not AccessRequest.objects.exists()

    UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)

    assert asked_for(patient, nurse).state == "asked"


@pytest.mark.parametrize("between", [0, 1])
def test_who_stands_below_the_asker_does_not_decide_and_control_does(
    between, nurse, doctor, patient, control, sign_in_as, clinic
):
    below(doctor, *UserFactory.create_batch(between, clinic=clinic), nurse)
    access = asked_for(patient, nurse)

    assert count_waiting_for(doctor) == 0
    assert not sign_in_as(doctor).get(f"/access/{access.pk}/").context["may_decide"]
    with pytest.raises(AccessDenied):
        deciding.approve(request=access, actor=doctor, until=timezone.localdate())
    with pytest.raises(AccessDenied):
        deciding.refuse(request=access, actor=doctor, reason=WHY_NOT)
    assert refused_by_database(access, doctor) == "access_approver_is_not_below"

    assert list(decidable_by(control)) == [access], "the team has nobody else"
    decided = deciding.approve(request=access, actor=control, until=timezone.localdate())
    assert decided.state == "approved"


def test_control_below_the_asker_does_not_decide_either(nurse, patient, control):
    access = asked_for(patient, nurse)
    below(control, nurse)  # since: who asks now is told that nobody may decide

    assert not decidable_by(control).exists()
    assert refused_by_database(access, control) == "access_approver_is_not_below"


def test_who_stands_above_the_asker_decides(nurse, doctor, patient):
    below(nurse, doctor)
    access = asked_for(patient, nurse)

    assert deciding.approve(request=access, actor=doctor, until=timezone.localdate()).until


def test_a_ring_of_superiors_ends(nurse, doctor, patient, clinic):
    other = UserFactory.create(clinic=clinic)
    below(doctor, other, doctor)
    access = asked_for(patient, nurse)

    assert deciding.approve(request=access, actor=doctor, until=timezone.localdate()).until


def test_the_database_takes_nobody_whom_the_service_refuses(nurse, doctor, patient, clinic):
    access = asked_for(patient, nurse)
    off_team = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    assert refused_by_database(access, off_team) == "access_approver_is_of_the_team"
    assert refused_by_database(access, nurse) == "access_approval_is_anothers"

    others = [
        UserFactory.create(clinic=clinic, role=role)
        for role in Role
        if role not in {Role.CONSULTANT, Role.DOCTOR, Role.MEDICAL_QC}
    ]
    others += [UserFactory.create(role=role) for role in (Role.DOCTOR, Role.MEDICAL_QC)]
    others += [UserFactory.create(clinic=clinic, role=Role.DOCTOR, is_active=False)]
    for person in others:
        patient.care_team.create(staff=person)
        assert refused_by_database(access, person) == "access_approver_may_decide", person.role

    deciding.refuse(request=access, actor=doctor, reason=WHY_NOT)
    assert refused_by_database(access, doctor) == "access_approval_comes_in_time"
