"""What every page about one patient begins with."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.middleware import HtmxDetails

from crm.patients.finding import found_by_code
from crm.patients.models import Patient
from crm.patients.services.off_hours import check_said_why
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


def while_restricted(view: View) -> View:
    """Mark a view that a restriction leaves open: the page that says so, and the patient's own no
    (ADR 0040); stands right below ``of_patient``."""
    view.while_restricted = True  # type: ignore[attr-defined]  # read by of_patient
    return view


def hold_back_writing(
    request: HttpRequest, staff: User, patient: Patient, *, restricted: bool = False
) -> None:
    """Raises: AccessDenied (booked) for a POST of somebody who sees the patient for a time only;
    ReasonAsked for a look while the clinic is closed, until a reason is given (G4).

    Every door that finds a patient, or a record of one, by what its viewer sees asks this.
    """
    sends = request.method not in LOOKS
    if sends:
        check_may_write(staff=staff, patient=patient, restricted=restricted)
    page = reverse("patients:say-why", args=[patient.code])
    if not sends:
        back = HtmxDetails(request).current_url_abs_path or request.get_full_path()
        page += f"?{urlencode({'next': back})}"
    check_said_why(staff=staff, patient=patient, sends=sends, page=page)


def of_patient(view: View) -> Callable[..., HttpResponseBase]:
    """Hand the view the patient of the address, or answer 404 and book the attempt.

    Stands below the guard and above ``once``: a refusal must outlive the form's transaction.
    Raises: Restricted (booked) while the record is restricted, but for ``while_restricted``.
    """

    @wraps(view)
    def found(request: StaffRequest, /, code: str, **kwargs: Any) -> HttpResponseBase:
        left_open = getattr(view, "while_restricted", False)
        patient = found_by_code(request.user, code, restricted=left_open)
        if not getattr(view, "only_looks", False):
            hold_back_writing(request, request.user, patient, restricted=left_open)
        return view(request, patient, **kwargs)

    return found


def partial_or_page(
    request: StaffRequest, partial: str, page: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponseBase:
    """The fragment for htmx, the whole page for a browser without it: one address for both."""
    return render(request, partial if request.htmx else page, context, status=status)
