"""What is booked about access for a time."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class AccessRequestEvent(Event):
    LISTED = "access_request.listed", Kind.VIEW, _("Opened the access requests")
    ASKED = "access_request.asked", Kind.ACCESS, _("Asked to see the patient")
    AGE_READ = "access_request.age_read", Kind.SYSTEM, _("Read the age, for who has to agree")
    AGREED = "access_request.agreed", Kind.ACCESS, _("Agreed to a request; another has to agree")
    APPROVED = "access_request.approved", Kind.ACCESS, _("Approved access for a time")
    REFUSED = "access_request.refused", Kind.ACCESS, _("Refused access")
    WITHDRAWN = "access_request.withdrawn", Kind.ACCESS, _("Withdrew the request for access")
    ENDED = "access_request.ended", Kind.ACCESS, _("Ended access before its time")


class BreakGlassEvent(Event):
    USED = "break_glass.used", Kind.BREAK_GLASS, _("Broke the glass")
    JUDGED = "break_glass.judged", Kind.BREAK_GLASS, _("Judged a use of break-glass")
    LIFTED = "break_glass.lifted", Kind.BREAK_GLASS, _("Gave back the right to break the glass")
