"""Doors: one event under review, and its finding."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.joint_review import selectors, showing
from crm.joint_review.forms import AnswerForm, AssignForm, CloseForm, FilterForm, FindingForm
from crm.joint_review.models import ReviewFinding, ReviewItem
from crm.joint_review.services import judging, looking, tickets
from crm.joint_review.views.doors import asked_in, done, found_or_404, may_judge
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from privacy.access.policy import Permission, can


@require_GET
@requires(Permission.VIEW_REVIEW)
def item(request: StaffRequest, item_id: UUID) -> HttpResponse:
    """One event under review."""
    return _item(request, item_id, FindingForm())


@require_POST
@requires(Permission.JUDGE_REVIEW)
@once
def judge(request: StaffRequest, item_id: UUID) -> HttpResponse:
    """In order or not; then on to the next event that waits."""
    verdict = request.POST.get("verdict", "")
    form = FindingForm(request.POST)
    if verdict != ReviewItem.Verdict.IN_ORDER:
        verdict = ReviewItem.Verdict.FINDING
        if not form.is_valid():
            return _item(request, item_id, form, status=422)
    text = form.cleaned_data["text"] if verdict == ReviewItem.Verdict.FINDING else ""
    made = done(
        request,
        f"review-item:{item_id}",
        lambda: judging.judge(item_id=item_id, actor=request.user, verdict=verdict, text=text),
        _("Noted."),
    )
    asked = asked_in(request)
    if made is None:
        return redirect(f"{reverse('review:item', args=[item_id])}?{urlencode(asked)}")
    wanted = FilterForm(request.GET).wanted()
    further = showing.next_open(made, wanted, request.user)
    if further is None:
        return redirect("review:sheet", made.sheet_id)
    return redirect(f"{reverse('review:item', args=[further])}?{urlencode(asked)}")


def _item(
    request: StaffRequest, item_id: UUID, form: FindingForm, status: int = 200
) -> HttpResponse:
    one = found_or_404(
        request,
        f"review-item:{item_id}",
        lambda: looking.open_item(viewer=request.user, item_id=item_id),
    )
    (shown,) = showing.items_shown([one], request.user)
    before, after = showing.around(one, FilterForm(request.GET).wanted())
    context = {
        "shown": shown,
        "item": one,
        "row": shown.row,
        "sheet": one.sheet,
        "before": before,
        "after": after,
        "asked": urlencode(asked_in(request)),
        "form": form,
        "may_judge": may_judge(request) and shown.mine and not one.sheet.signatures.exists(),
    }
    return render(request, "crm/joint_review/item.html", context, status=status)


@require_GET
@requires(Permission.VIEW_REVIEW)
def finding(request: StaffRequest, finding_id: UUID) -> HttpResponse:
    """One finding: what was found, answered, done."""
    return _finding(request, finding_id)


def _finding(
    request: StaffRequest,
    finding_id: UUID,
    *,
    answer_form: AnswerForm | None = None,
    close_form: CloseForm | None = None,
    assign_form: AssignForm | None = None,
) -> HttpResponse:
    one = found_or_404(
        request,
        f"finding:{finding_id}",
        lambda: looking.open_finding(viewer=request.user, finding_id=finding_id),
    )
    (shown,) = showing.items_shown([one.item], request.user)
    bound = answer_form or close_form or assign_form
    about_me = one.item.actor == request.user.pk
    context = {
        "finding": one,
        "item": one.item,
        "shown": shown,
        "row": shown.row,
        "sheet": one.item.sheet,
        "answer_form": answer_form or AnswerForm(),
        "close_form": close_form or CloseForm(),
        "assign_form": assign_form or _assign_form(one),
        "form": bound,
        "may_judge": may_judge(request),
        "may_answer": may_judge(request)
        and one.state != one.State.CLOSED
        and (one.stated_at if about_me else one.answered_at) is None,
        "may_assign": may_judge(request) and one.state != one.State.CLOSED and not about_me,
        "may_close": may_judge(request) and shown.mine,
        "may_open_incident": can(request.user, Permission.VIEW_ALERTS),
    }
    return render(request, "crm/joint_review/finding.html", context, status=422 if bound else 200)


@require_POST
@requires(Permission.JUDGE_REVIEW)
@once
def answer(request: StaffRequest, finding_id: UUID) -> HttpResponse:
    """What was answered."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _finding(request, finding_id, answer_form=form)
    done(
        request,
        f"finding:{finding_id}",
        lambda: tickets.answer(
            finding_id=finding_id, actor=request.user, text=form.cleaned_data["text"]
        ),
        _("The answer is noted."),
    )
    return redirect("review:finding", finding_id)


def _assign_form(one: ReviewFinding, data: QueryDict | None = None) -> AssignForm:
    now = {"owner": one.owner_id, "due_on": one.due_on}
    return AssignForm(data, initial=now, owners=selectors.owners_for(one))


@require_POST
@requires(Permission.JUDGE_REVIEW)
@once
def assign(request: StaffRequest, finding_id: UUID) -> HttpResponse:
    """Who sees to it, and until when."""
    target = f"finding:{finding_id}"
    one = found_or_404(request, target, lambda: selectors.finding_of(request.user, finding_id))
    form = _assign_form(one, request.POST)
    if not form.is_valid():
        return _finding(request, finding_id, assign_form=form)
    done(
        request,
        target,
        lambda: tickets.assign(finding_id=finding_id, actor=request.user, **form.cleaned_data),
        _("It is noted who sees to it."),
    )
    return redirect("review:finding", finding_id)


@require_POST
@requires(Permission.JUDGE_REVIEW)
@once
def close(request: StaffRequest, finding_id: UUID) -> HttpResponse:
    """What came of it."""
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _finding(request, finding_id, close_form=form)
    done(
        request,
        f"finding:{finding_id}",
        lambda: tickets.close(
            finding_id=finding_id, actor=request.user, text=form.cleaned_data["text"]
        ),
        _("The finding is closed."),
    )
    return redirect("review:finding", finding_id)


@require_POST
@requires(Permission.JUDGE_REVIEW)
@once
def incident(request: StaffRequest, finding_id: UUID) -> HttpResponse:
    """An incident of it, with one tap."""
    made = done(
        request,
        f"finding:{finding_id}",
        lambda: tickets.make_incident(finding_id=finding_id, actor=request.user),
        _("The incident is open, and its clocks run."),
    )
    if made is not None and can(request.user, Permission.VIEW_ALERTS):
        return redirect("incidents:page", made.pk)
    return redirect("review:finding", finding_id)
