"""Connects steps to the outbox below them; imported once."""

from django.utils.translation import gettext_lazy as _

from crm.clearance.leaving import Handed, register_handover
from crm.messaging.gate import register_guard
from crm.messaging.models import Message
from crm.messaging.signals import messages_moved
from crm.staff.models import User
from followup.reminders.selectors import calls_resting_on
from followup.reminders.services import follow_messages, unwanted_messages

messages_moved.connect(follow_messages, sender=Message, dispatch_uid="steps")
register_guard("step:", unwanted_messages)


def _hand_over(leaver: User, successor: User | None, _actor: User) -> Handed:
    """Calls follow the care team, which moves after this."""
    if successor is None:
        return Handed(_("Open follow-up calls"), 0, calls_resting_on(leaver, alone=True))
    return Handed(_("Open follow-up calls"), calls_resting_on(leaver), 0)


register_handover("calls", _hand_over, order=10)
