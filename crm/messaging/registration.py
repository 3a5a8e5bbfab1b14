"""Making approved wordings known to the provider, which sends nothing it does not know."""

from django.db import transaction

from crm.messaging.events import MessageEvent
from crm.messaging.models import MessageTemplate
from crm.messaging.sms.current import provider_connection
from privacy.audit import services as audit


def register_templates() -> int:
    """Register what is approved and has no provider code. Returns how many now have one.

    A call that got no answer may have registered all the same; the provider then has the
    wording twice, which harms nobody.
    """
    waiting = list(MessageTemplate.objects.filter(approved_at__isnull=False, provider_code=""))
    if not waiting:
        return 0
    done = 0
    with provider_connection() as provider:
        if not provider.is_reachable():
            return 0
        for template in waiting:
            code = provider.register_template(name=str(template), text=template.text)
            done += _keep(template, code)
    return done


@transaction.atomic
def _keep(template: MessageTemplate, code: str) -> int:
    fresh = MessageTemplate.objects.filter(pk=template.pk, provider_code="")
    if not code or not fresh.update(provider_code=code):
        return 0
    audit.record(
        MessageEvent.TEMPLATE_REGISTERED,
        process="outbox",
        target=f"template:{template.code}/{template.version}",
    )
    return 1
