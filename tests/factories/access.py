"""Access for a time, made up for tests; rows go through the services wherever they can."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from crm.access_requests.models import AccessApproval, AccessRequest
from crm.access_requests.services import asking, breaking, deciding
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import BY_REQUEST_ONLY, Role
from privacy.records import new_id
from tests.factories.people import UserFactory

REASON = "同事休假，代为接诊这位患者"
EMERGENCY = "患者术后突发剧烈腹痛，需要立即查看用药记录"


def asked_for(patient: Patient, staff: User, days: int = 3) -> AccessRequest:
    """A request that waits."""
    until = timezone.localdate() + timedelta(days=days)
    (made,) = asking.ask(
        actor=staff, codes=[patient.code], purpose="cover", reason=REASON, until=until
    )
    return made


def granted(patient: Patient, staff: User, approver: User, days: int = 3) -> AccessRequest:
    """A request that was approved until ``days`` from today."""
    until = timezone.localdate() + timedelta(days=days)
    return deciding.approve(request=asked_for(patient, staff, days), actor=approver, until=until)


def broken(patient: Patient, staff: User) -> AccessRequest:
    """A use of break-glass."""
    return breaking.break_glass(actor=staff, code=patient.code, reason=EMERGENCY)


def reached(patient: Patient, staff: User) -> None:
    """``staff`` reaches the patient: on the care team, or by request where the role knows no other
    way."""
    if staff.role in BY_REQUEST_ONLY:
        doctor = UserFactory.create(clinic=staff.clinic, role=Role.DOCTOR)
        patient.care_team.create(staff=doctor)
        granted_row(patient, staff, doctor)
    else:
        patient.care_team.create(staff=staff)


@transaction.atomic
def used_long_ago(patient: Patient, staff: User, **ago: float) -> AccessRequest:
    """A use of break-glass of some time ago, by anybody: over, without a verdict."""
    at = timezone.now() - timedelta(**ago)
    deciding.make_room(staff=staff, patient_id=patient.pk, now=timezone.now())
    return AccessRequest.objects.create(
        batch=new_id(), kind=AccessRequest.Kind.BREAK_GLASS, clinic=patient.clinic, staff=staff,
        code=patient.code, patient=patient, reason=EMERGENCY, asked_at=at,
        wanted_until=at + timedelta(minutes=30), state=AccessRequest.State.APPROVED,
        until=at + timedelta(minutes=30), decided_at=at,
    )  # fmt: skip


def waiting_row(patient: Patient, staff: User) -> AccessRequest:
    """A request that waits, whoever may ask: as if the asker had joined the care team since."""
    now = timezone.now()
    return AccessRequest.objects.create(
        batch=new_id(), clinic=patient.clinic, staff=staff, code=patient.code, patient=patient,
        purpose="cover", reason=REASON, asked_at=now, wanted_until=now + timedelta(days=1),
    )  # fmt: skip


def granted_row(patient: Patient, staff: User, approver: User) -> AccessRequest:
    """A request that was approved, without an event: for what is made once for many tests."""
    made = waiting_row(patient, staff)
    AccessApproval.objects.create(request=made, approver=approver, until=made.wanted_until)
    made.state, made.until = AccessRequest.State.APPROVED, made.wanted_until
    made.decided_at, made.decided_by = made.asked_at, approver
    made.save()
    return made
