"""Where a request comes from, and when a session is over."""

import time
from collections.abc import Callable
from hashlib import sha256

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from privacy.audit.context import Origin, acting_from
from privacy.audit.rules import address
from privacy.pseudonyms.models import key_scope
from privacy.records import new_id

STARTED, SEEN = "started_at", "seen_at"
TOUCH_SECONDS = 30  # a session row is written at most this often


def client_ip(request: HttpRequest) -> str | None:
    """The address of the right-most hop that is not one of our own proxies.

    Only TRUSTED_PROXIES entries from the right of X-Forwarded-For are believed; the left part is
    the client's own text.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    trusted = settings.TRUSTED_PROXIES
    found = request.META.get("REMOTE_ADDR", "")
    if trusted and len(hops) >= trusted:
        found = hops[-trusted]
    return address(found)


class AuditContextMiddleware:
    """Every event of the request knows its address, program, session and request id (S59)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = Origin(
            ip=client_ip(request),
            agent=request.headers.get("User-Agent", "")[:200],
            session=session_hash(request),
            request_id=new_id(),
        )
        request.audit_origin = origin  # type: ignore[attr-defined]  # shown on error pages
        with acting_from(origin), key_scope():
            return self.get_response(request)


def session_hash(request: HttpRequest) -> bytes | None:
    """Eight bytes that tell sessions apart in the log and open none of them."""
    key = request.session.session_key if hasattr(request, "session") else None
    return sha256(key.encode()).digest()[:8] if key else None


class SessionTimeoutMiddleware:
    """Idle 15 minutes, absolute 10 hours: then the next request is a stranger's (R28).

    A page that asks for itself (``X-Poll``) is no sign of a person.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            seen = request.session.get(SEEN, 0)
            started = request.session.get(STARTED, 0)
            if (
                now - seen > settings.SESSION_IDLE_SECONDS
                or now - started > settings.SESSION_ABSOLUTE_SECONDS
            ):
                logout(request)
            elif now - seen >= TOUCH_SECONDS and "X-Poll" not in request.headers:
                request.session[SEEN] = now
        return self.get_response(request)


def start_session(request: HttpRequest) -> None:
    """Set the session's two clocks; call right after sign-in."""
    request.session[STARTED] = request.session[SEEN] = int(time.time())
