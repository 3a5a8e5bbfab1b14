"""The clock of the alerts."""

from celery import shared_task

from crm.alerts import watching


@shared_task(ignore_result=True)
def watch() -> None:
    """Every few seconds: what is new in the trail and worth a look (R23)."""
    watching.watch()


@shared_task(ignore_result=True)
def look_again() -> None:
    """Every hour: what the alerts should have told of the last day and did not (R23)."""
    watching.look_again()
