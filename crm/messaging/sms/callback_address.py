"""The secret address that the provider pushes to. Standard library: both ends work it out."""

import hmac
from hashlib import sha256


def derived_token(secret: str) -> str:
    """The secret part of the address where none is set; "" without a gateway secret."""
    if not secret:
        return ""
    return hmac.new(secret.encode(), b"sms callback address", sha256).hexdigest()[:32]


def callback_address(app_url: str, secret: str) -> str:
    """Where receipts go; "" without an app. ``app_url`` without a slash at its end."""
    return f"{app_url.rstrip('/')}/hooks/sms/{derived_token(secret)}/" if app_url else ""
