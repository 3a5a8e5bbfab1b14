"""Headers on every answer, and what becomes of a refusal that no view caught."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

from crm.web.refusals import answer, refusal_of
from privacy.errors import DomainError

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


class SecurityHeadersMiddleware:
    """Nothing dynamic is stored anywhere, nothing is embedded elsewhere, no device is asked for.

    Stands outside the session, so that error pages carry the headers too. Static files do not pass
    here: they are served before, and may be cached.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Cache-Control"] = "no-store"
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex, nofollow"
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
        return answer(request, refusal_of(error))
