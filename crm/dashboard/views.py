"""Door: everybody's first page after signing in."""

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from crm.dashboard.homes import HOMES
from crm.scheduling.views.day import board
from crm.staff.guards import StaffRequest, signed_in
from crm.web.nav import url_or_none
from privacy.access.policy import Permission, can, is_cleared


@signed_in
@require_GET
def home(request: StaffRequest) -> HttpResponseBase:
    """The desk's board for those who receive patients; for the others their most useful page."""
    if can(request.user, Permission.ISSUE_VISIT_CODE):
        return board(request)
    if not is_cleared(request.user):
        return redirect("clearance:own")  # the pages below would refuse
    for name in HOMES.get(request.user.role, ()):
        if url := url_or_none(name):
            return redirect(url)
    return render(request, "crm/dashboard/home.html")
