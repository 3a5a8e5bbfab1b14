"""Tells the floors above, inside the transaction, that a zone of a patient's data was erased.

They delete what they keep for looking that patient up; a listener that fails undoes the erasure.
"""

from typing import Final

from django.dispatch import Signal

from privacy.encryption.keys import Zone

CONTACT: Final = (
    Zone.CONTACT.value
)  # what ``zone`` says; upper floors know the cipher by fields only

zone_erased = Signal()  # sender: Erasure; kwargs: subject_id, zone
