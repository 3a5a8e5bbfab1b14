"""Doors: honey records, for the security administrator; the auditor reads along."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.honey import services
from crm.honey.forms import PlantForm
from crm.honey.models import HoneyRecord
from crm.staff.finding import not_found
from crm.staff.guards import StaffRequest, requires
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from privacy.access.policy import Permission, can


@require_GET
@requires(Permission.VIEW_HONEY)
def honey(request: StaffRequest) -> HttpResponse:
    """Which records are invented, since when, and who last went for them."""
    return _page(request, PlantForm())


def _page(request: StaffRequest, form: PlantForm) -> HttpResponse:
    page = {
        "watches": services.open_list(viewer=request.user),
        "form": form,
        "may_plant": can(request.user, Permission.PLANT_HONEY),
    }
    return render(request, "crm/honey/list.html", page, status=422 if form.is_bound else 200)


@require_POST
@requires(Permission.PLANT_HONEY)
@with_fresh_factor()
@once
def plant(request: StaffRequest) -> HttpResponse:
    """Invent some patients."""
    form = PlantForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    number = services.plant(number=form.cleaned_data["number"], actor=request.user)
    messages.success(request, _("Planted: %(n)d.") % {"n": number})
    return redirect("honey:list")


@require_POST
@requires(Permission.PLANT_HONEY)
@with_fresh_factor()
@once
def retire(request: StaffRequest, honey_id: UUID) -> HttpResponse:
    """Have one watch no longer."""
    try:
        services.retire(record_id=honey_id, actor=request.user)
    except HoneyRecord.DoesNotExist as error:
        raise not_found(request, f"honey:{honey_id}") from error
    messages.success(request, _("The record watches no longer."))
    return redirect("honey:list")
