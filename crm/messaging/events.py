"""What is booked about messages."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class MessageEvent(Event):
    QUEUED = "message.queued", Kind.CHANGE, _("Queued a message")
    SENT = "message.sent", Kind.SEND, _("Handed over a message")
    SENT_AGAIN = "message.sent_again", Kind.SEND, _("Handed over a message again")
    LOOKED_UP = "message.looked_up", Kind.SEND, _("Asked the provider about a message")
    NOT_SENT = "message.not_sent", Kind.SEND, _("Did not send a message")
    SETTLED = "message.settled", Kind.CHANGE, _("Settled a message of unknown fate")
    STOPPED = "message.stop_word", Kind.CHANGE, _("Patient asked by SMS to be left alone")
    COMPARED = "message.compared", Kind.SYSTEM, _("Compared with a phone that wrote to us")
    VIEWED = "message.viewed", Kind.VIEW, _("Opened the list of messages")
    LEDGER_VIEWED = "message.ledger_viewed", Kind.VIEW, _("Opened the gateway's ledger")
    TEMPLATE_APPROVED = "message.template_approved", Kind.CHANGE, _("Approved a wording")
    TEMPLATE_REGISTERED = (
        "message.template_registered",
        Kind.SYSTEM,
        _("Registered a wording with the provider"),
    )
