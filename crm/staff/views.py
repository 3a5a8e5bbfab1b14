"""Doors: signing in and out; the own account and its tokens; the staff list."""

from datetime import timedelta
from uuid import UUID

import segno
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.staff import api_docs, demo, selectors, services
from crm.staff.forms import AccountForm, KeysForm, PasswordForm, SignInForm, TokenForm
from crm.staff.guards import StaffRequest, public, requires, signed_in
from crm.staff.middleware import client_ip, start_session
from crm.web.idempotency import once
from privacy.access.policy import Permission, can
from privacy.errors import DomainError


def _next_url(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else resolve_url("/")


@public("staff sign in here")
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Password and one-time code; in the demo clinic also one click an account."""
    if request.user.is_authenticated:
        return redirect(_next_url(request))
    in_demo = demo.is_demo(request)
    filled = demo.prefill(request.GET.get("as", "")) if in_demo else None
    form = SignInForm(request.POST or None)
    if form.is_valid():
        try:
            user = services.sign_in(**form.cleaned_data, ip=client_ip(request))
        except services.SignInLocked as error:
            form.add_error(None, str(error))
            return _page(request, form, filled, in_demo=in_demo, status=429)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            login(request, user, backend="crm.staff.backends.StaffBackend")
            start_session(request)
            return redirect(_next_url(request))
    return _page(request, form, filled, in_demo=in_demo, status=422 if form.is_bound else 200)


def _page(
    request: HttpRequest,
    form: SignInForm,
    filled: demo.Prefill | None,
    *,
    in_demo: bool,
    status: int,
) -> HttpResponse:
    if filled and not form.is_bound:
        form.initial = {"staff_no": filled.staff_no, "code": filled.code}
        form.fields["password"].widget.render_value = True
        form.initial["password"] = filled.password
    page = {
        "form": form,
        "next": _next_url(request),
        "demo_accounts": demo.demo_accounts() if in_demo else [],
        "filled": filled,
    }
    return render(request, "crm/staff/sign_in.html", page, status=status)


@signed_in
@require_POST
def sign_out(request: StaffRequest) -> HttpResponse:
    """End the session and ask the browser to forget what it holds (R35)."""
    services.book_sign_out(user=request.user)
    logout(request)
    response = redirect("staff:sign-in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@signed_in
@require_http_methods(["GET", "POST"])
@once
def account(request: StaffRequest) -> HttpResponse:
    """The own account: a new password."""
    form = PasswordForm(request.POST or None)
    if form.is_valid():
        old, new = form.cleaned_data["old"], form.cleaned_data["new"]
        try:
            services.change_password(user=request.user, old=old, new=new, ip=client_ip(request))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            update_session_auth_hash(request, request.user)  # ends the other sessions only
            messages.success(request, _("The password was changed. Other sessions have ended."))
            return redirect("staff:account")
    page = {"form": form, "keys": KeysForm({"single_keys": request.user.single_keys})}
    return render(request, "crm/staff/account.html", page, status=422 if form.is_bound else 200)


@signed_in
@require_POST
def keys(request: StaffRequest) -> HttpResponse:
    """Single-key shortcuts on or off."""
    form = KeysForm(request.POST)
    on = form.is_valid() and form.cleaned_data["single_keys"]
    services.set_single_keys(user=request.user, on=on)
    return redirect("staff:account")


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_TOKENS)
@once
def tokens(request: StaffRequest) -> HttpResponse:
    """The own API tokens; a new one shows its secret this once."""
    form = TokenForm(request.user, request.POST or None)
    secret = ""
    if form.is_valid():
        wanted = form.cleaned_data
        try:
            _token, secret = services.issue_token(
                user=request.user,
                name=wanted["name"],
                scopes=[Permission(scope) for scope in wanted["scopes"]],
                lifetime=timedelta(days=wanted["days"]),
            )
        except DomainError as error:
            form.add_error(None, str(error))
    page = {
        "form": TokenForm(request.user) if secret else form,
        "secret": secret,
        "tokens": selectors.tokens_of(request.user),
    }
    status = 422 if form.is_bound and not secret else 200
    return render(request, "crm/staff/tokens.html", page, status=status)


@require_POST
@requires(Permission.MANAGE_TOKENS)
def revoke_token(request: StaffRequest, token_id: UUID) -> HttpResponse:
    """Stop an own token for good."""
    token = get_object_or_404(selectors.tokens_of(request.user), pk=token_id)
    services.revoke_token(token=token, actor=request.user)
    return redirect("staff:tokens")


@require_GET
@requires(Permission.VIEW_STAFF)
def staff_list(request: StaffRequest) -> HttpResponse:
    """Everybody with an account here, and who may what."""
    return render(
        request,
        "crm/staff/list.html",
        {
            "staff": services.open_staff_list(viewer=request.user),
            "may_manage": can(request.user, Permission.MANAGE_STAFF),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_STAFF)
@once
def open_account(request: StaffRequest) -> HttpResponse:
    """A new account; first password and second factor are shown this once."""
    form = AccountForm(request.POST or None)
    if form.is_valid():
        password = services.new_password()
        try:
            user, seed = services.open_account(
                clinic=request.user.clinic,
                **form.cleaned_data,
                password=password,
                actor=request.user,
            )
        except DomainError as error:
            form.add_error("staff_no", str(error))
        else:
            uri = services.second_factor_uri(user=user, seed=seed)
            qr = segno.make(uri, error="m").svg_inline(scale=4, light="#fff", border=3)
            page = {"person": user, "password": password, "qr": qr, "uri": uri}
            return render(request, "crm/staff/opened.html", page)
    status = 422 if form.is_bound else 200
    return render(request, "crm/staff/open_account.html", {"form": form}, status=status)


@require_POST
@requires(Permission.MANAGE_STAFF)
def suspend(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Close an account at once."""
    person = get_object_or_404(selectors.staff_of_clinic(request.user), pk=staff_id)
    services.suspend_account(user=person, actor=request.user)
    messages.success(request, _("The account was suspended. Its sessions and tokens have ended."))
    return redirect("staff:list")


@signed_in
@require_GET
def docs(request: StaffRequest) -> HttpResponse:
    """The API in one readable page, made from its own schema."""
    return render(request, "crm/staff/api_docs.html", {"groups": api_docs.groups()})
