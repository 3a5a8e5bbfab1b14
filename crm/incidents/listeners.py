"""The number of open incidents in the side column; imported once."""

from django.utils.translation import gettext_lazy as _

from crm.incidents.selectors import count_open, open_within
from crm.staff.models import User
from crm.trail.retiring import register_hold
from crm.web.nav import register_count
from privacy.actors import Actor


def _open(actor: Actor) -> int:
    return count_open(actor) if isinstance(actor, User) else 0


register_hold(_("an incident that is not closed"), open_within)
register_count("incidents:list", _open, urgent=True)
