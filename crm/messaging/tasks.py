"""The queue's door: tasks without arguments. The rows say what is to be done.

Early acknowledgement (Celery's default) on purpose: a task that comes twice could send twice,
one that is lost is made up for by the next tick.
"""

import time
from typing import Final

from celery import shared_task
from django.conf import settings

from crm.messaging import dispatch, reconcile, registration
from privacy.consent import services as consent

_ROUND_SECONDS: Final = 60.0  # then the next tick takes over


@shared_task(ignore_result=True)
def dispatch_due() -> None:
    """Send what is due, batch after batch."""
    started = time.monotonic()
    while time.monotonic() - started < _ROUND_SECONDS:
        if dispatch.dispatch_due(settings.MESSAGE_BATCH) < settings.MESSAGE_BATCH:
            return


@shared_task(ignore_result=True)
def end_outdated() -> None:
    """End consents whose text means something else now, batch after batch."""
    while consent.end_outdated(settings.MESSAGE_BATCH) == settings.MESSAGE_BATCH:
        pass


@shared_task(ignore_result=True)
def reconcile_unknown() -> None:
    """Ask after messages whose fate is unknown."""
    reconcile.reconcile(settings.MESSAGE_BATCH)


@shared_task(ignore_result=True)
def register_templates() -> None:
    """Make new wordings known to the provider."""
    registration.register_templates()
