"""What is booked about clearance and about people who leave."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class ClearanceEvent(Event):
    SIGNED = "clearance.signed", Kind.CHANGE, _("Signed a document for staff")
    PUBLISHED = "clearance.published", Kind.CHANGE, _("Published a document for staff")
    TEST_STARTED = "clearance.test_started", Kind.CHANGE, _("Started the test of a training")
    TEST_ENDED = "clearance.test_ended", Kind.CHANGE, _("Handed in the test of a training")
    LICENCE_RECORDED = "clearance.licence_recorded", Kind.CHANGE, _("Recorded a licence")
    LICENCE_WITHDRAWN = "clearance.licence_withdrawn", Kind.CHANGE, _("Withdrew a licence")
    CLINIC_LICENCE_RECORDED = (
        "clearance.clinic_licence_recorded",
        Kind.CHANGE,
        _("Recorded a licence of the clinic"),
    )
    CLINIC_LICENCE_WITHDRAWN = (
        "clearance.clinic_licence_withdrawn",
        Kind.CHANGE,
        _("Withdrew a licence of the clinic"),
    )
    LOOKED_AFTER = "clearance.looked_after", Kind.SYSTEM, _("Checked all clearances")
    OVERVIEW = "clearance.overview", Kind.VIEW, _("Opened the overview of clearances")
    LEFT = "clearance.left", Kind.CHANGE, _("Closed the account of somebody who leaves")
    CAME_BACK = "clearance.came_back", Kind.CHANGE, _("Opened the account of somebody again")
