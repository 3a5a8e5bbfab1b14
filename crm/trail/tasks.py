"""The sealer's beat (in its own process), and housekeeping of the trail."""

from celery import shared_task
from django.utils import timezone

from crm.trail import head_copies, selectors, services
from privacy.audit import row_sealing, sealing
from privacy.consent import comparing
from privacy.custody import reconciling


@shared_task(ignore_result=True)
def seal() -> None:
    """Every second: seal what was committed since; go on while there is more (ADR 0005)."""
    while sealing.seal_once().more:
        pass


@shared_task(ignore_result=True)
def seal_row_changes() -> None:
    """Every minute: digest what changed in the tables, and tell the trail (ADR 0010).

    Fails with SealerBehind, in the log each minute, until the counter is moved (ADR 0005).
    """
    row_sealing.seal_row_changes()


@shared_task(ignore_result=True)
def reconcile_rows() -> None:
    """Every night: compare all rows with what was last noted of them (ADR 0021)."""
    for _step in reconciling.reconcile(reconciling.open_run(), process="reconcile_rows"):
        pass


@shared_task(ignore_result=True)
def compare_consents() -> None:
    """Every night: does each present answer follow from the ledger of consents (ADR 0043)?"""
    comparing.compare()


@shared_task(ignore_result=True)
def verify_queued() -> None:
    """Every few seconds: take up verifications that were too long for a page to wait for.

    In the exporter: whose signature counts is known by the audit root only.
    """
    for run_id in selectors.queued_runs():
        services.carry_out(run_id=run_id)


@shared_task(ignore_result=True)
def verify_nightly() -> None:
    """Every night: is what was sealed lately whole, and once a week the whole trail (ADR 0005)?

    In the exporter, as ``verify_queued`` is.
    """
    services.verify_by_night()


@shared_task(ignore_result=True)
def ensure_partitions() -> None:
    """Every day: the months ahead have their partitions before their first event."""
    sealing.ensure_partitions(timezone.now())


@shared_task(ignore_result=True)
def mail_head() -> None:
    """Every hour of the day: the day's head to those who keep it, until it went out once."""
    head_copies.mail_head()


@shared_task(ignore_result=True)
def stamp_head() -> None:
    """Every hour: the day's head to the time-stamp authority, until it was stamped once."""
    head_copies.stamp_head()
