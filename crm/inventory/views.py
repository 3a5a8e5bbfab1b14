"""Doors: what the clinic holds, field by field. No value of anybody passes here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from crm.inventory import services
from crm.inventory.forms import InventoryForm
from crm.staff.guards import StaffRequest, requires
from crm.staff.step_up import with_fresh_factor
from crm.web.paging import page_of
from privacy.access.policy import Permission

ROWS = 100


def _asked(request: HttpRequest) -> tuple[InventoryForm, dict[str, str]]:
    form = InventoryForm(request.GET)
    return form, form.cleaned_data if form.is_valid() else {}


@require_GET
@requires(Permission.VIEW_INVENTORY)
def inventory(request: StaffRequest) -> HttpResponse:
    """The inventory; ``?data_class=&package=`` narrow it."""
    form, asked = _asked(request)
    found = services.open_inventory(viewer=request.user, **asked)
    page = {"form": form, "page": page_of(request, found, size=ROWS)}
    return render(request, "crm/inventory/list.html", page)


@require_POST
@requires(Permission.VIEW_INVENTORY)
@with_fresh_factor()
def export(request: StaffRequest) -> HttpResponse:
    """The narrowed inventory as CSV."""
    _form, asked = _asked(request)
    return HttpResponse(
        services.export(viewer=request.user, **asked),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="data-inventory.csv"'},
    )
