"""Looking at alerts, taking them on, closing them. Each step is an event."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.alerts import selectors
from crm.alerts.events import AlertEvent
from crm.alerts.models import Alert
from crm.alerts.selectors import Opened
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import AccessDenied, DomainError

State = Alert.State


@transaction.atomic
def book_list(*, viewer: User, state: str) -> None:
    """Book the look at the list."""
    audit.record(AlertEvent.LISTED, actor=viewer, detail={"state": state or "all"})


@transaction.atomic
def open_alert(*, viewer: User, alert_id: UUID) -> Opened:
    """One alert with its codes and incidents of the viewer's clinic; the look is an event.

    Raises: Alert.DoesNotExist if it is not there for this viewer.
    """
    alert = selectors.alert_of(viewer, alert_id)
    subjects = selectors.subjects_shown(viewer, alert)
    audit.record(AlertEvent.VIEWED, actor=viewer, target=alert.trail_target, subjects=subjects)
    incidents = list(alert.incidents.visible_to(viewer))
    return Opened(alert, [one.code for one in subjects], incidents)


@transaction.atomic
def acknowledge(*, alert_id: UUID, actor: User) -> Alert:
    """Take an alert on. Raises: DomainError if somebody has; Alert.DoesNotExist."""
    alert = _locked(alert_id, actor)
    if alert.state != State.OPEN:
        raise DomainError(_("Somebody is looking at this alert already."))
    alert.state, alert.taken_by, alert.taken_at = State.ACKNOWLEDGED, actor, timezone.now()
    alert.save()
    audit.record(AlertEvent.ACKNOWLEDGED, actor=actor, target=alert.trail_target)
    return alert


@transaction.atomic
def close(*, alert_id: UUID, note: str, actor: User) -> Alert:
    """Close an alert with what was found. Raises: DomainError if it is; AccessDenied for whom it
    is about (ADR 0026); Alert.DoesNotExist.
    """
    alert = _locked(alert_id, actor)
    if alert.state == State.CLOSED:
        raise DomainError(_("This alert is closed already."))
    if alert.staff_id == actor.pk:
        raise AccessDenied(_("It is about you: somebody else closes it."))
    now = timezone.now()
    if alert.state == State.OPEN:
        alert.taken_by, alert.taken_at = actor, now
    alert.state, alert.closed_by, alert.closed_at, alert.note = State.CLOSED, actor, now, note
    alert.save()
    audit.record(
        AlertEvent.CLOSED,
        actor=actor,
        target=alert.trail_target,
        reason=note,
    )
    return alert


def _locked(alert_id: UUID, actor: User) -> Alert:
    return Alert.objects.visible_to(actor).select_for_update().get(pk=alert_id)
