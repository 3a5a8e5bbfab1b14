"""What is booked about the audit console, beside the trail's own events."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class TrailEvent(Event):
    EXPORT_ENDED = "audit.export_ended", Kind.EXPORT, _("Ended an export of audit events")
    SHEET_PRINTED = "audit.sheet_printed", Kind.PRINT, _("Printed the digest sheet of a month")
    PROVED = "audit.event_opened", Kind.VIEW, _("Opened one audit event")
