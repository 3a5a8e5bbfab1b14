"""What is done about incidents."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class IncidentEvent(Event):
    LISTED = "incident.listed", Kind.VIEW, _("Opened the incidents")
    VIEWED = "incident.viewed", Kind.VIEW, _("Opened an incident")
    OPENED = "incident.opened", Kind.CHANGE, _("Declared an incident")
    STEP_ADDED = "incident.step_added", Kind.CHANGE, _("Noted a step of an incident")
    SCOPED = "incident.scoped", Kind.CHANGE, _("Chose how an incident's patients are found")
    DESCRIBED = "incident.described", Kind.CHANGE, _("Wrote what the notices of an incident tell")
    NOTICE_PRINTED = "incident.notice_printed", Kind.PRINT, _("Opened a notice of an incident")
    CLOSED = "incident.closed", Kind.CHANGE, _("Closed an incident")
    CODES_EXPORTED = (
        "incident.codes_exported",
        Kind.EXPORT,
        _("Exported the affected patients' codes"),
    )
