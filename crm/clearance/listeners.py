"""Connects the clearance to the side column; imported once."""

from django.utils import timezone

from crm.clearance.rules import reminder
from crm.web.nav import register_count
from privacy.actors import Actor


def _steps_waiting(actor: Actor) -> int:
    """1 while something is missing or lapses within 30 days; from the account, without a query."""
    today = timezone.localdate()
    until = actor.cleared_until
    return int(until is None or until < today or reminder(until, today) is not None)


register_count("clearance:own", _steps_waiting, urgent=True)
