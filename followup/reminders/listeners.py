"""Connects steps to the outbox, and plans to the registry, both below them; imported once."""

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from crm.clearance.leaving import Handed, register_handover
from crm.messaging.gate import register_guard
from crm.messaging.models import Message
from crm.messaging.signals import messages_moved
from crm.patients.models import PatientQuerySet
from crm.patients.reach import Condition
from crm.staff.models import User
from followup.reminders.selectors import calls_resting_on
from followup.reminders.services import follow_messages, unwanted_messages
from privacy.access.policy import Role

AFTER_ITS_END: Final = timedelta(days=90)  # a plan is still somebody's work: answers come late
# A plan that runs, rests or waits for consent, or ended lately; or the first one is to be made.
FOLLOWED_UP: Final = (
    "(EXISTS (SELECT FROM followup_plan plan WHERE plan.patient_id = {key}"
    " AND (plan.state IN ('proposed', 'active', 'paused')"
    " OR plan.state_since > statement_timestamp() - %s))"
    " OR EXISTS (SELECT FROM crm_patient handed"
    " WHERE handed.id = {key} AND handed.stage = 'follow_up' AND NOT EXISTS"
    " (SELECT FROM followup_plan before WHERE before.patient_id = handed.id)))"
)

messages_moved.connect(follow_messages, sender=Message, dispatch_uid="steps")
register_guard("step:", unwanted_messages)


def _hand_over(leaver: User, successor: User | None, _actor: User) -> Handed:
    """Calls follow the care team, which moves after this."""
    if successor is None:
        return Handed(_("Open follow-up calls"), 0, calls_resting_on(leaver, alone=True))
    return Handed(_("Open follow-up calls"), calls_resting_on(leaver), 0)


register_handover("calls", _hand_over, order=10)


def _followed_up(_staff: User) -> Condition:
    """Whose follow-up there is to do: nobody else is the agents' work (ADR 0037)."""
    return Condition(FOLLOWED_UP, (AFTER_ITS_END,))


PatientQuerySet.work[Role.FOLLOWUP_AGENT] = [_followed_up]
