"""Connects the outbox to the consent ledger below it and the side column; imported once."""

from crm.messaging.services import follow_consent
from privacy.consent.models import ConsentState
from privacy.consent.signals import consent_changed

consent_changed.connect(follow_consent, sender=ConsentState, dispatch_uid="outbox")
