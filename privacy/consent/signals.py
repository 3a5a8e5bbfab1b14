"""Tells the floors above, inside the transaction, that an answer changed.

The ground floor cannot import who sends; a listener that fails undoes the change with it.
"""

from django.dispatch import Signal

consent_changed = Signal()  # sender: ConsentState; kwargs: state
