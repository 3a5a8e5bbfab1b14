"""Where a request comes from, and when a session is over."""

import time
from collections.abc import Callable
from typing import Any, Final, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user, logout
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import AuthenticationMiddleware, LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import resolve
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from crm.staff import rules, sessions
from crm.staff.backends import brought_by
from crm.staff.networks import is_outside, note_network, refused_outside
from crm.staff.password_rules import is_due
from crm.staff.selectors import staff_member
from crm.staff.session_store import FACTOR_AT, FULLY_AT, SEEN, STARTED, SessionStore, hash_of
from crm.web.kept import may_be_kept
from crm.web.refusals import Refusal, answer, wants_page
from privacy.audit.context import Origin, acting_from
from privacy.audit.rules import address
from privacy.pseudonyms.models import key_scope
from privacy.records import new_id

# What may be done before a password that is too old is changed.
WITH_AN_OLD_PASSWORD: Final = frozenset(
    {"staff:account", "staff:confirm", "staff:passkey-ask-confirm", "staff:sign-out",
     "staff:sign-in", "web:live", "web:ready", "web:set-language", "web:csp-report"}
)  # fmt: skip
KEEPS_PAGE: Final = "X-Keeps-Page"  # a fragment for a page with a half-filled form (net.js)
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
    return hash_of(key)[:8] if key else None


class StaffMiddleware(AuthenticationMiddleware):
    """``request.user``, as Django finds it, out of the one query that loads the session."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _staff_of(request))  # type: ignore[assignment]  # as Django does


def _staff_of(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    request.session.get(SESSION_KEY)  # loads the session, and its person with it
    with brought_by(request.session):
        return get_user(request)


class SessionTimeoutMiddleware:
    """Idle 15 minutes, absolute 10 hours: then the next request is a stranger's (R28).

    A page that asks for itself (``X-Poll``) is no sign of a person.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            over = _over(request, now)
            if over:
                # Whose form this may be, for the page that signs in again.
                request.timed_out = staff_member(request.user)  # type: ignore[attr-defined]  # ours
                if _is_sent(request):
                    logout(request)
                else:  # the row waits, over as it is: a form in this or another tab may still come
                    request.user = AnonymousUser()
                request.session.ended = over.value  # type: ignore[attr-defined]  # our own store
            elif now - request.session.get(SEEN, 0) >= TOUCH_SECONDS and _by_a_person(request):
                request.session[SEEN] = now
        return self.get_response(request)


def _over(request: HttpRequest, now: int) -> rules.End | None:
    """Which of its two clocks has run out for a session, or None."""
    if now - request.session.get(SEEN, 0) > settings.SESSION_IDLE_SECONDS:
        return rules.End.IDLE
    if now - request.session.get(STARTED, 0) > settings.SESSION_ABSOLUTE_SECONDS:
        return rules.End.ABSOLUTE
    return None


def _by_a_person(request: HttpRequest) -> bool:
    return "X-Poll" not in request.headers


def _is_sent(request: HttpRequest) -> bool:
    """Whether somebody sends something, rather than opens a page or types in one."""
    return request.method == "POST" and _by_a_person(request) and KEEPS_PAGE not in request.headers


def _kept_outside(
    request: HttpRequest, view_func: Callable[..., HttpResponseBase]
) -> HttpResponseBase | None:
    """An administrator at an address that is not listed signs out there and does nothing else; the
    API's guard asks the same (R36)."""
    user = staff_member(request.user)
    here = request.resolver_match.view_name if request.resolver_match else ""
    opened = not getattr(view_func, "login_required", True) or here == "staff:sign-out"
    if opened or not is_outside(user):
        return None
    polls = not _by_a_person(request)
    refusal = refused_outside(user, target=here, session=request.session, by_itself=polls)
    return answer(request, refusal)


def _led_to_a_new_password(request: HttpRequest) -> HttpResponseBase | None:
    """Where the policy says that the password is too old, nothing else is done before (R27)."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    if here in WITH_AN_OLD_PASSWORD or not is_due(staff_member(request.user)):
        return None
    if not wants_page(request):
        text = _("Your password is too old. Change it under My account first.")
        return answer(request, Refusal(403, "password-due", text, text))
    return redirect("staff:account")


def _what_was_typed_stays(request: HttpRequest) -> HttpResponseBase | None:
    """In place of the way to the sign-in page: it stays in its page, or the sign-in carries it."""
    if KEEPS_PAGE in request.headers:
        text = _("Your session is over. What you typed is still here: send it, then sign in.")
        return answer(request, Refusal(401, "session-over", text, text))
    if getattr(request, "timed_out", None) and may_be_kept(request):
        sign_in = resolve(resolve_url(settings.LOGIN_URL)).func
        return cast("HttpResponseBase", sign_in(request))
    return None


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Closed unless a view opens itself; the way to the sign-in page says why a session is over."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        if refused is not None:
            return _what_was_typed_stays(request) or refused
        if not request.user.is_authenticated:
            return None
        return _kept_outside(request, view_func) or _led_to_a_new_password(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The session ended while the request ran: a stranger's from here on, told why."""
        if not isinstance(error, UpdateError) or request.resolver_match is None:
            return None
        request.session = SessionStore(request.session.session_key)
        request.session.load()
        request.user = AnonymousUser()
        return self.handle_no_permission(request, request.resolver_match.func)

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        response = super().handle_no_permission(request, view_func)
        ended = getattr(request.session, "ended", "")
        if ended:
            response["Location"] += "&" + urlencode({"ended": ended})
        return response


def start_session(request: HttpRequest) -> None:
    """Set the session's clocks and end the oldest of three; call right after sign-in."""
    now = int(time.time())
    request.session.update(dict.fromkeys((STARTED, SEEN, FACTOR_AT, FULLY_AT), now))
    note_network(request.session)
    request.session.save()
    sessions.make_room(user=staff_member(request.user), keep=current_hash(request))


def current_hash(request: HttpRequest) -> bytes:
    """What the database knows the request's own session by; b"" without one."""
    key = request.session.session_key
    return hash_of(key) if key else b""
