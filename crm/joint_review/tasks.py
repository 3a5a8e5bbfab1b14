"""The clock of the joint review."""

from celery import shared_task

from crm.joint_review.services import drawing


@shared_task(ignore_result=True)
def draw_due() -> None:
    """Every hour: the sheets of weeks and months that are over. Draws each once."""
    drawing.draw_due()


@shared_task(ignore_result=True)
def tell_overdue() -> None:
    """Every morning: which sheets should have been signed, for the alerts."""
    drawing.tell_overdue()
