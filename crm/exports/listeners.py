"""The number of exports that wait for one's word in the side column; imported once."""

from crm.staff.models import User
from crm.web.nav import Rows, register_count
from privacy.actors import Actor
from privacy.exports.selectors import waiting_for


def _waiting(actor: Actor) -> int | Rows:
    return waiting_for(actor) if isinstance(actor, User) else 0


register_count("exports:list", _waiting, urgent=True)
