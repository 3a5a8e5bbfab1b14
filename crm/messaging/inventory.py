"""What the outbox holds: neutral wordings and the fate of messages, no number, no text of ours."""

from django.utils.translation import gettext_lazy as _

from crm.messaging.models import Attempt, DeliveryAnswer, Message, MessageTemplate
from privacy.inventory import LINK, ORDER, STATE, WHEN, Basis, c0, c1, of

_PROVIDER = _("What the SMS provider knows the message by, and answered")

TABLES = (
    of(
        MessageTemplate,
        Basis.NONE,
        c0(_("The neutral words of a message"), "code", "purpose", "text", "time_critical",
           "provider_code"),
        c0(ORDER, "version"),
        c1(WHEN, "approved_at"),
    ),
    of(
        Message,
        Basis.CONSENT,
        c1(LINK, "patient", "template", "source"),
        c1(_("Which consent it needs"), "purpose", "channel"),
        c1(STATE, "state", "reason", "time_critical", "idempotency_key"),
        c1(WHEN, "due_at", "not_before", "handed_over_at", "unknown_since", "check_at",
           "needs_person_at"),
    ),
    of(
        Attempt,
        Basis.CONSENT,
        c1(LINK, "message", "event_id"),
        c1(_PROVIDER, "reference", "answer"),
        c1(STATE, "number", "asked", "not_found"),
        c1(WHEN, "handed_over_at", "sent_again_at", "answered_at"),
    ),
    of(
        DeliveryAnswer,
        Basis.CONSENT,
        c1(LINK, "attempt"),
        c1(_PROVIDER, "source", "code", "provider_id", "digest"),
    ),
)  # fmt: skip
