"""What every page about one patient begins with."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.middleware import HtmxDetails

from crm.patients.models import Patient
from crm.patients.selectors import patient_by_code
from crm.patients.services.off_hours import check_said_why
from crm.patients.services.viewing import book_out_of_reach
from crm.patients.services.writing import check_may_write
from crm.staff.guards import StaffRequest
from crm.staff.models import User

LOOKS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
View = Callable[Concatenate[StaffRequest, Patient, ...], HttpResponseBase]


def only_looks(view: View) -> View:
    """Mark a view whose POST shows and does not write, and that asks for a reason itself; stands
    right below ``of_patient``."""
    view.only_looks = True  # type: ignore[attr-defined]  # read by of_patient
    return view


def hold_back_writing(request: HttpRequest, staff: User, patient: Patient) -> None:
    """Raises: AccessDenied (booked) for a POST of somebody who sees the patient for a time only;
    ReasonAsked for a look while the clinic is closed, until a reason is given (G4).

    Every door that finds a patient, or a record of one, by what its viewer sees asks this.
    """
    sends = request.method not in LOOKS
    if sends:
        check_may_write(staff=staff, patient=patient)
    page = reverse("patients:say-why", args=[patient.code])
    if not sends:
        back = HtmxDetails(request).current_url_abs_path or request.get_full_path()
        page += f"?{urlencode({'next': back})}"
    check_said_why(staff=staff, patient=patient, sends=sends, page=page)


def of_patient(view: View) -> Callable[..., HttpResponseBase]:
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
        if not getattr(view, "only_looks", False):
            hold_back_writing(request, request.user, patient)
        return view(request, patient, **kwargs)

    return found


def partial_or_page(
    request: StaffRequest, partial: str, page: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponseBase:
    """The fragment for htmx, the whole page for a browser without it: one address for both."""
    return render(request, partial if request.htmx else page, context, status=status)
