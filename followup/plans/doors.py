"""What every page about one plan or step begins with."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.http import HttpResponseBase

from crm.patients.models import Patient
from crm.patients.views.doors import hold_back_writing
from crm.staff.finding import of_record
from crm.staff.guards import StaffRequest, ViewFunc
from crm.staff.models import User


class OfPatient(Protocol):
    """A plan or a step: something that belongs to one patient."""

    @property
    def of_patient(self) -> Patient: ...


Found = TypeVar("Found", bound=OfPatient)


def of_work(finder: Callable[[User, UUID], Found], name: str) -> Callable[[ViewFunc], ViewFunc]:
    """Hand the view the plan or step of ``<name>_id`` to write in, or answer 404 and book it.

    Raises: what ``hold_back_writing`` raises, for a patient who is only looked at.
    """

    def decorate(view: ViewFunc) -> ViewFunc:
        @wraps(view)
        def writing(request: StaffRequest, record: Found, **kwargs: Any) -> HttpResponseBase:
            hold_back_writing(request, request.user, record.of_patient)
            return view(request, record, **kwargs)

        return of_record(finder, f"{name}_id", name)(writing)

    return decorate
