"""Doors: filters that somebody named."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.joint_review.forms import ViewForm
from crm.joint_review.services import looking
from crm.joint_review.views.doors import done
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from privacy.access.policy import Permission


@require_POST
@requires(Permission.VIEW_REVIEW)
@once
def keep_view(request: StaffRequest) -> HttpResponse:
    """Keep the filters in use under a name."""
    form = ViewForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a filter first, and give the view a name."))
    else:
        done(
            request,
            "review:view",
            lambda: looking.keep_view(staff=request.user, **form.cleaned_data),
            _("The view is kept."),
        )
    return redirect(_back(request))


@require_POST
@requires(Permission.VIEW_REVIEW)
@once
def drop_view(request: StaffRequest, view_id: UUID) -> HttpResponse:
    """Forget a view."""
    done(
        request,
        "review:view",
        lambda: looking.drop_view(staff=request.user, view_id=view_id),
        _("The view is dropped."),
    )
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """To the sheet the form came from, if it names one."""
    try:
        return reverse("review:sheet", args=[UUID(request.POST.get("sheet", ""))])
    except ValueError:
        return reverse("review:list")
