"""Finding what a request names, or answering as if it did not exist."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from consult.consultations import services
from consult.consultations.models import Consultation
from crm.patients.finding import found_by_code
from crm.patients.models import Patient
from crm.patients.views.doors import hold_back_writing
from crm.staff.guards import StaffRequest


def one_of(
    request: StaffRequest, records: QuerySet[Consultation], consultation_id: UUID
) -> Consultation:
    """The record, or 404 also when it exists out of this person's reach; that is booked."""
    try:
        record = records.get(pk=consultation_id)
    except Consultation.DoesNotExist as error:
        services.book_out_of_reach(actor=request.user, consultation_id=consultation_id)
        raise Http404 from error
    hold_back_writing(request, request.user, record.patient)
    return record


def patient_of(request: StaffRequest, code: str) -> Patient:
    """The patient, or 404 also for a stranger's."""
    patient = found_by_code(request.user, code)
    hold_back_writing(request, request.user, patient)
    return patient
