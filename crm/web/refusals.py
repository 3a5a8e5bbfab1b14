"""How a "no" is answered: status, short code, page or toast. The words are the refuser's own."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from privacy.audit.second_sink import SinkDown
from privacy.errors import (
    AccessDenied,
    Conflict,
    ConsentMissing,
    DomainError,
    Erased,
    ReasonAsked,
    TooMany,
    Unreadable,
)

API_PREFIX: Final = "/api/"
NO_PAGE_SENDS: Final = "no_page_sends"  # in the trail: a request that none of our pages makes
# First match wins: a subclass stands before its parent.
KINDS: Final[tuple[tuple[type[DomainError], int, str], ...]] = (
    (ReasonAsked, 403, "reason-asked"),
    (AccessDenied, 403, "access-denied"),
    (Conflict, 409, "conflict"),
    (Erased, 410, "erased"),
    (TooMany, 429, "too-many"),
    (SinkDown, 503, "trail-down"),
    (Unreadable, 503, "unreadable"),
    (ConsentMissing, 422, "consent-missing"),
    (DomainError, 422, "refused"),
)


@dataclass(frozen=True)
class Refusal:
    """One answer that is not what was asked for."""

    status: int
    code: str
    title: str
    detail: str


def refusal_of(error: DomainError) -> Refusal:
    """The answer to a rule that said no."""
    status, code = next((status, code) for kind, status, code in KINDS if isinstance(error, kind))
    if isinstance(error, SinkDown):
        return Refusal(status, code, _("The clinic's records are closed right now"), str(error))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        # The error's own text is a code for the log; the reader needs to know nothing is lost.
        detail = _("A sealed value could not be opened. Nothing was changed or overwritten.")
        return Refusal(status, code, _("This record cannot be read right now"), detail)
    if status == HTTPStatus.GONE:
        detail = _("The keys of these data were destroyed. Nobody can read or change them.")
        return Refusal(status, code, _("Erased as requested"), detail)
    titles = {
        403: _("You may not do this"),
        409: _("Somebody else was faster"),
        422: _("This cannot be done"),
        429: _("Please wait a moment"),
    }
    return Refusal(status, code, titles[status], str(error) or titles[status])


def wants_page(request: HttpRequest) -> bool:
    """Whether a person waits for a whole page, rather than a program or a fragment."""
    return not (request.path.startswith(API_PREFIX) or request.headers.get("HX-Request"))


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal as JSON for programs, as a toast for a fragment, else as a page."""
    if request.path.startswith(API_PREFIX):
        return problem(refusal)
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=refusal.status, headers={"HX-Reswap": "none"})
        # Header values are ASCII; the helper escapes what is not.
        return trigger_client_event(response, "toast", {"text": refusal.detail, "level": "bad"})
    context = {"refusal": refusal, "reference": reference_of(request)}
    return render(request, "errors/refusal.html", context, status=refusal.status)


def problem(refusal: Refusal) -> JsonResponse:
    """``{code, detail}``, the shape of every refusal of the API."""
    body = {"code": refusal.code, "detail": refusal.detail}
    return JsonResponse(body, status=refusal.status, content_type="application/problem+json")


def reference_of(request: HttpRequest) -> str:
    """Eight characters that find this request in the log and in the audit trail, or ""."""
    origin = getattr(request, "audit_origin", None)
    return str(getattr(origin, "request_id", ""))[-8:].upper()


def not_found_refusal() -> Refusal:
    """Nothing here, or not for this person: the same words for pages, the API and strangers."""
    detail = _("Check the address, or look the record up by its code.")
    return Refusal(404, "not-found", _("There is nothing here"), detail)


def throttled(request: HttpRequest, *, wait_seconds: int) -> HttpResponse:
    """429: too often; ``wait_seconds`` until the next try."""
    minutes = max(1, -(-wait_seconds // 60))
    detail = _("Too many attempts. Wait %(minutes)d min, then try again.") % {"minutes": minutes}
    response = answer(request, Refusal(429, "too-many", _("Please wait a moment"), detail))
    response["Retry-After"] = str(wait_seconds)
    return response
