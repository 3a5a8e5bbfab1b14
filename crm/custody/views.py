"""Doors: the keys, for the security administrator; the auditor reads along. No secret passes."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.custody import services
from crm.custody.forms import ZoneForm
from crm.staff.guards import StaffRequest, requires
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from privacy.access.policy import Permission, can
from privacy.errors import DomainError


@require_GET
@requires(Permission.VIEW_KEYS)
def keys(request: StaffRequest) -> HttpResponse:
    """Versions, progress, restores, papers, erasures: numbers and days."""
    page = {
        "keys": services.open_keys(actor=request.user),
        "may_manage": can(request.user, Permission.MANAGE_KEYS),
    }
    return render(request, "crm/custody/keys.html", page)


@require_POST
@requires(Permission.MANAGE_KEYS)
@with_fresh_factor()
@once
def rotate(request: StaffRequest) -> HttpResponse:
    """A new version of one zone's key."""
    form = ZoneForm(request.POST)
    if not form.is_valid():
        raise BadRequest("no such zone")
    try:
        made = services.rotate(zone=form.cleaned_data["zone"], actor=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(version)s seals from now on.") % {"version": made})
    return redirect("custody:keys")


@require_POST
@requires(Permission.MANAGE_KEYS)
@with_fresh_factor()
@once
def rewrap(request: StaffRequest) -> HttpResponse:
    """A portion of the data keys under the active version."""
    done, left = services.rewrap(actor=request.user)
    words = _("%(done)d data keys were wrapped anew, %(left)d are left.")
    messages.success(request, words % {"done": done, "left": left})
    return redirect("custody:keys")


@require_POST
@requires(Permission.MANAGE_KEYS)
@with_fresh_factor()
@once
def retire(request: StaffRequest) -> HttpResponse:
    """End old versions that nothing uses."""
    number = services.retire(actor=request.user)
    messages.success(request, _("%(number)d versions were retired.") % {"number": number})
    return redirect("custody:keys")
