"""What a door needs before it opens: the patient or the version, if the viewer may know of it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponseBase

from consult.fees import selectors
from consult.fees.models import Estimate, EstimateVersion
from crm.patients.models import Patient
from crm.patients.selectors import patient_by_code
from crm.staff.guards import StaffRequest
from privacy.audit.events import AccessEvent
from privacy.audit.services import record_denial

ViewFunc = Callable[..., HttpResponseBase]


def out_of_reach(request: StaffRequest, target: str) -> Http404:
    """Book the attempt, and answer as if there were nothing (R31)."""
    record_denial(actor=request.user, target=target, event=AccessEvent.NOT_FOUND)
    return Http404(target)


def for_patient(view: ViewFunc) -> ViewFunc:
    """Hand the view the patient of ``code`` instead of the code. Stands above @once."""

    @wraps(view)
    def found(request: StaffRequest, /, code: str) -> HttpResponseBase:
        try:
            patient = patient_by_code(request.user, code)
        except Patient.DoesNotExist:
            raise out_of_reach(request, f"patient:{code}") from None
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
            raise out_of_reach(request, f"estimate:{number}") from None
        return view(request, held, **kwargs)

    return found
