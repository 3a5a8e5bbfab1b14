"""The patient whom an address names: what pages and programs begin with."""

from django.http import Http404

from crm.patients.models import Patient
from crm.patients.restricted import patients_restricted_for
from crm.patients.selectors import patient_by_code
from crm.patients.services.viewing import book_out_of_reach
from crm.staff.models import User


def found_by_code(staff: User, code: str, *, restricted: bool = False) -> Patient:
    """The patient of an address; ``restricted``: also one whose record is restricted.

    Raises: Http404 for strangers too, Restricted; both are booked.
    """
    try:
        return patient_by_code(staff, code)
    except Patient.DoesNotExist as error:
        stopped = patients_restricted_for(staff).filter(subject__code=code)
        if restricted and (patient := stopped.first()):
            return patient
        book_out_of_reach(staff=staff, code=code)
        raise Http404 from error
