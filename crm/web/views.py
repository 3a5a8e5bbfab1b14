"""Doors that belong to no feature: health, language, reports of the browser, error pages."""

import logging
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, requires_csrf_token
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import set_language as django_set_language

from crm.web import csp_reports, kept, readiness
from crm.web.context import Shell
from crm.web.openness import public
from crm.web.refusals import (
    NO_PAGE_SENDS,
    Refusal,
    answer,
    not_found_refusal,
    reference_of,
    wants_page,
)
from privacy.access.policy import Permission, waits_for_clearance
from privacy.audit.services import record_denial

logger = logging.getLogger(__name__)
DAMAGED: Final = (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
    MultiPartParserError,
)


@public("a process manager asks; the answer names no data")
@require_GET
def live(request: HttpRequest) -> JsonResponse:
    """The process answers at all."""
    return JsonResponse({"status": "ok"})


@public("a load balancer asks; the answer names checks, not reasons")
@require_GET
def ready(request: HttpRequest) -> JsonResponse:
    """Every registered check passes, or 503 and the names of those that do not."""
    failing = readiness.failing()
    body = {"status": "failing" if failing else "ok", "failing": failing}
    return JsonResponse(body, status=503 if failing else 200)


@public("the sign-in page offers it; it sets one cookie")
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Take the language from the form and go back."""
    return django_set_language(request)


@public("browsers report without credentials; the body is size-limited and never stored")
@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Count and log what the content security policy stopped."""
    csp_reports.note(request)
    return HttpResponse(status=204)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request makes no sense: an old form, or one that somebody made.

    Of signed-in staff it is booked: one is an accident, many are somebody who tries (ASVS 16.3.3).
    What is only too large, or broke off on its way, is not: one of our own pages may send it.
    """
    user: Any = getattr(request, "user", None)  # refused before it was known: the log has it
    meant = not isinstance(exception, DAMAGED)
    if meant and user is not None and user.is_authenticated:
        where = request.resolver_match.view_name if request.resolver_match else ""
        record_denial(actor=user, target=where, reason=NO_PAGE_SENDS)
    detail = _("The page may be old. Go back, reload it and try again.")
    return answer(request, Refusal(400, "bad-request", _("This could not be understood"), detail))


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the role does not open this door. The refusal itself is booked by the guard."""
    if _waits_for_clearance(request, str(exception)):
        detail = _("Your clearance is missing or has lapsed: codes only. See My clearance.")
        return answer(request, Refusal(403, "uncleared", _("Not cleared for this yet"), detail))
    detail = _("Your role does not include this page. The security administrator decides on roles.")
    return answer(request, Refusal(403, "access-denied", _("You may not do this"), detail))


def _waits_for_clearance(request: HttpRequest, asked: str) -> bool:
    """Whether the guard named a permission that the role has, and the clearance is what lacks."""
    user: Any = request.user  # the model lives above this floor
    known = asked in set(Permission) and user.is_authenticated
    return known and waits_for_clearance(user, Permission(asked))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: there is no such page, or not for this person; the answer never tells which."""
    return answer(request, not_found_refusal())


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault. The page must come out even if half the house is down."""
    logger.error("answered 500, reference %s", reference_of(request))
    detail = _("Nothing half-done was kept. Try once more; if it fails again, report the number.")
    refusal = Refusal(500, "error", _("Something went wrong on our side"), detail)
    if not wants_page(request):
        return answer(request, refusal)
    # Without context processors: those read the session, and the database may be what is down.
    context = {"refusal": refusal, "reference": reference_of(request), "shell": Shell(request)}
    return HttpResponse(render_to_string("errors/refusal.html", context), status=500)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form's proof of origin is missing or old.

    Where the browser itself vouches that a page of ours sent it, as after another sign-in in a
    second tab, what was typed is offered once more. No other site can make it say so.
    """
    logger.warning("CSRF check failed: %s", reason)
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if ours and request.user.is_authenticated and kept.may_be_kept(request):
        return kept.page(request, kept.form_of(request))
    title = _("The form was open for too long")
    detail = _("It was not sent. Go back, open the page anew and send it again.")
    refusal = Refusal(403, "stale-form", title, detail)
    if not wants_page(request):
        return answer(request, refusal)
    context = {"refusal": refusal, "reference": reference_of(request), "go_back": True}
    return render(request, "errors/refusal.html", context, status=403)
