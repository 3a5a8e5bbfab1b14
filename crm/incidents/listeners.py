"""The number of open incidents in the side column, and clocks that ran out; imported once."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from crm.alerts.rules import DEADLINE, Sign
from crm.alerts.watching import Sight, sources
from crm.incidents.selectors import count_open, open_within, run_out
from crm.staff.models import User
from crm.trail.retiring import register_hold
from crm.web.nav import register_count
from privacy.actors import Actor


def _open(actor: Actor) -> int:
    return count_open(actor) if isinstance(actor, User) else 0


def _late(now: datetime) -> list[Sight]:
    return [
        Sight(Sign(DEADLINE, f"{one.target}:{clock}"), now, one.clinic_id, once=True)
        for one, clock in run_out(now)
    ]


sources.append(_late)
register_hold(_("an incident that is not closed"), open_within)
register_count("incidents:list", _open, urgent=True)
