"""Connects drafts to leaving and talks to quality control, below them; imported once."""

from django.utils.translation import gettext_lazy as _

from consult.consultations.selectors import count_drafts_of
from crm.clearance.leaving import Handed, register_handover
from crm.patients.models import PatientQuerySet
from crm.patients.reach import Condition
from crm.staff.models import User
from privacy.access.policy import Role

RECORDED = Condition(
    "EXISTS (SELECT FROM consult_consultation talk"
    " WHERE talk.patient_id = {key} AND talk.status = 'submitted')"
)


def _hand_over(leaver: User, successor: User | None, _actor: User) -> Handed:
    """A draft stays who began it, and is open to the care team, which moves after this."""
    if successor is None:
        return Handed(_("Drafts of consultations"), 0, count_drafts_of(leaver, alone=True))
    return Handed(_("Drafts of consultations"), count_drafts_of(leaver), 0)


register_handover("drafts", _hand_over, order=20)


def _with_talks(_staff: User) -> Condition:
    """Whose talks quality control reads: nobody else is its work (ADR 0037)."""
    return RECORDED


PatientQuerySet.work[Role.MEDICAL_QC] = [_with_talks]
