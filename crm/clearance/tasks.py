"""The day's look at clearances."""

from celery import shared_task

from crm.clearance import services


@shared_task(ignore_result=True)
def look_after() -> None:
    """Just after midnight: reckon clearances anew, make the reminders of 30 and 7 days."""
    services.look_after()
