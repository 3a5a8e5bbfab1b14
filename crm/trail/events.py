"""What is booked about the audit console, beside the trail's own events."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class TrailEvent(Event):
    EXPORT_ENDED = "audit.export_ended", Kind.EXPORT, _("Ended an export of audit events")
    SHEET_PRINTED = "audit.sheet_printed", Kind.PRINT, _("Printed the digest sheet of a month")
    MONTH_ARCHIVED = "audit.month_archived", Kind.EXPORT, _("Sealed a month's archive")
    RETIREMENT_ASKED = "audit.retirement_asked", Kind.CHANGE, _("Asked to drop an archived month")
    RETIREMENT_APPROVED = (
        "audit.retirement_approved",
        Kind.CHANGE,
        _("Agreed to drop an archived month"),
    )
    MONTH_RETIRED = "audit.month_retired", Kind.SYSTEM, _("Dropped an archived month")
    MONTH_RESTORED = "audit.month_restored", Kind.EXPORT, _("Opened the archive of a month")
    PROVED = "audit.event_opened", Kind.VIEW, _("Opened one audit event")
    HEAD_MAILED = "audit.head_mailed", Kind.SYSTEM, _("Mailed the head of the trail")
    HEAD_STAMPED = "audit.head_stamped", Kind.SYSTEM, _("Had the head of the trail time-stamped")
    HEAD_COMPARED = "audit.head_compared", Kind.VIEW, _("Compared a kept head with the trail")
    STAMP_TAKEN = "audit.stamp_taken", Kind.EXPORT, _("Took a time stamp of the trail")
