"""Doors: setting up a second factor, for whoever came with password and enrolment code."""

from typing import Final

import segno
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crm.staff import enrolment, selectors, services
from crm.staff.forms import EnrolForm
from crm.staff.guards import StaffRequest, public, requires
from crm.staff.middleware import client_ip, start_session
from crm.staff.models import User
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from privacy.access.policy import Permission
from privacy.errors import DomainError

BACKEND: Final = "crm.staff.backends.StaffBackend"
ENROLLING: Final = "enrolling"  # the device, in a stranger's session, which lives 15 minutes


def begin(request: HttpRequest, user: User) -> HttpResponse:
    """Lead on to the enrolment page, for this session alone."""
    request.session[ENROLLING] = str(enrolment.begin(user=user).pk)
    request.session.cycle_key()
    return redirect("staff:enrol")


@public("who comes with password and enrolment code sets up the second factor here")
@never_cache
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """The QR code, drawn here, and the first code of the app; then the person is signed in."""
    device = enrolment.waiting(request.session.get(ENROLLING, ""))
    if device is None:
        return redirect("staff:sign-in")
    user, uri = device.user, enrolment.uri_of(device)
    form = EnrolForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            enrolment.confirm(device=device, code=form.cleaned_data["code"], ip=client_ip(request))
        except services.SignInLocked as error:
            form.add_error(None, str(error))
            status = 429
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            del request.session[ENROLLING]
            login(request, user, backend=BACKEND)
            start_session(request)
            messages.success(request, _("The second factor is set up. Now make recovery codes."))
            return redirect("staff:account")
    qr = segno.make(uri, error="m").svg_inline(scale=4, light="#fff", border=3)
    page = {"form": form, "person": user, "qr": qr, "uri": uri}
    page["secret"] = enrolment.secret_of(device)
    return render(request, "crm/staff/enrol.html", page, status=status)


@require_http_methods(["POST"])
@requires(Permission.RESET_FACTORS)
@with_fresh_factor()
@once
def reset(request: StaffRequest, staff_id: str) -> HttpResponse:
    """Take away somebody's second factor; the enrolment code is shown this once."""
    person = get_object_or_404(selectors.staff_of_clinic(request.user), pk=staff_id)
    code = enrolment.reset(user=person, actor=request.user)
    page = {"person": person, "enrolment_code": code}
    return render(request, "crm/staff/opened.html", page)
