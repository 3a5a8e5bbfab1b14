"""Connects the outbox to the consent ledger below it and the side column; imported once."""

from crm.messaging.selectors import waiting_for_person
from crm.messaging.services import follow_consent
from crm.staff.models import User
from crm.web.nav import Rows, register_count
from privacy.actors import Actor
from privacy.consent.models import ConsentState
from privacy.consent.signals import consent_changed

consent_changed.connect(follow_consent, sender=ConsentState, dispatch_uid="outbox")


def _waiting(actor: Actor) -> int | Rows:
    return waiting_for_person(actor) if isinstance(actor, User) else 0


register_count("messaging:list", _waiting, urgent=True)
