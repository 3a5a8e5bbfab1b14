"""Housekeeping of the pages."""

from celery import shared_task

from crm.web import services


@shared_task
def forget_submissions() -> None:
    """Once a day: keys of forms that nobody can send again."""
    services.forget_submissions()
