"""Doors: paper and the drawings on it."""

from io import BytesIO

import segno
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from crm.patients import selectors
from crm.patients.models import Patient
from crm.patients.services import printing
from crm.patients.services.registration import issue_visit_code
from crm.patients.views.doors import of_patient
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from privacy.access.policy import Permission


@require_GET
@requires(Permission.ISSUE_VISIT_CODE)
@of_patient
def label(request: StaffRequest, patient: Patient) -> HttpResponse:
    """A 50 x 30 mm label: code, QR, date; no name (S53). Opening it is a print."""
    slip = printing.print_label(patient=patient, actor=request.user)
    return render(request, "crm/patients/label.html", {"patient": patient, "slip": slip})


@require_http_methods(["GET", "POST"])
@requires(Permission.ISSUE_VISIT_CODE)
@of_patient
@once
def ticket(request: StaffRequest, patient: Patient) -> HttpResponse:
    """An 80 mm ticket with the code that is called today; POST gives the patient one first."""
    if request.method == "POST":
        issue_visit_code(patient=patient, actor=request.user)
        return redirect("patients:ticket", patient.code)
    slip = printing.print_ticket(patient=patient, actor=request.user)
    template = "crm/patients/ticket.html" if slip else "crm/patients/no_ticket.html"
    return render(request, template, {"patient": patient, "slip": slip})


@require_GET
@requires(Permission.ISSUE_VISIT_CODE)
@of_patient
def qr(request: StaffRequest, patient: Patient) -> HttpResponse:
    """The QR of the lasting code, or with ``?of=today`` of today's: an address of our own,
    because images from ``data:`` are closed by the content security policy."""
    today = request.GET.get("of") == "today"
    text = selectors.visit_code_today(patient, request.user) if today else ""
    drawing = BytesIO()
    # The quiet zone is part of the drawing: a label printer cuts close. No XML prolog, no styles.
    segno.make(text or patient.code, error="m", micro=False).save(
        drawing, kind="svg", border=2, xmldecl=False, omitsize=True
    )
    return HttpResponse(drawing.getvalue(), content_type="image/svg+xml")
