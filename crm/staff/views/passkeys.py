"""Doors: asking for a passkey, keeping one, revoking one."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.staff import challenges, passkeys
from crm.staff.forms import PasskeyForm
from crm.staff.guards import StaffRequest, public, signed_in
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from privacy.errors import DomainError


@public("who signs in by passkey gets the challenge here; it tells nothing of anybody")
@require_POST
def ask_stranger(request: HttpRequest) -> HttpResponse:
    """Options for signing in, the same for known and unknown people."""
    options = partial(_assertion, request)
    return challenges.ask(request, challenges.SIGN_IN, options)


@signed_in
@require_POST
def ask_confirm(request: StaffRequest) -> HttpResponse:
    """Options for showing the second factor once more."""
    return challenges.ask(request, challenges.CONFIRM, partial(_assertion, request))


@signed_in
@require_POST
@with_fresh_factor(full=True)
def ask_register(request: StaffRequest) -> HttpResponse:
    """Options for making a new passkey; a device makes none that nobody would keep."""
    return challenges.ask(
        request,
        challenges.REGISTER,
        lambda challenge: passkeys.registration_options(
            user=request.user, site=challenges.site_of(request), challenge=challenge
        ),
    )


@signed_in
@require_http_methods(["GET", "POST"])
@with_fresh_factor(full=True)
@once
def add(request: StaffRequest) -> HttpResponse:
    """The page that asks the device; and to keep what it made."""
    form = PasskeyForm(request.POST or None)
    if form.is_valid():
        answer = challenges.taken(request, challenges.REGISTER, request.POST.get("passkey", ""))
        try:
            passkeys.register(user=request.user, name=form.cleaned_data["name"], answer=answer)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The passkey was added."))
            return redirect("staff:account")
    page = {"form": form, "able": challenges.possible(request)}
    return render(request, "crm/staff/passkey.html", page, status=422 if form.is_bound else 200)


@signed_in
@require_POST
@with_fresh_factor(full=True)
def revoke(request: StaffRequest, passkey_id: UUID) -> HttpResponse:
    """Stop one of the own passkeys."""
    passkeys.revoke(user=request.user, passkey_id=passkey_id)
    messages.success(request, _("The passkey was revoked."))
    return redirect("staff:account")


def _assertion(request: HttpRequest, challenge: bytes) -> str:
    return passkeys.assertion_options(site=challenges.site_of(request), challenge=challenge)
