"""What the registry does by night: the width of fingerprints, and what was corrected long ago."""

from celery import shared_task

from crm.patients.services import formers, reindexing
from privacy.custody import index_width


@shared_task(ignore_result=True)
def fit_index() -> None:
    """Every night: follow the plan, then rebuild what has another width (ADR 0004)."""
    index_width.follow_plan(process="rebuild_index")
    for _batch in reindexing.rebuild(process="rebuild_index"):
        pass


@shared_task(ignore_result=True)
def remove_former() -> None:
    """Every night: what was corrected 180 days ago goes (ADR 0039)."""
    formers.remove_due()
