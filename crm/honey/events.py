"""What is booked about honey records: never which they are."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class HoneyEvent(Event):
    LISTED = "honey.listed", Kind.VIEW, _("Opened the honey records")
    PLANTED = "honey.planted", Kind.CHANGE, _("Planted honey records")
    RETIRED = "honey.retired", Kind.CHANGE, _("Retired a honey record")
