"""What is done about alerts."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class AlertEvent(Event):
    RAISED = "alert.raised", Kind.SYSTEM, _("Raised an alert")
    REOPENED = "alert.reopened", Kind.SYSTEM, _("Opened a closed alert again after a new sign")
    LISTED = "alert.listed", Kind.VIEW, _("Opened the alerts")
    VIEWED = "alert.viewed", Kind.VIEW, _("Opened an alert")
    ACKNOWLEDGED = "alert.acknowledged", Kind.CHANGE, _("Took on an alert")
    CLOSED = "alert.closed", Kind.CHANGE, _("Closed an alert")
