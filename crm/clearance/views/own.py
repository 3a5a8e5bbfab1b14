"""Doors: the own clearance: what is missing, documents to sign, trainings and their tests."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.clearance import rules, selectors, services
from crm.clearance.courses import ALL, RIGHT, Question
from crm.clearance.forms import AnswersForm
from crm.clearance.models import Document, Sitting
from crm.clearance.views.showing import rows_of
from crm.staff.finding import not_found
from crm.staff.guards import StaffRequest, signed_in
from crm.staff.step_up import with_fresh_factor
from crm.web.idempotency import once
from privacy.access.policy import Permission, can, is_cleared
from privacy.errors import Conflict

TO_SIGN_MINUTES = 5  # how fresh the second factor of a signature is


@signed_in
@require_GET
def own(request: StaffRequest) -> HttpResponse:
    """What is asked of me, what is missing, until when."""
    standing = selectors.standing_of(request.user)
    page = {
        "rows": rows_of(standing, selectors.documents_by_slug()),
        "until": request.user.cleared_until if is_cleared(request.user) else None,
        "reminders": len(selectors.reminders_of(request.user)),
    }
    return render(request, "crm/clearance/own.html", page)


@signed_in
@require_GET
def library(request: StaffRequest) -> HttpResponse:
    """Every document that holds or is to come."""
    today = timezone.localdate()
    signed = selectors.evidence_of([request.user])[request.user.pk].signed
    documents = selectors.library(today)
    page = {
        "documents": [(one, max(signed.get(one.slug, ()), default=0) >= one.number)
                      for one in documents],
        "coming": selectors.coming(today),
        "clinic_licences": selectors.newest_licences(request.user),
        "today": today,
        "may_publish": can(request.user, Permission.PUBLISH_POLICIES),
    }  # fmt: skip
    return render(request, "crm/clearance/library.html", page)


@signed_in
@require_GET
def document(request: StaffRequest, slug: str, edition: int | None = None) -> HttpResponse:
    """One edition, to read and to sign; without a number the one that holds."""
    shown = _edition(slug, edition)
    newest = rules.in_force(selectors.editions()[slug], timezone.localdate())
    page = {
        "document": shown,
        "editions": selectors.editions_of(slug),
        "signature": selectors.signature_of(request.user, shown),
        "is_old": shown.number < newest,
        "may_publish": can(request.user, Permission.PUBLISH_POLICIES),
    }
    return render(request, "crm/clearance/document.html", page)


@signed_in
@require_POST
@with_fresh_factor(minutes=TO_SIGN_MINUTES)
@once
def sign(request: StaffRequest, slug: str, edition: int) -> HttpResponse:
    """Sign an edition with a second factor shown a moment ago."""
    shown = _edition(slug, edition)
    services.sign(
        user=request.user,
        document=shown,
        sha256=request.POST.get("sha256", ""),
        language=get_language() or "zh-hans",
    )
    messages.success(request, _("Signed: %(title)s") % {"title": shown.title})
    return redirect("clearance:own")


def _edition(slug: str, edition: int | None) -> Document:
    found = selectors.edition(slug, edition)
    if found is None:
        raise Http404
    return found


@signed_in
@require_GET
def course(request: StaffRequest, course: str) -> HttpResponse:
    """What a training teaches, and the tries so far."""
    if course not in ALL:
        raise Http404
    mine = selectors.sittings_of(request.user).filter(course=course)
    page = {
        "course": ALL[course],
        "label": Sitting.Course(course).label,
        "sittings": mine[:10],
        "drawn": rules.DRAWN,
    }
    return render(request, "crm/clearance/course.html", page)


@signed_in
@require_POST
@once
def start(request: StaffRequest, course: str) -> HttpResponse:
    """Draw a test, or go on with the open one."""
    if course not in ALL:
        raise Http404
    try:
        sitting = services.start_test(user=request.user, course=course)
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("clearance:course", course)
    return redirect("clearance:test", sitting.pk)


@signed_in
@require_http_methods(["GET", "POST"])
@once
def test(request: StaffRequest, sitting_id: UUID) -> HttpResponse:
    """The questions of an own test; once it is handed in, what was right."""
    sitting = _own_sitting(request, sitting_id)
    if sitting.finished_at is not None:
        return render(request, "crm/clearance/result.html", _result(sitting))
    form = AnswersForm(request.POST or None, sitting=sitting)
    if form.is_valid():
        services.hand_in(user=request.user, sitting_id=sitting_id, answers=form.answers())
        return redirect("clearance:test", sitting_id)
    page = {"form": form, "sitting": sitting}
    status = 422 if form.is_bound else 200
    return render(request, "crm/clearance/test.html", page, status=status)


def _own_sitting(request: StaffRequest, sitting_id: UUID) -> Sitting:
    sitting = selectors.sittings_of(request.user).filter(pk=sitting_id).first()
    if sitting is None:
        raise not_found(request, f"sitting:{sitting_id}")
    return sitting


def _result(sitting: Sitting) -> dict[str, object]:
    """Which questions were right, what was chosen, and why."""
    bank = ALL[sitting.course]
    found: list[tuple[Question, bool, object]] = []
    for key, _order in sitting.drawn:
        question = bank.question(key)
        if question is not None:
            chosen = sitting.answers.get(key)
            answer = question.options[chosen] if chosen is not None else ""
            found.append((question, chosen == RIGHT, answer))
    return {"sitting": sitting, "questions": found, "of": len(sitting.drawn)}
