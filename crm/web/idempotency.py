"""A form that arrives twice is carried out once (alphagov/govuk-frontend#1018 and its kin).

Every form carries a hidden key. The first POST with it runs and leaves where it led; any further
one with the same key and user is sent to the same place. Of two at the same moment the second
waits for the first at the unique constraint.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _

from crm.web.models import FormSubmission
from privacy.errors import Conflict, DomainError

FIELD: Final = "idempotency_key"
REFUSALS: Final = (DomainError, PermissionDenied, Http404)
ViewFunc = Callable[..., HttpResponseBase]


class NothingDone(HttpResponseRedirect):
    """Leads on with a word why nothing was done: the same form may be sent again."""


def new_key() -> str:
    """A key for one rendering of one form."""
    return str(uuid4())


def once(view: ViewFunc) -> ViewFunc:
    """Run the POSTs of a view once per key. Stands below the guard: the user is known.

    What the view writes and the mark that it ran are one transaction. An answer that is not a
    success (a form shown again, a refusal, NothingDone) leaves no mark, so the corrected form may
    be sent.
    A refusal that is raised keeps what was booked before it, such as a denial, and is raised again.
    Raises: BadRequest without a well-formed key; Conflict if the key belongs to another page.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        key = _key_of(request)
        refusal: Exception | None = None
        with transaction.atomic():
            mark, first = FormSubmission.objects.get_or_create(
                user_id=_user_id(request), key=key, defaults={"path": request.path[:200]}
            )
            if not first:
                return _same_again(request, mark)
            try:
                response = view(request, *args, **kwargs)
            except REFUSALS as error:
                refusal = error
            if refusal is not None or _came_to_nothing(response):
                mark.delete()
            else:
                mark.location = _location(response)
                mark.save(update_fields=["location", "updated_at"])
        if refusal is not None:
            raise refusal
        return response

    return wrapper


def _came_to_nothing(response: HttpResponseBase) -> bool:
    return response.status_code >= HTTPStatus.BAD_REQUEST or isinstance(response, NothingDone)


def _user_id(request: HttpRequest) -> UUID:
    if request.user.pk is None:
        raise PermissionDenied("A stranger's form has nobody to remember it for.")
    return request.user.pk


def _key_of(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get(FIELD, ""))
    except ValueError as error:
        raise BadRequest("The form carries no idempotency key.") from error


def _location(response: HttpResponseBase) -> str:
    """Where the first answer led. Its body is never kept: it may show a patient's data."""
    where = response.get("HX-Redirect") or response.get("Location") or ""
    return str(where)[:500]


def _same_again(request: HttpRequest, mark: FormSubmission) -> HttpResponse:
    if mark.path != request.path[:200]:
        raise Conflict(_("This form has already been used. Open the page again."))
    if mark.location:
        return HttpResponseRedirect(mark.location)
    if request.headers.get(
        "HX-Request"
    ):  # the first answer was a fragment: show things as they are
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return HttpResponseRedirect(urlsplit(request.headers.get("Referer", "")).path or "/")
