"""Door: what no one person does both of, and where somebody did."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from crm.separation import services
from crm.staff.guards import StaffRequest, requires
from privacy.access.policy import Permission


@require_GET
@requires(Permission.VIEW_SEPARATION)
def overview(request: StaffRequest) -> HttpResponse:
    """The table of pairs, the last search, and what it found in 90 days."""
    page = {"report": services.open_page(viewer=request.user)}
    return render(request, "crm/separation/overview.html", page)
