"""Housekeeping of sign-ins."""

from celery import shared_task
from django.utils import timezone

from crm.staff import services, sessions


@shared_task(ignore_result=True)
def forget_old_failures() -> None:
    """Every hour: failed sign-ins that no throttle looks at any more."""
    services.forget_old_failures(now=timezone.now())


@shared_task(ignore_result=True)
def forget_old_sessions() -> None:
    """Every hour: sessions that ended or ran out a day ago."""
    sessions.forget_old(now=timezone.now())
