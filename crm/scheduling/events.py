"""What is booked about a day at the clinic."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class VisitEvent(Event):
    EXPECTED = "visit.expected", Kind.CHANGE, _("Noted as expected today")
    CHECKED = "visit.identity_checked", Kind.SYSTEM, _("Compared the phone's last digits")
    MISMATCHED = "visit.identity_mismatched", Kind.DENIAL, _("The phone's last digits did not fit")
    CODE_MISMATCHED = (
        "visit.code_mismatched",
        Kind.DENIAL,
        _("The code said at the desk did not fit"),
    )
    ARRIVED = "visit.arrived", Kind.CHANGE, _("Registered the arrival")
    CALLED = "visit.called", Kind.CHANGE, _("Called into a room")
    FINISHED = "visit.finished", Kind.CHANGE, _("Ended the visit")
    LEFT = "visit.left", Kind.CHANGE, _("Noted as gone without being seen")
    UNDONE = "visit.undone", Kind.CHANGE, _("Took the last step back")
    BOARD_VIEWED = "visit.board_viewed", Kind.VIEW, _("Saw today's board")


class RoomEvent(Event):
    ADDED = "room.added", Kind.CHANGE, _("Added a room")
    RENAMED = "room.renamed", Kind.CHANGE, _("Renamed a room")
    RETIRED = "room.retired", Kind.CHANGE, _("Retired a room")
