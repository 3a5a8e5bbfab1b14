"""Two people at the same moment, on a real database with real threads."""

import pytest
from django.utils import timezone

from crm.access_requests.models import AccessApproval, AccessRequest
from crm.access_requests.services import asking, breaking, deciding
from crm.patients.models import PatientClinical
from privacy.errors import Conflict, DomainError
from tests.factories.access import EMERGENCY, asked_for, used_long_ago
from tests.factories.people import UserFactory
from tests.factories.races import all_at_once, while_it_waits

pytestmark = pytest.mark.django_db(transaction=True)


def approving(access, actor):
    return lambda: deciding.approve(request=access, actor=actor, until=timezone.localdate())


def kinds(results):
    return sorted(type(one).__name__ for one in results)


def test_two_approvals_of_one_request_are_one_decision(nurse, doctor, carer, patient):
    access = asked_for(patient, nurse)

    results = all_at_once([approving(access, doctor), approving(access, carer)])

    assert kinds(results) == ["AccessRequest", "Conflict"]
    assert AccessApproval.objects.count() == 1


def test_two_approvals_for_a_minor_open_it_once(nurse, doctor, carer, patient):
    clinical = PatientClinical.objects.get(patient=patient)
    clinical.birth_year = str(timezone.localdate().year - 9)
    clinical.save()
    access = asked_for(patient, nurse)

    results = all_at_once([approving(access, doctor), approving(access, carer)])

    assert kinds(results) == ["AccessRequest", "AccessRequest"]
    access.refresh_from_db()
    assert access.state == "approved"
    assert access.approvals.count() == 2


def test_an_approval_that_waits_for_a_withdrawal_finds_it_withdrawn(nurse, doctor, patient):
    access = asked_for(patient, nurse)

    def lock():
        AccessRequest.objects.select_for_update().get(pk=access.pk)

    with pytest.raises(Conflict), while_it_waits(lock, approving(access, doctor)):
        asking.withdraw(request=access, actor=nurse)

    access.refresh_from_db()
    assert access.state == "withdrawn"


def test_a_withdrawal_that_waits_for_an_approval_finds_it_approved(nurse, doctor, patient):
    access = asked_for(patient, nurse)

    def lock():
        AccessRequest.objects.select_for_update().get(pk=access.pk)

    with (
        pytest.raises(Conflict),
        while_it_waits(lock, lambda: asking.withdraw(request=access, actor=nurse)),
    ):
        deciding.approve(request=access, actor=doctor, until=timezone.localdate())

    access.refresh_from_db()
    assert access.state == "approved"


def test_the_same_request_from_two_windows_is_one(nurse, patient):
    results = all_at_once([lambda: asked_for(patient, nurse)] * 2)

    assert kinds(results) == ["AccessRequest", "Conflict"]


def test_an_approval_and_a_broken_glass_leave_one_open(nurse, doctor, patient):
    access = asked_for(patient, nurse)

    results = all_at_once(
        [
            approving(access, doctor),
            lambda: breaking.break_glass(actor=nurse, code=patient.code, reason=EMERGENCY),
        ]
    )

    assert all(isinstance(one, AccessRequest | DomainError) for one in results)
    assert AccessRequest.objects.filter(state="approved").count() == 1


def test_two_broken_glasses_are_one(nurse, patient):
    results = all_at_once(
        [lambda: breaking.break_glass(actor=nurse, code=patient.code, reason=EMERGENCY)] * 2
    )

    assert kinds(results) == ["AccessRequest", "DomainError"]


def test_two_verdicts_are_one(nurse, patient, control, clinic):
    use = used_long_ago(patient, nurse, hours=1)
    other = UserFactory.create(clinic=clinic, role=control.role)
    words = "查阅了病程和用药，与急诊记录一致"

    results = all_at_once(
        [
            lambda: breaking.judge(use=use, actor=control, justified=True, words=words),
            lambda: breaking.judge(use=use, actor=other, justified=False, words=words),
        ]
    )

    assert kinds(results) == ["BreakGlassVerdict", "Conflict"]
