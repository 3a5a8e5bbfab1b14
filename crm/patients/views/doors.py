"""What every page about one patient begins with."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.http import Http404, HttpResponseBase
from django.shortcuts import render

from crm.patients.models import Patient
from crm.patients.selectors import patient_by_code
from crm.patients.services.viewing import book_out_of_reach
from crm.staff.guards import StaffRequest


def of_patient(
    view: Callable[Concatenate[StaffRequest, Patient, ...], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Hand the view the patient of the address, or answer 404 and book the attempt.

    Stands below the guard and above ``once``: a refusal must outlive the form's transaction.
    """

    @wraps(view)
    def found(request: StaffRequest, /, code: str, **kwargs: Any) -> HttpResponseBase:
        try:
            patient = patient_by_code(request.user, code)
        except Patient.DoesNotExist as error:
            book_out_of_reach(staff=request.user, code=code)
            raise Http404 from error
        return view(request, patient, **kwargs)

    return found


def partial_or_page(
    request: StaffRequest, partial: str, page: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponseBase:
    """The fragment for htmx, the whole page for a browser without it: one address for both."""
    return render(request, partial if request.htmx else page, context, status=status)
