"""A request that is far too large is refused before it is read into memory."""

import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.web.refusals import API_PREFIX, Refusal, answer

CHUNK: Final = 64 * 1024
PATIENCE_SECONDS: Final = 10


class BodyLimitMiddleware:
    """413 for a body that says it is larger than DATA_UPLOAD_MAX_MEMORY_SIZE.

    Stands after the language is known and before anything looks at the form. What is on its way
    is thrown away piece by piece for a while: a browser whose sending is cut off shows an error
    of its own instead of our words.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if _length(request) <= most:
            return self.get_response(request)
        _throw_away(request)
        detail = _("At most %(limit)d MB at once: send it in parts. Nothing was stored; what you "
                   "typed is still on the page before this one.")  # fmt: skip
        limit = {"limit": most // (1024 * 1024)}
        refusal = Refusal(413, "too-large", _("This is too large to send"), detail % limit)
        if request.path.startswith(API_PREFIX) or request.headers.get("HX-Request"):
            return answer(request, refusal)
        context = {"refusal": refusal, "go_back": True}
        return render(request, "errors/refusal.html", context, status=refusal.status)


def _length(request: HttpRequest) -> int:
    said = request.headers.get("Content-Length", "")
    return int(said) if said.isascii() and said.isdigit() else 0


def _throw_away(request: HttpRequest) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and request.read(CHUNK):
        pass
