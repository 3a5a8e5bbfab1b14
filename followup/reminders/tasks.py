"""The queue's door: due steps into the outbox; plans that are over."""

from celery import shared_task
from django.conf import settings

from followup.reminders import consents, services


@shared_task(ignore_result=True)
def queue_due_steps() -> None:
    """Put what is due into the outbox, batch after batch."""
    while services.queue_due_steps(settings.MESSAGE_BATCH) == settings.MESSAGE_BATCH:
        pass


@shared_task(ignore_result=True)
def tidy_plans() -> None:
    """Complete and stop plans that are over."""
    services.tidy_plans(settings.MESSAGE_BATCH)


@shared_task(ignore_result=True)
def end_consents() -> None:
    """End the consents whose plan is over."""
    consents.end_consents(settings.MESSAGE_BATCH)
