"""Door: the search box. A POST, so that no term stands in an address, a log or a history."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from crm.patients.services.looking_up import TooManyLookups
from crm.search.forms import SearchForm
from crm.search.services import find
from crm.staff.guards import StaffRequest, requires
from privacy.access.policy import Permission, can


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@requires(Permission.SEARCH_PATIENTS)
def search(request: StaffRequest) -> HttpResponse:
    """One sure hit leads to the patient, a number to its document; several, or none, are a page."""
    form = SearchForm(request.POST or None)
    found = None
    if form.is_valid():
        try:
            found = find(text=form.cleaned_data["q"], staff=request.user)
        except TooManyLookups as error:
            told = {"too_many": str(error)}
            return render(request, "crm/search/search.html", told, status=429)
        if found.jump is not None:
            return redirect("patients:page", found.jump.code)
        if found.estimate is not None:
            one = found.estimate
            return redirect("consult:estimate-version", one.number, one.newest)
    page = {
        "found": found,
        "may_register": can(request.user, Permission.REGISTER_PATIENT),
    }
    return render(request, "crm/search/search.html", page)
