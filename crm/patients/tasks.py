"""The nightly look at the width of fingerprints."""

from celery import shared_task

from crm.patients.services import reindexing
from privacy.custody import index_width


@shared_task(ignore_result=True)
def fit_index() -> None:
    """Every night: follow the plan, then rebuild what has another width (ADR 0004)."""
    index_width.follow_plan(process="rebuild_index")
    for _batch in reindexing.rebuild(process="rebuild_index"):
        pass
