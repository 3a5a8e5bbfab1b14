"""Doors: the clinic's own licences."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.clearance import selectors
from crm.clearance.clinic_licences import record_clinic_licence, withdraw_clinic_licence
from crm.clearance.forms import ClinicLicenceForm
from crm.staff.finding import not_found
from crm.staff.guards import StaffRequest, requires
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from privacy.access.policy import Permission
from privacy.errors import DomainError


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
@with_fresh_factor()
@once
def licences(request: StaffRequest) -> HttpResponse:
    """What the clinic holds and held, and a form for one more."""
    form = ClinicLicenceForm(request.POST or None)
    if form.is_valid():
        try:
            record_clinic_licence(actor=request.user, **form.facts())
        except DomainError as error:
            form.add_error("valid_until", str(error))
        else:
            messages.success(request, _("The clinic's licence was recorded."))
            return redirect("clearance:clinic-licences")
    page = {
        "form": form,
        "licences": selectors.licences_of_clinic(request.user),
        "today": timezone.localdate(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "crm/clearance/clinic_licences.html", page, status=status)


@require_POST
@requires(Permission.MANAGE_STAFF)
@with_fresh_factor()
@once
def withdraw(request: StaffRequest, clinic_licence_id: UUID) -> HttpResponse:
    """A licence of the clinic counts no longer."""
    licence = selectors.licences_of_clinic(request.user).filter(pk=clinic_licence_id).first()
    if licence is None:
        raise not_found(request, f"clinic_licence:{clinic_licence_id}")
    withdraw_clinic_licence(licence=licence, actor=request.user)
    messages.success(request, _("The clinic's licence counts no longer."))
    return redirect("clearance:clinic-licences")
