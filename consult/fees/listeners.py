"""Tells the registry whose patients are finance's work; imported once."""

from crm.patients.models import PatientQuerySet
from crm.patients.reach import Condition, of_today
from crm.staff.models import User
from privacy.access.policy import Role

ESTIMATED = Condition("EXISTS (SELECT FROM consult_estimate fees WHERE fees.patient_id = {key})")


def _with_fees(staff: User) -> Condition:
    """Whoever was ever given an estimate, and who is here today: for the first one (ADR 0037)."""
    return ESTIMATED | of_today(staff)


PatientQuerySet.work[Role.FINANCE] = [_with_fees]
