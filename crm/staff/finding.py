"""A record named by an address: handed to whoever may know of it, 404 to everybody else."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponseBase

from crm.staff.guards import StaffRequest, ViewFunc
from crm.staff.models import User
from privacy.audit.events import AccessEvent
from privacy.audit.services import record_denial

Found = TypeVar("Found")


def not_found(request: StaffRequest, target: str) -> Http404:
    """What to raise for a record that is not there for the one who asks, once that is booked (R31).

    In: ``target`` as the trail names it, ``visit:<id>``. The same answer for a record that does
    not exist, of another clinic, and out of reach.
    """
    record_denial(actor=request.user, target=target, event=AccessEvent.NOT_FOUND)
    return Http404()


def of_record(
    finder: Callable[[User, UUID], Found], keyword: str, kind: str
) -> Callable[[ViewFunc], ViewFunc]:
    """Hand the view what ``finder`` finds by ``keyword`` of the address, or answer 404 and book it.

    In: ``finder`` raises ObjectDoesNotExist for what this member of staff may not know of;
    ``kind`` is the first half of the trail's name for it. Stands below the guard and above
    ``once``: nobody asks the database again in a form's transaction.
    """

    def decorate(view: ViewFunc) -> ViewFunc:
        @wraps(view)
        def found(request: StaffRequest, /, **kwargs: Any) -> HttpResponseBase:
            key: UUID = kwargs.pop(keyword)
            try:
                record = finder(request.user, key)
            except ObjectDoesNotExist as error:
                raise not_found(request, f"{kind}:{key}") from error
            return view(request, record, **kwargs)

        return found

    return decorate
