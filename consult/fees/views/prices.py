"""Doors: the price book."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from consult.fees import price_book, selectors
from consult.fees.forms import PriceForm, ReplacePriceForm
from consult.fees.models import PriceItem
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from crm.web.paging import page_of
from privacy.access.policy import Permission, can
from privacy.errors import DomainError

ROWS = 100


@require_GET
@requires(Permission.VIEW_ESTIMATES)
def prices(request: StaffRequest) -> HttpResponse:
    """Prices in force and to come; ``?all=1`` with those of the past."""
    today = timezone.localdate()
    everything = request.GET.get("all") == "1"
    rows = selectors.prices_of(request.user)
    if not everything:
        rows = selectors.not_past(rows, today)
    context = {
        "page": page_of(request, rows, size=ROWS),
        "today": today,
        "everything": everything,
        "may_edit": can(request.user, Permission.EDIT_PRICES),
    }
    return render(request, "consult/fees/prices.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_PRICES)
@once
def add(request: StaffRequest) -> HttpResponse:
    """A new item."""
    form = PriceForm(request.POST or None, initial={"effective_from": timezone.localdate()})
    if form.is_valid():
        try:
            price_book.add_price(price=form.save(commit=False), actor=request.user)
        except DomainError as error:
            form.add_error("code", str(error))
        else:
            messages.success(request, _("The item is in the price book."))
            return redirect("consult:prices")
    status = 422 if form.is_bound else 200
    return render(request, "consult/fees/price_form.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_PRICES)
def replace(request: StaffRequest, price_id: UUID) -> HttpResponseBase:
    """The next price of an item, from a day on."""
    try:
        price = selectors.price_by_id(request.user, price_id)
    except PriceItem.DoesNotExist:
        raise Http404 from None
    return _replace(request, price)


@once
def _replace(request: StaffRequest, price: PriceItem) -> HttpResponse:
    form = ReplacePriceForm(request.POST or None, initial={"effective_from": timezone.localdate()})
    if form.is_valid():
        try:
            price_book.replace_price(price=price, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error("effective_from", str(error))
        else:
            messages.success(request, _("The new price is in the price book."))
            return redirect("consult:prices")
    context = {"form": form, "price": price}
    status = 422 if form.is_bound else 200
    return render(request, "consult/fees/price_form.html", context, status=status)
