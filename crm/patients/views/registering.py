"""Doors: a new patient, the check while typing, and what the desk gets in hand."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.patients.forms import RegistrationForm
from crm.patients.models import Patient
from crm.patients.selectors import visit_code_today
from crm.patients.services.looking_up import TooManyLookups
from crm.patients.services.registration import Doubles, find_doubles, register_or_warn
from crm.patients.views.doors import of_patient
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from privacy.access.policy import Permission


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@requires(Permission.REGISTER_PATIENT)
@once
def register(request: StaffRequest) -> HttpResponse:
    """Three facts make a patient; somebody similar is a warning, never a wall."""
    form = RegistrationForm(request.POST or None, staff=request.user)
    doubles = Doubles()
    if form.is_valid():
        try:
            outcome = register_or_warn(
                registration=form.registration(),
                actor=request.user,
                set_aside=form.codes_set_aside,
                reason=form.cleaned_data["set_aside_reason"],
            )
        except TooManyLookups as error:
            form.add_error(None, str(error))
        else:
            if outcome.patient is not None:
                return redirect("patients:registered", outcome.patient.code)
            doubles = outcome.doubles
            form.ask_why_not_the_same()
    status = 409 if doubles.found else 422 if form.is_bound else 200
    page = {"form": form, "doubles": doubles, "stopped": bool(doubles.found)}
    return render(request, "crm/patients/register.html", page, status=status)


@require_POST
@sensitive_post_parameters()
@requires(Permission.REGISTER_PATIENT)
def check_doubles(request: StaffRequest) -> HttpResponse:
    """Who of the registered may be the person being typed in; shown beside the form."""
    form = RegistrationForm(request.POST, staff=request.user)
    doubles = find_doubles(person=form.typed_so_far().person, actor=request.user)
    page = {"doubles": doubles, "stopped": False}
    return render(request, "crm/patients/_doubles.html", page)


@require_GET
@requires(Permission.REGISTER_PATIENT)
@of_patient
def registered(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The codes, the papers, the next step. Registering gave today's number; looking gives none."""
    page = {
        "patient": patient,
        "visit_code": visit_code_today(patient, request.user),
        "provisional": patient.status == Patient.Status.PROVISIONAL,
    }
    return render(request, "crm/patients/registered.html", page)
