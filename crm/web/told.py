"""What is told after a redirect, kept in a cookie that no neighbouring name can plant."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage


class _HostBoundCookie(CookieStorage):
    """Over TLS the cookie is bound to this host, like the session's (ASVS 3.3.3)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.SESSION_COOKIE_SECURE:
            self.cookie_name = "__Host-messages"


class HostBoundStorage(FallbackStorage):
    """As Django's own: in a cookie, and in the session what does not fit there."""

    storage_classes = (_HostBoundCookie, *FallbackStorage.storage_classes[1:])
