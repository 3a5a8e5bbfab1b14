"""Door: the reason for a look while the clinic is closed (G4)."""

from django.http import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.http import require_http_methods

from crm.patients.models import Patient
from crm.patients.reason_forms import OffHoursForm
from crm.patients.services.off_hours import must_say_why, phrases_for, say_why
from crm.patients.views.doors import of_patient, only_looks
from crm.staff.guards import StaffRequest, requires
from crm.staff.step_up import next_url
from privacy.access.policy import Permission


@require_http_methods(["GET", "POST"])
@requires(Permission.VIEW_COMPLAINT, Permission.VIEW_CONSULTATIONS)
@of_patient
@only_looks
def why(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Ask once a patient and night, then lead on to where the look was going."""
    wanted = next_url(request, otherwise=resolve_url("patients:page", patient.code))
    if not must_say_why(staff=request.user, patient=patient):
        return redirect(wanted)
    form = OffHoursForm.of(request.POST, phrases=phrases_for(request.user, patient))
    if form.is_valid():
        say_why(patient=patient, staff=request.user, **form.cleaned_data)
        return redirect(wanted)
    page = {"form": form, "patient": patient, "wanted": wanted}
    status = 422 if form.is_bound else 200
    return render(request, "crm/patients/off_hours.html", page, status=status)
