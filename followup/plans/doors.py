"""What every page about one plan or step begins with."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponseBase

from crm.staff.guards import StaffRequest
from crm.staff.models import User
from privacy.audit.events import AccessEvent
from privacy.audit.services import record_denial

Found = TypeVar("Found")
View = Callable[..., HttpResponseBase]


def of_record(finder: Callable[[User, UUID], Found], name: str) -> Callable[[View], View]:
    """Hand the view what ``finder`` finds by ``<name>_id`` of the address, or 404, and book it.

    Stands below the guard and above ``once``: a refusal must outlive the form's transaction.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def found(request: StaffRequest, /, **kwargs: Any) -> HttpResponseBase:
            key: UUID = kwargs.pop(f"{name}_id")
            try:
                record = finder(request.user, key)
            except ObjectDoesNotExist as error:
                record_denial(
                    actor=request.user, target=f"{name}:{key}", event=AccessEvent.NOT_FOUND
                )
                raise Http404 from error
            return view(request, record, **kwargs)

        return found

    return decorate
