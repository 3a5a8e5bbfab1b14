"""Doors: the written standard of collection, what was asked of a patient, one fact at a time."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from crm.patients import collecting, words
from crm.patients.collecting import Fact
from crm.patients.fact_forms import FactForm
from crm.patients.models import Patient
from crm.patients.services import collecting as services
from crm.patients.views.doors import of_patient
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from privacy.access.policy import Permission
from privacy.errors import DomainError


@require_GET
@requires(Permission.VIEW_PATIENTS)
def standard(request: StaffRequest) -> HttpResponse:
    """What is asked when, in words (S14): the same table that the forms obey."""
    lines = [
        (
            words.FACTS[fact],
            [words.STANCES[one] for one in (line.talking, line.treated, line.over)],
        )
        for fact, line in collecting.STANDARD.items()
    ]
    page = {"lines": lines, "edition": collecting.EDITION, "days": collecting.COOL_OFF.days}
    return render(request, "crm/patients/standard.html", page)


@require_GET
@requires(Permission.REGISTER_PATIENT, Permission.VIEW_COMPLAINT)
@of_patient
def facts(request: StaffRequest, patient: Patient) -> HttpResponse:
    """What was asked, what was declined, and what may be asked for now; no value."""
    shown = services.open_facts(staff=request.user, patient=patient)
    page = {"patient": patient, "facts": shown}
    return render(request, "crm/patients/facts.html", page)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@requires(Permission.REGISTER_PATIENT, Permission.VIEW_COMPLAINT)
@of_patient
@once
def fact(request: StaffRequest, patient: Patient, fact: str) -> HttpResponse:
    """Take one fact down, or the patient's no."""
    if fact not in set(collecting.LATER):
        raise Http404
    asked = services.fact_of(patient, Fact(fact))
    form = FactForm(request.POST or None, patient=patient, asked=asked)
    if form.is_valid():
        try:
            services.take_down(patient=patient, fact=asked.fact, actor=request.user, **form.taken())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Taken down."))
            return redirect("patients:facts", patient.code)
    page = {"form": form, "patient": patient, "asked": asked}
    status = 422 if form.is_bound else 200
    return render(request, "crm/patients/fact.html", page, status=status)
