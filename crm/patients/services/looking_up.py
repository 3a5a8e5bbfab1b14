"""Asking whether somebody is known here, by name or number: so often and no more (T18)."""

from django.conf import settings
from django.utils.translation import gettext as _

from crm.staff.models import User
from crm.web.counting import count
from privacy.access.caps import CAP_REACHED
from privacy.audit import services as audit
from privacy.errors import TooMany


class TooManyLookups(TooMany):
    """More lookups by name or number than one person's work needs, for this minute."""


def count_lookup(staff: User) -> None:
    """Count one lookup: whoever tries out numbers and names learns who is a patient.

    Raises: TooManyLookups beyond LOOKUPS_A_MINUTE; booked once a minute, the trail is no target.
    """
    counted = count(f"lookups:{staff.pk}")
    if counted.number <= settings.LOOKUPS_A_MINUTE:
        return
    if counted.number == settings.LOOKUPS_A_MINUTE + 1:
        audit.record_denial(actor=staff, target="search", reason=CAP_REACHED)
    raise TooManyLookups(
        _("You have searched very often within a minute. Try again in %(seconds)s s.")
        % {"seconds": counted.seconds}
    )
