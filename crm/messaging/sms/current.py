"""The provider of this installation, from settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.conf import settings

from crm.messaging.sms.aliyun import AliyunSms
from crm.messaging.sms.provider import Answer, Fate, Provider


class NoProvider:
    """No gateway is configured: it is never reachable, so every message waits."""

    def is_reachable(self) -> bool:
        return False

    def send(self, *, phone: str, template: str, reference: str) -> Answer:
        return Answer(Fate.UNKNOWN, "not-configured")

    def lookup(self, *, phone: str, day: date, reference: str) -> Answer:
        return Answer(Fate.UNKNOWN, "not-configured")

    def register_template(self, *, name: str, text: str) -> str:
        return ""


@contextmanager
def provider_connection() -> Iterator[Provider]:
    """The configured provider, for one round of work."""
    if not settings.SMS_GATEWAY_URL:
        yield NoProvider()
        return
    with AliyunSms(
        base_url=settings.SMS_GATEWAY_URL,
        key_id=settings.SMS_GATEWAY_KEY_ID,
        secret=settings.SMS_GATEWAY_SECRET,
        sign_name=settings.SMS_SIGN_NAME,
        timeout=settings.SMS_TIMEOUT_SECONDS,
    ) as provider:
        yield provider
