"""How an API caller shows who they are: the browser's session, or a personal token."""

from hashlib import sha256
from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed

from crm.staff.models import ApiToken, User
from crm.staff.token_refusals import book_useless, why_useless

if TYPE_CHECKING:  # DRF's settings import this module while rest_framework.views is loading
    from rest_framework.request import Request

PREFIX = "suian_"


class StaffSessionAuthentication(SessionAuthentication):
    """The page's own session, with CSRF check."""


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer suian_…``: looked up by hash, refused when revoked or expired,
    and while its owner is suspended or has a password that is too old (R27).

    Every refusal is booked; too many of them from one address are told to wait (429).
    """

    def authenticate(self, request: "Request") -> tuple[User, ApiToken] | None:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        secret = secret.strip()
        digest = sha256(secret.encode()).digest()
        token = ApiToken.objects.select_related("user__clinic").filter(digest=digest).first()
        if token is None or why_useless(token):
            book_useless(secret, token)
            raise AuthenticationFailed
        today = timezone.localdate()
        if token.last_used_on != today:
            token.last_used_on = today
            token.save(update_fields=["last_used_on", "updated_at"])
        return token.user, token

    def authenticate_header(self, request: "Request") -> str:
        return "Bearer"
