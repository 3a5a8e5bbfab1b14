"""The number of new alerts in the side column; imported once."""

from crm.alerts.selectors import count_open
from crm.staff.models import User
from crm.web.nav import register_count
from privacy.actors import Actor


def _open(actor: Actor) -> int:
    return count_open(actor) if isinstance(actor, User) else 0


register_count("alerts:list", _open, urgent=True)
