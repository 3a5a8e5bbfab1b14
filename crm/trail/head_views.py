"""Doors: what people outside keep of the trail, and the comparison with it."""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from crm.staff.guards import StaffRequest, requires
from crm.trail import head_copies, selectors
from crm.trail.forms import KeptHeadForm
from crm.trail.time_stamps import REPLY
from privacy.access.policy import Permission, can
from privacy.audit.anchors import Anchor
from privacy.audit.selectors import newest_head


@require_GET
@requires(Permission.VIEW_AUDIT)
def heads(request: StaffRequest) -> HttpResponse:
    """Who has which head, and a form for one that somebody kept."""
    return _page(request, KeptHeadForm())


@require_POST
@requires(Permission.VIEW_AUDIT)
def compare(request: StaffRequest) -> HttpResponse:
    """Does the trail have the head that was typed?"""
    form = KeptHeadForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    kept = form.cleaned_data["head"]
    return _page(request, form, kept, agrees=head_copies.compare(viewer=request.user, kept=kept))


def _page(
    request: StaffRequest,
    form: KeptHeadForm,
    kept: Anchor | None = None,
    *,
    agrees: bool = False,
    status: int = 200,
) -> HttpResponse:
    newest = newest_head()
    page = {
        "form": form,
        "kept": kept,
        "agrees": agrees,
        "beyond": kept and (newest is None or kept.number > newest.number),
        "copies": selectors.head_copies(),
        "may_export": can(request.user, Permission.EXPORT_AUDIT),
        "mailed_to": len(settings.AUDIT_HEAD_MAIL_TO),
        "authority": settings.AUDIT_TSA_URL,
    }
    return render(request, "crm/trail/heads.html", page, status=status)


@require_GET
@requires(Permission.EXPORT_AUDIT)
def token(request: StaffRequest, copy_id: UUID) -> HttpResponse:
    """The authority's answer as a file, for any program that reads RFC 3161."""
    row = head_copies.take_stamp(viewer=request.user, copy_id=copy_id)
    if row is None:
        raise Http404
    name = f"head-{row.number}.tsr"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(bytes(row.token), content_type=REPLY, headers=headers)
