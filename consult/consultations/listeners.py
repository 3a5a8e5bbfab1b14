"""Connects drafts and call-backs to leaving, talks to quality control; imported once."""

from django.utils.translation import gettext_lazy as _

from consult.consultations.selectors import (
    call_backs_due,
    count_call_backs_of,
    count_drafts_of,
)
from crm.clearance.leaving import Handed, register_handover
from crm.patients.models import PatientQuerySet
from crm.patients.reach import Condition
from crm.staff.models import User
from crm.web.nav import Rows, register_count
from privacy.access.policy import Permission, Role, can
from privacy.actors import Actor

RECORDED = Condition(
    "EXISTS (SELECT FROM consult_consultation talk"
    " WHERE talk.patient_id = {key} AND talk.status = 'submitted')"
)


def _hand_over(leaver: User, successor: User | None, _actor: User) -> Handed:
    """A draft stays who began it, and is open to the care team, which moves after this."""
    if successor is None:
        return Handed(_("Drafts of consultations"), 0, count_drafts_of(leaver, alone=True))
    return Handed(_("Drafts of consultations"), count_drafts_of(leaver), 0)


def _hand_over_call_backs(leaver: User, successor: User | None, _actor: User) -> Handed:
    """A promise is whose the patient is once its consultant has left the care team (S32)."""
    if successor is None:
        alone = count_call_backs_of(leaver, alone=True)
        return Handed(_("Promised call-backs"), 0, alone)
    return Handed(_("Promised call-backs"), count_call_backs_of(leaver), 0)


def _due(actor: Actor) -> int | Rows:
    if not isinstance(actor, User) or not can(actor, Permission.WRITE_CONSULTATION):
        return 0
    return call_backs_due(actor)


register_handover("drafts", _hand_over, order=20)
register_handover("call_backs", _hand_over_call_backs, order=25)
register_count("consult:consultations", _due, urgent=True)


def _with_talks(_staff: User) -> Condition:
    """Whose talks quality control reads: nobody else is its work (ADR 0037)."""
    return RECORDED


PatientQuerySet.work[Role.MEDICAL_QC] = [_with_talks]
