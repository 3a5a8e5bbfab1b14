"""What the nightly search for forbidden pairs tells the trail."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class SeparationEvent(Event):
    CHECKED = "separation.checked", Kind.SYSTEM, _("Searched for one person on both sides")
    BREACH = "separation.breach", Kind.SYSTEM, _("One person stood on both sides")
    VIEWED = "separation.viewed", Kind.VIEW, _("Opened the separation of duties")
