"""What is asked and decided before a patient's keys are destroyed."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class ErasureEvent(Event):
    """Both people and the patient's code; that the keys are gone is ``keys.erased``."""

    LISTED = "erasure.listed", Kind.VIEW, _("Opened the erasures")
    VIEWED = "erasure.viewed", Kind.VIEW, _("Opened a request to erase")
    ASKED = "erasure.asked", Kind.CHANGE, _("Asked to erase a patient's data")
    CONFIRMED = "erasure.confirmed", Kind.CHANGE, _("Confirmed the erasure of a patient's data")
    CALLED_OFF = "erasure.called_off", Kind.CHANGE, _("Called an erasure off")


class RestrictionEvent(Event):
    """Whose record is kept and not used, since when and by whose word (R15)."""

    VIEWED = "restriction.viewed", Kind.VIEW, _("Opened a restriction")
    RESTRICTED = "restriction.begun", Kind.CHANGE, _("Restricted a patient's record")
    LIFT_ASKED = "restriction.lift_asked", Kind.CHANGE, _("Asked to lift a restriction")
    LIFTED = "restriction.lifted", Kind.CHANGE, _("Lifted a restriction")
    KEPT = "restriction.kept", Kind.CHANGE, _("Left a record restricted")
