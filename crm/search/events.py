"""What is booked about searching: how, and who was found; never what was typed."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class SearchEvent(Event):
    COMPARED = "search.compared", Kind.SYSTEM, _("Compared with a search")
    FOUND = "search.found", Kind.VIEW, _("Found by a search")
