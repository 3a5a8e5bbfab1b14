"""Doors: asking, deciding, breaking the glass, judging it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.access_requests import rules, selectors, showing
from crm.access_requests.forms import AskForm, BreakGlassForm, DecisionForm, LiftForm, VerdictForm
from crm.access_requests.models import AccessRequest
from crm.access_requests.services import asking, breaking, deciding
from crm.staff.finding import of_record
from crm.staff.guards import StaffRequest, requires
from crm.staff.selectors import staff_of_clinic
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from privacy.access.policy import Permission, can
from privacy.errors import DomainError
from privacy.pseudonyms.rules import parse_code


@require_GET
@requires(Permission.VIEW_ACCESS_REQUESTS)
def overview(request: StaffRequest) -> HttpResponse:
    """One's own requests, what waits for one's word, what is open, what is to be judged."""
    page = {
        "shown": showing.open_overview(staff=request.user),
        "may_ask": can(request.user, Permission.ASK_ACCESS),
        "may_break": can(request.user, Permission.BREAK_GLASS),
        "may_decide": can(request.user, Permission.DECIDE_ACCESS),
        "may_judge": can(request.user, Permission.JUDGE_BREAK_GLASS),
        "may_lift": can(request.user, Permission.LIFT_SUSPENSION),
    }
    return render(request, "crm/access_requests/overview.html", page)


@require_http_methods(["GET", "POST"])
@requires(Permission.ASK_ACCESS)
@once
def ask(request: StaffRequest) -> HttpResponse:
    """Ask to see patients. The answer is the same for codes that are nobody's (T18)."""
    first = {"until": timezone.localdate(), "codes": _code_in(request)}
    form = AskForm(request.POST or None, initial=first)
    if form.is_valid():
        try:
            made = asking.ask(actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            words = _("Asked for %(n)d. The care team of each patient decides.")
            messages.success(request, words % {"n": len(made)})
            return redirect("access:list")
    status = 422 if form.is_bound else 200
    return render(request, "crm/access_requests/ask.html", {"form": form}, status=status)


def _code_in(request: StaffRequest) -> str:
    """The code of the address ``?code=``, for renewing; "" for nonsense."""
    return parse_code(request.GET.get("code", "")) or ""


@require_POST
@requires(Permission.ASK_ACCESS)
@of_record(selectors.own_request, "request_id", "access")
@once
def withdraw(request: StaffRequest, asked: AccessRequest) -> HttpResponse:
    """Take one's own request back."""
    asking.withdraw(request=asked, actor=request.user)
    messages.success(request, _("The request was withdrawn."))
    return redirect("access:list")


@require_http_methods(["GET", "POST"])
@requires(Permission.DECIDE_ACCESS)
@of_record(selectors.shown_to, "request_id", "access")
@with_fresh_factor()
@once
def decide(request: StaffRequest, asked: AccessRequest) -> HttpResponse:
    """Who asks for whom and why; yes until a day, or no with a reason."""
    last = rules.last_day(asked.wanted_until, zone=timezone.get_current_timezone())
    form = DecisionForm(request.POST or None, initial={"until": last})
    form.fields["until"].widget.attrs |= {"min": f"{timezone.localdate()}", "max": f"{last}"}
    if form.is_valid():
        try:
            return _decided(request, asked, form)
        except DomainError as error:
            form.add_error(None, str(error))
    page = {
        "form": form,
        "one": showing.shown(asked, timezone.now()),
        "agreed": selectors.approvers_of(asked),
        "may_decide": selectors.decidable_by(request.user).filter(pk=asked.pk).exists(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "crm/access_requests/decide.html", page, status=status)


def _decided(request: StaffRequest, asked: AccessRequest, form: DecisionForm) -> HttpResponse:
    data = form.cleaned_data
    if data["decision"] == "refuse":
        deciding.refuse(request=asked, actor=request.user, reason=data["refusal"])
        messages.success(request, _("Refused. Who asked reads your reason."))
    elif deciding.approve(request=asked, actor=request.user, until=data["until"]).until:
        messages.success(request, _("Approved. It ends by itself."))
    else:
        messages.success(request, _("Noted. Another person has to agree as well."))
    return redirect("access:list")


@require_POST
@requires(Permission.DECIDE_ACCESS)
@of_record(selectors.ended_by, "request_id", "access")
@once
def end(request: StaffRequest, asked: AccessRequest) -> HttpResponse:
    """End what is open before its time."""
    deciding.end_early(request=asked, actor=request.user)
    messages.success(request, _("The access was ended."))
    return redirect("access:list")


@require_http_methods(["GET", "POST"])
@requires(Permission.BREAK_GLASS)
@with_fresh_factor()
@once
def break_glass(request: StaffRequest) -> HttpResponse:
    """Thirty minutes at once, and answering for it afterwards."""
    form = BreakGlassForm(request.POST or None, initial={"code": _code_in(request)})
    if form.is_valid():
        try:
            made = breaking.break_glass(actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("patients:page", made.code)
    page = {"form": form, "minutes": int(rules.BREAK_GLASS.total_seconds() // 60)}
    status = 422 if form.is_bound else 200
    return render(request, "crm/access_requests/break_glass.html", page, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.JUDGE_BREAK_GLASS)
@of_record(selectors.use_shown_to, "request_id", "access")
@with_fresh_factor()
@once
def judge(request: StaffRequest, use: AccessRequest) -> HttpResponse:
    """What was said, what was looked at, and the verdict."""
    form = VerdictForm(request.POST or None)
    if form.is_valid():
        try:
            breaking.judge(use=use, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The verdict is kept."))
            return redirect("access:list")
    page = {"form": form, "one": showing.shown(use, timezone.now())}
    status = 422 if form.is_bound else 200
    return render(request, "crm/access_requests/judge.html", page, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.LIFT_SUSPENSION)
@with_fresh_factor()
@once
def lift(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Give the right to break the glass back, with a reason."""
    person = get_object_or_404(staff_of_clinic(request.user), pk=staff_id)
    form = LiftForm(request.POST or None)
    if form.is_valid():
        try:
            breaking.lift_suspension(person=person, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Break-glass was given back."))
            return redirect("access:list")
    page = {"form": form, "person": person, "suspended": selectors.is_suspended(person)}
    status = 422 if form.is_bound else 200
    return render(request, "crm/access_requests/lift.html", page, status=status)
