"""The nightly search for one person on both sides."""

from celery import shared_task

from crm.separation import services


@shared_task(ignore_result=True)
def separation() -> None:
    """Every night: search records and trail of the day for forbidden pairs (ADR 0026)."""
    services.search(process="separation")
