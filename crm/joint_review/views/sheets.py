"""Doors: the list of sheets, one sheet, what both sides do with it."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm.joint_review import grounds, rules, selectors, showing
from crm.joint_review.forms import ExtraForm, FilterForm
from crm.joint_review.models import ReviewSheet
from crm.joint_review.services import drawing, judging, looking, signing
from crm.joint_review.views.doors import asked_in, done, found_or_404, may_judge
from crm.staff.guards import StaffRequest, requires
from crm.staff.step_up import with_fresh_factor
from crm.trail.selectors import last_run
from crm.web.idempotency import once
from crm.web.paging import page_of
from privacy.access.policy import Permission, can
from privacy.audit.selectors import seal_status
from privacy.errors import DomainError


@require_GET
@requires(Permission.VIEW_REVIEW)
def overview(request: StaffRequest) -> HttpResponse:
    """Sheets with their state, the month day by day, trends, open findings."""
    looking.book_list(viewer=request.user)
    return _overview(request, ExtraForm())


def _overview(request: StaffRequest, form: ExtraForm, status: int = 200) -> HttpResponse:
    now, run = timezone.now(), last_run()
    rows = page_of(request, selectors.sheets_visible_to(request.user))
    month = rules.month_of(timezone.localdate())
    page = {
        "page": rows,
        "rows": [showing.shown(one, now) for one in rows.object_list],
        "missing": selectors.missing(request.user.clinic, now),
        "month": month,
        "blanks": range(month.begins.weekday()),
        "days": showing.days_of(month, run),
        "run": run,
        "status": seal_status(),
        "trends": showing.trends(request.user),
        "findings": selectors.open_findings(request.user),
        "form": form,
        "may_judge": may_judge(request),
    }
    return render(request, "crm/joint_review/list.html", page, status=status)


@require_POST
@requires(Permission.JUDGE_REVIEW)
@once
def draw(request: StaffRequest) -> HttpResponse:
    """Draw the oldest sheet that is missing, without waiting for the clock."""
    try:
        made, left = drawing.draw_next(actor=request.user)
        drawn = int(made is not None)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        words = ngettext("%(n)d sheet was drawn.", "%(n)d sheets were drawn.", drawn)
        more = ngettext("%(n)d more is missing.", "%(n)d more are missing.", left)
        told = [words % {"n": drawn}, more % {"n": left}]
        messages.success(request, " ".join(told if left else told[:1]))
    return redirect("review:list")


@require_POST
@requires(Permission.JUDGE_REVIEW)
@once
def draw_extra(request: StaffRequest) -> HttpResponse:
    """A sheet on an occasion."""
    form = ExtraForm(request.POST)
    if form.is_valid():
        try:
            made = drawing.draw_extra(actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The extra sheet was drawn."))
            return redirect("review:sheet", made.pk)
    return _overview(request, form, status=422)


@require_GET
@requires(Permission.VIEW_REVIEW)
def sheet(request: StaffRequest, sheet_id: UUID) -> HttpResponse:
    """One sheet: its events by filter, who signed, what was found."""
    form = FilterForm(request.GET)
    wanted = form.wanted()
    one = found_or_404(
        request,
        f"review:{sheet_id}",
        lambda: looking.open_sheet(viewer=request.user, sheet_id=sheet_id, wanted=wanted),
    )
    return _sheet(request, one, form, wanted)


def _sheet(
    request: StaffRequest, one: ReviewSheet, form: FilterForm, wanted: dict[str, str], **extra: Any
) -> HttpResponse:
    random = wanted["ground"] == rules.RANDOM
    page = page_of(request, showing.narrowed(one, wanted), size=100 if random else 50)
    items = showing.items_shown(page.object_list, request.user)
    side = rules.side_of(request.user.role)
    shown = showing.shown(one, timezone.now())
    context = {
        "one": shown,
        "sheet": one,
        "form": form,
        "wanted": wanted,
        "asked": urlencode({name: value for name, value in wanted.items() if value}),
        "page": page,
        "items": items,
        "batches": list(showing.batches(items)) if random else [],
        "random": random,
        "numbers": showing.numbers_of(one),
        "findings": selectors.findings_on(one, request.user),
        "unexamined": grounds.unexamined_on(one.counts),
        "views": selectors.views_of(request.user),
        "digest": rules.groups(_digest(shown)) if not shown.left else [],
        "judges": selectors.judges_on(one),
        "side": side.value if side else "",
        "may_judge": may_judge(request) and not shown.names,
        "may_sign": may_judge(request)
        and not shown.left
        and side
        and side.value not in shown.names,
        "may_verify": can(request.user, Permission.VERIFY_AUDIT),
        "take_over": may_judge(request) and not shown.names and selectors.can_take_over(one),
        **extra,
    }
    return render(request, "crm/joint_review/sheet.html", context)


def _digest(shown: showing.SheetShown) -> str:
    """What was signed, or would be now."""
    for one in shown.names.values():
        return one.digest
    return selectors.digest_of(shown.sheet)


@require_POST
@requires(Permission.JUDGE_REVIEW)
@once
def tick(request: StaffRequest, sheet_id: UUID) -> HttpResponse:
    """Random events in order, those that were ticked or a whole batch of one kind."""
    ids = _ids(request)
    try:
        number = found_or_404(
            request,
            f"review:{sheet_id}",
            lambda: judging.tick(sheet_id=sheet_id, actor=request.user, item_ids=ids),
        )
    except DomainError as error:
        messages.error(request, str(error))
    else:
        words = ngettext("%(n)d event is in order.", "%(n)d events are in order.", number)
        messages.success(request, words % {"n": number})
    return redirect(f"{reverse('review:sheet', args=[sheet_id])}?{urlencode(asked_in(request))}")


def _ids(request: HttpRequest) -> list[UUID]:
    """The items of a form; what is no id is passed over."""
    found = []
    for text in " ".join((*request.POST.getlist("item"), request.POST.get("batch", ""))).split():
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


@require_POST
@requires(Permission.JUDGE_REVIEW)
@once
def take_over(request: StaffRequest, sheet_id: UUID) -> HttpResponse:
    """Verdicts of the same events on signed sheets."""
    done(
        request,
        f"review:{sheet_id}",
        lambda: judging.take_over(sheet_id=sheet_id, actor=request.user),
        _("The verdicts of the signed sheets were taken over."),
    )
    return redirect("review:sheet", sheet_id)


@require_POST
@requires(Permission.JUDGE_REVIEW)
@with_fresh_factor()
@once
def sign(request: StaffRequest, sheet_id: UUID) -> HttpResponse:
    """The name of one side under the digest."""
    done(
        request,
        f"review:{sheet_id}",
        lambda: signing.sign(sheet_id=sheet_id, actor=request.user),
        _("You have signed this sheet."),
    )
    return redirect("review:sheet", sheet_id)


@require_POST
@requires(Permission.VIEW_REVIEW)
def verify(request: StaffRequest, sheet_id: UUID) -> HttpResponse:
    """Everything computed anew and compared; the answer stands on the sheet's page."""
    checked = found_or_404(
        request,
        f"review:{sheet_id}",
        lambda: signing.verify(sheet_id=sheet_id, actor=request.user),
    )
    form = FilterForm({})
    one = selectors.sheet_of(request.user, sheet_id)
    return _sheet(request, one, form, form.wanted(), checked=checked)


@require_GET
@requires(Permission.VIEW_REVIEW)
def print_sheet(request: StaffRequest, sheet_id: UUID) -> HttpResponse:
    """The sheet on A4 with digest and head, to be signed by hand: an anchor on paper."""
    one, digest = found_or_404(
        request,
        f"review:{sheet_id}",
        lambda: signing.print_sheet(sheet_id=sheet_id, viewer=request.user),
    )
    page = {
        "one": showing.shown(one, timezone.now()),
        "sheet": one,
        "digest": rules.groups(digest),
        "numbers": showing.numbers_of(one),
        "judges": selectors.judges_on(one),
        "findings": selectors.findings_on(one, request.user),
        "unexamined": grounds.unexamined_on(one.counts),
        "printed_at": timezone.now(),
    }
    return render(request, "crm/joint_review/print.html", page)
