"""Doors: the second factor once more, and recovery codes."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from crm.staff import recovery, step_up
from crm.staff.guards import StaffRequest, signed_in
from crm.web.idempotency import once


@signed_in
@require_http_methods(["GET", "POST"])
def confirm(request: StaffRequest) -> HttpResponse:
    """Show the second factor and go back to where one was."""
    return step_up.confirm_page(request)


@signed_in
@require_POST
@step_up.with_fresh_factor(full=True)
@once
def recovery_codes(request: StaffRequest) -> HttpResponse:
    """Ten new recovery codes on a sheet, this once; the earlier ones are void."""
    codes = recovery.make_codes(user=request.user)
    page = {"codes": codes, "made_at": timezone.now()}
    return render(request, "crm/staff/recovery_codes.html", page)
