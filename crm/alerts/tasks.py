"""The clock of the alerts."""

from celery import shared_task

from crm.alerts import watching


@shared_task(ignore_result=True)
def watch() -> None:
    """Every few seconds: what is new in the trail and worth a look (R23)."""
    watching.watch()
