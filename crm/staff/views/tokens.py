"""Doors: the own API tokens, and the page about the API."""

from datetime import timedelta
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.staff import api_docs, selectors, services
from crm.staff.forms import TokenForm
from crm.staff.guards import StaffRequest, requires, signed_in
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from privacy.access.policy import Permission
from privacy.errors import DomainError


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_TOKENS)
@with_fresh_factor()
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


@signed_in
@require_GET
def docs(request: StaffRequest) -> HttpResponse:
    """The API in one readable page, made from its own schema."""
    return render(request, "crm/staff/api_docs.html", {"groups": api_docs.groups()})
