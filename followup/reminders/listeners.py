"""Connects steps to the outbox below them; imported once."""

from crm.messaging.gate import register_guard
from crm.messaging.models import Message
from crm.messaging.signals import messages_moved
from followup.reminders.services import follow_messages, unwanted_messages

messages_moved.connect(follow_messages, sender=Message, dispatch_uid="steps")
register_guard("step:", unwanted_messages)
