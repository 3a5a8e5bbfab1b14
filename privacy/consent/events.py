"""What is booked about consent."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import SIGHT, Event, Kind


class ConsentTrailEvent(Event):
    GRANTED = "consent.granted", Kind.CHANGE, _("Recorded a consent")
    REFUSED = "consent.refused", Kind.CHANGE, _("Recorded a refusal")
    WITHDRAWN = "consent.withdrawn", Kind.CHANGE, _("Recorded a withdrawal")
    PAUSED = "consent.paused", Kind.CHANGE, _("Paused contact")
    RESUMED = "consent.resumed", Kind.CHANGE, _("Resumed contact")
    ENDED = "consent.ended", Kind.CHANGE, _("A consent ended")
    COMPARED = "consents.compared", Kind.SYSTEM, _("Compared all consents with their ledger")
    DIFFERS = "consents.differ", Kind.SYSTEM, _("A consent is not what its ledger says")
    VIEWED = "consent.viewed", Kind.VIEW, _("Opened the consents of a patient"), SIGHT
