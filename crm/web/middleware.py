"""Headers on every answer, and what becomes of a refusal that no view caught."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from crm.web.refusals import API_PREFIX, answer, refusal_of
from privacy.errors import DomainError, ReasonAsked

GetResponse = Callable[[HttpRequest], HttpResponse]
PERMISSIONS_POLICY: Final = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "hid",
        "microphone",
        "midi",
        "payment",
        "serial",
        "usb",
    )
)


ALWAYS: Final = {
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    # Django's own middleware sets these as well, but not on what it refuses itself.
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
}


class SecurityHeadersMiddleware:
    """Nothing dynamic is stored anywhere, nothing is embedded elsewhere, no device is asked for.

    Stands outside everything, so that errors, redirects and files carry the headers too, whichever
    middleware answered. Only static files whose name changes with their content may be stored.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "immutable" not in response.get("Cache-Control", ""):
            response["Cache-Control"] = "no-store"
        for name, value in ALWAYS.items():
            response[name] = value
        if request.headers.get("HX-Request"):
            return _whole_page(request, response)
        return response


def _whole_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A redirect answered to a fragment request leads the whole page.

    Otherwise the browser follows it unseen and, say, the sign-in page lands inside a table row.
    """
    where = response.get("Location")
    if response.status_code not in (301, 302, 303) or not where:
        return response
    if request.headers.get("HX-Boosted"):
        return response
    del response["Location"]
    response.status_code = 204
    response.content = b""
    response["HX-Redirect"] = where
    return response


class RefusalMiddleware:
    """A rule said no and the view did not catch it: a page or a toast with its words, no stack."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        if isinstance(error, ReasonAsked) and not request.path.startswith(API_PREFIX):
            return redirect(error.url)
        return answer(request, refusal_of(error))
