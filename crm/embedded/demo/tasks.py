"""What of the story has to wait: told by the demo's own worker, so that no start waits for it.

``crm.settings.local`` has the worker import this room, and only where the clinic is a demo.
"""

from typing import Any, Final

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings

from crm.embedded.demo import reviews
from crm.joint_review.rules import SETTLED
from crm.joint_review.services.drawing import TooEarly
from crm.trail.tasks import reconcile_rows
from privacy.custody.selectors import last_count

COUNT_AFTER: Final = 20  # seconds: the first pages come first
REVIEW_AFTER: Final = SETTLED.total_seconds() + 15
AGAIN_AFTER: Final = 60  # seconds, while the sealer is behind
MAIN: Final = "celery@"  # the exporter has other work


@worker_ready.connect
def tell_on(sender: Any, **_signal: Any) -> None:
    """Ask for both as soon as somebody is there to do it; what is told already stays as it is."""
    if settings.DEMO and str(sender.hostname).startswith(MAIN):
        count.apply_async(countdown=COUNT_AFTER)
        review.apply_async(countdown=REVIEW_AFTER)


@shared_task(ignore_result=True)
def count() -> None:
    """The night's comparison of rows, if none was yet: the page of the keys has its figures."""
    if settings.DEMO and last_count().at is None:
        reconcile_rows()


@shared_task(
    ignore_result=True, autoretry_for=(TooEarly,), default_retry_delay=AGAIN_AFTER, max_retries=5
)
def review() -> None:
    """The first joint review, as soon as its events are sealed."""
    if settings.DEMO:
        reviews.look_back()
