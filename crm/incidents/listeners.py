"""The number of open incidents in the side column; imported once."""

from crm.incidents.selectors import count_open
from crm.staff.models import User
from crm.web.nav import register_count
from privacy.actors import Actor


def _open(actor: Actor) -> int:
    return count_open(actor) if isinstance(actor, User) else 0


register_count("incidents:list", _open, urgent=True)
