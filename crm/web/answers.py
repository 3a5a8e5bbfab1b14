"""No page is the answer to a POST: browsers keep what was sent to it on disk, for a reload.

What a browser's navigation is answered with waits a while in the cache, and the browser is led to
fetch it by GET at the same address. A reload or the way back then sends nothing a second time.

The page waits encrypted. Its key is made of the session's key, which only the cookie holds, of a
random token, which only the address holds, and of SECRET_KEY: the cache, its file on disk, a log
of addresses and the database do not open it together.
"""

import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from crm.web.counting import count
from crm.web.events import WebEvent
from crm.web.refusals import API_PREFIX, answer, refusal_of
from privacy.audit import services as audit
from privacy.errors import DomainError

FIELD: Final = "answer"  # of the address
SALT: Final = "suian.web.answers"
# Strangers cost the cache little: so many pages a minute of all of them, so large, for so long.
STRANGERS_A_MINUTE: Final = 100
STRANGERS_BYTES: Final = 256 * 1024
STRANGERS_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page that waits for its GET; ``request`` is the id that the events of its making bear."""

    status: int
    page: str
    request: str


class AnswerByGetMiddleware:
    """303 to a page's own GET in place of the page, where a browser would keep the POST's body.

    Programs, fragments, files and redirects pass. So does everything while the cache is down: a
    form that comes back to whoever typed it is worth more than the workstation's disk.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _taken_off(request)
        fetched = bool(token) and request.method == "GET"
        if fetched:
            try:
                waiting = fetch(request, token)
            except DomainError as error:  # the trail is closed: nothing is shown
                return answer(request, refusal_of(error))
            if waiting:
                return HttpResponse(waiting.page, status=waiting.status)
        response = self.get_response(request)
        if fetched and response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return redirect("/")  # gone, and the address has no page of its own
        return _led(request, response) if _is_kept_by_browsers(request, response) else response


def _taken_off(request: HttpRequest) -> str:
    """The token of the address, which no view sees: links and forms of a page do not pass it on."""
    if FIELD not in request.META["QUERY_STRING"] or FIELD not in request.GET:
        return ""
    rest = request.GET.copy()
    tokens = rest.pop(FIELD)
    request.META["QUERY_STRING"] = rest.urlencode()
    request.GET = QueryDict(request.META["QUERY_STRING"])
    return str(tokens[-1])


def _is_kept_by_browsers(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether this is a page that a browser's window would show as the answer to a POST."""
    return (
        request.method == "POST"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and not request.path.startswith(API_PREFIX)
        and not HTTPStatus.MULTIPLE_CHOICES <= response.status_code < HTTPStatus.BAD_REQUEST
        and response.get("Content-Type", "").startswith("text/html")
        and not response.streaming
        and "Content-Disposition" not in response
    )


def _led(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The page put aside and the way to it; or the page itself, if it cannot wait."""
    origin: Any = getattr(request, "audit_origin", None)
    made_by = str(getattr(origin, "request_id", ""))
    token = put_aside(request, Waiting(response.status_code, response.text, made_by))
    if not token:
        return response
    path = request.get_full_path()
    led = HttpResponseRedirect(f"{path}{'&' if '?' in path else '?'}{FIELD}={token}")
    led.status_code = HTTPStatus.SEE_OTHER
    led.cookies.update(response.cookies)
    return led


def put_aside(request: HttpRequest, waiting: Waiting) -> str:
    """Keep a page for whoever sent this. Out: the token that fetches it, "" if it is not kept."""
    token = token_urlsafe()
    packed = zlib.compress(json.dumps(asdict(waiting)).encode())
    seconds = settings.SESSION_IDLE_SECONDS
    try:
        if not (request.user.is_authenticated or getattr(request, "timed_out", None)):
            seconds = STRANGERS_SECONDS
            if len(packed) > STRANGERS_BYTES or count("answers").number > STRANGERS_A_MINUTE:
                return ""
        cache.set(_name(token), _cipher(request, token).encrypt(packed).decode(), seconds)
    except RedisError:
        return ""
    return token


def fetch(request: HttpRequest, token: str) -> Waiting | None:
    """The page that waits under a token for the same session, or None.

    A page that refused may be fetched again, as by a reload: it holds what the asker typed. Staff
    who do so leave an event that names the first request. Any other page is shown once.
    Raises: DomainError if the event cannot be written.
    """
    try:
        sealed = cache.get(_name(token))
        waiting = _opened(request, token, sealed) if sealed else None
        seen = f"{_name(token)}:seen"
        if waiting is None or cache.add(seen, 1, settings.SESSION_IDLE_SECONDS):
            return waiting
    except RedisError:
        return None
    if waiting.status < HTTPStatus.BAD_REQUEST:
        return None
    if request.user.is_authenticated:
        actor: Any = request.user  # the model lives above this floor
        with transaction.atomic():
            audit.record(WebEvent.PAGE_REPEATED, actor=actor, detail={"request": waiting.request})
    return waiting


def _name(token: str) -> str:
    return f"answer:{sha256(token.encode()).hexdigest()}"


def _cipher(request: HttpRequest, token: str) -> Fernet:
    owner = request.session.session_key if request.user.is_authenticated else ""
    key = salted_hmac(SALT, f"{owner}:{token}", algorithm="sha256").digest()
    return Fernet(urlsafe_b64encode(key))


def _opened(request: HttpRequest, token: str, sealed: str) -> Waiting | None:
    try:
        packed = _cipher(request, token).decrypt(sealed.encode())
    except InvalidToken:  # another session's
        return None
    return Waiting(**json.loads(zlib.decompress(packed)))
