"""Door: the list of patients."""

from dataclasses import dataclass
from typing import Final, TypedDict
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from crm.patients.forms import FilterForm
from crm.patients.models import Patient
from crm.patients.selectors import CAP, Row
from crm.patients.services.viewing import Listing, list_patients
from crm.staff.guards import StaffRequest, requires
from crm.templatetags.sealed import masked_name
from crm.templatetags.suian import short
from crm.web.paging import SIZES, Page
from privacy.access.policy import Permission, can

USUAL_SIZE: Final = 50
TICKED: Final = ("mine", "alone")
STATE: Final = ("stage", "status", "since", "until", *TICKED)  # what an address says of a list


@dataclass(frozen=True)
class Chip:
    """One filter that is on, and the address without it."""

    label: str
    value: str
    without: str


def size_of(query: QueryDict) -> int:
    """20, 50 or 100 rows a page; 50 for anything else."""
    asked = query.get("size", "")
    return int(asked) if asked in {str(size) for size in SIZES} else USUAL_SIZE


def number_of(query: QueryDict, name: str = "page") -> int:
    """A positive number from the address; 1 for nonsense."""
    asked = query.get(name, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < len("1000000") else 1


def state_of(query: QueryDict) -> str:
    """The filters of an address alone, for links that keep them."""
    return urlencode([(name, query[name]) for name in STATE if query.get(name)])


class CappedPage(Page[Row]):
    """A page of a list that is counted up to CAP only."""

    capped = False


def page_of_listing(listing: Listing, size: int) -> CappedPage:
    """The listing as ``partials/_pager.html`` knows pages."""
    counted = range(min(listing.total, CAP))  # the paginator asks it for its length, no more
    page = CappedPage(listing.rows, listing.number, Paginator(counted, size))  # type: ignore[arg-type]  # rows are not the counted numbers
    page.capped = listing.capped
    return page


class Line(TypedDict):
    """One row as the page shows it. Words are looked up once a page, not once a row: a template
    that resolves, translates and reverses for each of fifty rows takes three times as long."""

    code: str
    href: str
    visit_code: str
    name: str
    stage: str
    tone: str
    status: str
    team: str
    registered: str
    shut: bool
    restricted: bool


def lines_of(listing: Listing, state: str, before: int, *, names: bool) -> list[Line]:
    """The rows in words. Names are masked here, against the receipt of the page's own event."""
    stages = {value: str(label) for value, label in Patient.Stage.choices}
    statuses = {value: str(label) for value, label in Patient.Status.choices}
    address = reverse("patients:page", args=["00000000"])
    query = f"{state}&" if state else ""
    return [
        Line(
            code=(code := row.code),
            href=_href(row, address.replace("00000000", code), f"{query}at={place}"),
            visit_code=row.visit_code,
            name=masked_name(row.name, listing.receipt) if names else "",
            stage=stages.get(row.stage, ""),
            tone="" if row.stage == Patient.Stage.CLOSED else " brand",
            status=statuses.get(row.status, ""),
            team="、".join(row.team),
            registered="" if row.shut else short(row.created_at),
            shut=row.shut and not row.restricted,
            restricted=row.restricted,
        )
        for place, row in enumerate(listing.rows, before + 1)
    ]


def _href(row: Row, address: str, query: str) -> str:
    """The page says of a restricted record that it is so; of a guarded patient there is none."""
    if row.restricted:
        return address
    return "" if row.shut else f"{address}?{query}"


@require_GET
@requires(Permission.VIEW_PATIENTS)
def patient_list(request: StaffRequest) -> HttpResponse:
    """Fifty codes a page, newest first; the address holds all of the list's state."""
    form = FilterForm(request.GET, staff=request.user)
    size = size_of(request.GET)
    listing = list_patients(
        staff=request.user, filters=form.filters(), number=number_of(request.GET), size=size
    )
    names = can(request.user, Permission.VIEW_CONTACT)
    before = (listing.number - 1) * size
    page = {
        "filter_form": form,
        "chips": _chips(request.GET, form),
        "page": page_of_listing(listing, size),
        "lines": lines_of(listing, state_of(request.GET), before, names=names),
        "shows_names": names,
        "may_register": can(request.user, Permission.REGISTER_PATIENT),
        "may_ask": can(request.user, Permission.ASK_ACCESS),
    }
    return render(request, "crm/patients/list.html", page)


def _chips(query: QueryDict, form: FilterForm) -> list[Chip]:
    chips = []
    for name in STATE:
        if not query.get(name) or name not in form.cleaned_data or form[name].errors:
            continue
        choices = dict(getattr(form.fields[name], "choices", ()))
        rest = query.copy()
        rest.pop(name)
        rest.pop("page", None)
        value = "" if name in TICKED else str(choices.get(query[name], query[name]))
        chips.append(Chip(str(form[name].label), value, rest.urlencode()))
    return chips
