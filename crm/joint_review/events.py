"""What is booked about the joint review."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class ReviewEvent(Event):
    LISTED = "review.listed", Kind.VIEW, _("Opened the joint reviews")
    VIEWED = "review.viewed", Kind.VIEW, _("Opened a review sheet")
    ITEM_VIEWED = "review.item_viewed", Kind.VIEW, _("Opened an event to be reviewed")
    # Sheets of earlier versions; nothing is opened any more.
    AGE_READ = "review.age_read", Kind.SYSTEM, _("Read ages, for what has to be reviewed")
    NAMES_COMPARED = (
        "review.names_compared",
        Kind.SYSTEM,
        _("Compared search tokens of surnames, for what has to be reviewed"),
    )
    DRAWN = "review.drawn", Kind.SYSTEM, _("Drew a review sheet")
    JUDGED = "review.judged", Kind.CHANGE, _("Judged an event under review")
    TICKED = "review.ticked", Kind.CHANGE, _("Judged random events as in order")
    TAKEN_OVER = "review.taken_over", Kind.CHANGE, _("Took over verdicts of a signed sheet")
    SIGNED = "review.signed", Kind.CHANGE, _("Signed a review sheet")
    VERIFIED = "review.verified", Kind.SYSTEM, _("Verified a review sheet")
    PRINTED = "review.printed", Kind.PRINT, _("Printed a review sheet")
    ANSWERED = "review.answered", Kind.CHANGE, _("Noted the answer to a finding")
    ASSIGNED = "review.assigned", Kind.CHANGE, _("Gave a finding to somebody, or another day")
    OWN_LISTED = "review.own_listed", Kind.VIEW, _("Opened the findings about oneself")
    OWN_VIEWED = "review.own_viewed", Kind.VIEW, _("Opened a finding about oneself")
    CLOSED = "review.closed", Kind.CHANGE, _("Closed a finding")
    INCIDENT = "review.incident", Kind.CHANGE, _("Made an incident of a finding")
    OVERDUE = "review.overdue", Kind.SYSTEM, _("A joint review is overdue")
