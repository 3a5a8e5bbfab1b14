"""Doors: findings about what somebody did, for that person and for whoever sees to them."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.joint_review.forms import OwnWordForm
from crm.joint_review.own_findings import own_shown
from crm.joint_review.services import looking, tickets
from crm.joint_review.views.doors import done, found_or_404
from crm.staff.guards import StaffRequest, signed_in
from crm.web.idempotency import once


@require_GET
@signed_in
def findings(request: StaffRequest) -> HttpResponse:
    """All of them, newest first."""
    found = own_shown(looking.list_own(viewer=request.user), request.user)
    return render(request, "crm/joint_review/own_list.html", {"rows": found})


@require_GET
@signed_in
def finding(request: StaffRequest, own_finding_id: UUID) -> HttpResponse:
    """One: what was done, found and said; nothing of the sheet around it."""
    return _finding(request, own_finding_id, OwnWordForm())


def _finding(
    request: StaffRequest, finding_id: UUID, form: OwnWordForm, status: int = 200
) -> HttpResponse:
    one = found_or_404(
        request,
        f"finding:{finding_id}",
        lambda: looking.open_own(viewer=request.user, finding_id=finding_id),
    )
    (shown,) = own_shown([one], request.user)
    page = {"one": shown, "finding": one, "form": form}
    return render(request, "crm/joint_review/own_finding.html", page, status=status)


@require_POST
@signed_in
@once
def answer(request: StaffRequest, own_finding_id: UUID) -> HttpResponse:
    """The own word, once."""
    form = OwnWordForm(request.POST)
    if not form.is_valid():
        return _finding(request, own_finding_id, form, status=422)
    done(
        request,
        f"finding:{own_finding_id}",
        lambda: tickets.answer_own(
            finding_id=own_finding_id, actor=request.user, text=form.cleaned_data["text"]
        ),
        _("The answer is noted."),
    )
    return redirect("review:own-finding", own_finding_id)
