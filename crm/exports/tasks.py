"""The builder's beat, in a queue of its own: its process alone may open all zones (ADR 0029)."""

from celery import shared_task

from crm.exports.services.building import build_next
from privacy.exports.services.handing_over import destroy_run_out


@shared_task(ignore_result=True)
def build_waiting() -> None:
    """Every few seconds: build what was approved, and what a dead builder left."""
    while build_next():
        pass


@shared_task(ignore_result=True)
def destroy_due() -> None:
    """Every minute: destroy files and keys whose day is over."""
    destroy_run_out()
