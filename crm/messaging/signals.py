"""Tells the floors above, inside the transaction, that messages moved on.

Receivers get messages that are locked: they may write rows of their own, and lock nothing that
is ever held while waiting for a message.
"""

from django.dispatch import Signal

messages_moved = Signal()  # sender: Message; kwargs: messages (list[Message], with new state)
