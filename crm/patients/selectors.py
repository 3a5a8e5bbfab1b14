"""Finding patients, always through the eyes of one viewer."""

from django.db.models import QuerySet

from crm.patients.models import Patient
from crm.staff.models import User


def patients_visible_to(staff: User) -> QuerySet[Patient]:
    """The patients that ``staff`` may see, with their codes."""
    return Patient.objects.visible_to(staff).select_related("subject")


def patient_by_code(staff: User, code: str) -> Patient:
    """One patient by code.

    Raises: Patient.DoesNotExist also when the patient exists and ``staff`` may not know it.
    """
    return patients_visible_to(staff).get(subject__code=code)
