"""What a door needs before it opens: the patient or the version, if the viewer may know of it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponseBase

from consult.fees import selectors
from consult.fees.models import Estimate, EstimateVersion
from crm.patients.finding import found_by_code
from crm.patients.views.doors import hold_back_writing
from crm.staff.guards import StaffRequest

ViewFunc = Callable[..., HttpResponseBase]


def for_patient(view: ViewFunc) -> ViewFunc:
    """Hand the view the patient of ``code`` instead of the code. Stands above @once."""

    @wraps(view)
    def found(request: StaffRequest, /, code: str) -> HttpResponseBase:
        patient = found_by_code(request.user, code)
        hold_back_writing(request, request.user, patient)
        return view(request, patient)

    return found


def for_version(view: ViewFunc) -> ViewFunc:
    """Hand the view the version of ``number`` and ``version`` (default: the newest)."""

    @wraps(view)
    def found(
        request: StaffRequest, /, number: str, version: int | None = None, **kwargs: Any
    ) -> HttpResponseBase:
        try:
            estimate = selectors.estimate_by_number(request.user, number)
            wanted = estimate.newest if version is None else version
            held = selectors.version_by_number(request.user, number, wanted)
        except (Estimate.DoesNotExist, EstimateVersion.DoesNotExist):
            selectors.book_out_of_reach(staff=request.user, number=number)
            raise Http404 from None
        hold_back_writing(request, request.user, estimate.patient)
        return view(request, held, **kwargs)

    return found
