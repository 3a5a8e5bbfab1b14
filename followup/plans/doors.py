"""What every page about one plan or step begins with."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponseBase

from crm.patients.models import Patient
from crm.patients.views.doors import hold_back_writing
from crm.staff.guards import StaffRequest
from crm.staff.models import User
from privacy.audit.events import AccessEvent
from privacy.audit.services import record_denial


class OfPatient(Protocol):
    """A plan or a step: something that belongs to one patient."""

    @property
    def of_patient(self) -> Patient: ...


Found = TypeVar("Found", bound=OfPatient)
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
            hold_back_writing(request, request.user, record.of_patient)
            return view(request, record, **kwargs)

        return found

    return decorate
