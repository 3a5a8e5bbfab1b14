"""What is done to estimates and prices."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import ROUTINE, SIGHT, Event, Kind


class FeeEvent(Event):
    """Estimates (field group G5) and the price book."""

    LISTED = "estimates.listed", Kind.VIEW, _("Listed estimates")
    VIEWED = "estimate.viewed", Kind.VIEW, _("Opened an estimate"), SIGHT
    CREATED = "estimate.created", Kind.CHANGE, _("Drew up an estimate")
    SAVED = "estimate.saved", Kind.CHANGE, _("Saved the draft of an estimate"), ROUTINE
    REVISED = "estimate.revised", Kind.CHANGE, _("Started a new version of an estimate")
    ISSUED = "estimate.issued", Kind.CHANGE, _("Issued an estimate")
    EXPLAINED = "estimate.explained", Kind.CHANGE, _("Explained an estimate in person")
    ACCEPTED = "estimate.accepted", Kind.CHANGE, _("Recorded that an estimate was accepted")
    DECLINED = "estimate.declined", Kind.CHANGE, _("Recorded that an estimate was declined")
    PRINTED = "estimate.printed", Kind.PRINT, _("Printed an estimate")
    PRICE_ADDED = "price.added", Kind.CHANGE, _("Added an item to the price book")
    PRICE_REPLACED = "price.replaced", Kind.CHANGE, _("Replaced a price in the price book")
