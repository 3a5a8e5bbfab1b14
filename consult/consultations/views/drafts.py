"""Doors: beginning, saving and submitting a draft."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from consult.consultations import selectors, services
from consult.consultations.forms import OutcomeForm, PasteForm, StartForm
from consult.consultations.models import Consultation
from consult.consultations.rules import Outcome
from consult.consultations.views.clashes import chosen, differences
from consult.consultations.views.finding import one_of, patient_of
from crm.patients.services.collecting import rests_of
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from crm.web.numbers import natural
from privacy.access.policy import Permission
from privacy.errors import Conflict, DomainError


@requires(Permission.WRITE_CONSULTATION)
@sensitive_post_parameters("paste")
@require_http_methods(["GET", "POST"])
@once
def begin(request: StaffRequest, code: str) -> HttpResponse:
    """Begin a record from the patient's page, with the chat if there is one."""
    patient = patient_of(request, code)
    form = StartForm(request.POST or None)
    no_turns = False
    if form.is_valid():
        try:
            turns = _turns(request, form)
            draft = services.start_draft(
                patient=patient,
                actor=request.user,
                channel=form.cleaned_data["channel"],
                started_at=form.cleaned_data["started_at"],
                turns=turns,
                notice=form.cleaned_data["notice"],
            )
        except DomainError as error:
            no_turns = isinstance(error, services.PasteRefused) and error.no_turns
            form.add_error("paste", str(error))
        else:
            return redirect("consult:draft", draft.pk)
    _earlier, receipt = services.open_patient_consultations(patient=patient, actor=request.user)
    page = {
        "form": form,
        "patient": patient,
        "no_turns": no_turns,
        "earlier": [one for one in _earlier if not one.is_draft][: selectors.BESIDE],
        "own_draft": selectors.own_draft_of(patient, request.user),
        "receipt": receipt,
        "rests": rests_of(patient),
    }
    status = 422 if form.is_bound else 200
    return render(request, "consult/consultations/begin.html", page, status=status)


def _turns(request: StaffRequest, form: StartForm) -> list[services.NewTurn]:
    text = form.cleaned_data["paste"]
    if not text:
        return []
    if "as_one" in request.POST:
        return services.one_turn(text)
    started = form.cleaned_data.get("started_at")
    day = timezone.localtime(started).date() if started else None
    return services.read_talk(text, staff=request.user, day=day)


@requires(Permission.WRITE_CONSULTATION)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@once
def draft(request: StaffRequest, consultation_id: UUID) -> HttpResponse:
    """The draft: the talk on the left, its result on the right; saved or submitted."""
    if request.method == "GET":
        record = one_of(request, selectors.opened_by(request.user), consultation_id)
        if not record.is_draft:
            return redirect("consult:consultation", record.pk)
        return _page(request, services.open_draft(draft=record, actor=request.user))
    record = one_of(request, selectors.opened_by(request.user), consultation_id)
    form = OutcomeForm(chosen(request.POST))
    if not form.is_valid():
        return _again(request, record, form)
    try:
        return _saved(request, record, form)
    except services.NotComplete as error:
        form.add_findings(error.findings)
        return _again(request, error.draft, form)
    except Conflict as error:
        return _conflict(request, record, form, error)


def _saved(request: StaffRequest, record: Consultation, form: OutcomeForm) -> HttpResponse:
    version, outcome = form.cleaned_data["version"], form.outcome()
    if "submit" not in request.POST:
        services.save_outcome(draft=record, actor=request.user, version=version, outcome=outcome)
        return redirect("consult:draft", record.pk)
    services.submit(
        draft=record,
        actor=request.user,
        version=version,
        talk_version=natural(request.POST.get("talk_version")),
        outcome=outcome,
    )
    messages.success(request, _("Submitted. The record can no longer be changed."))
    return redirect("consult:consultation", record.pk)


def _page(
    request: StaffRequest,
    opened: services.Opened,
    form: OutcomeForm | None = None,
    *,
    theirs: "Outcome | None" = None,
    conflict: str = "",
) -> HttpResponse:
    record = opened.consultation
    if form is None:
        initial = vars_of(opened.outcome()) | {"version": record.version}
        form = OutcomeForm(initial=initial)
    page = {
        "opened": opened,
        "draft": record,
        "patient": record.patient,
        "receipt": opened.receipt,
        "form": form,
        "asks": services.asks_of(record, opened.turns, opened.receipt),
        "paste_form": PasteForm(),
        "version": record.version,
        "theirs": differences(form, theirs) if theirs else [],
        "conflict": conflict,
        "editing": request.GET.get("edit", ""),
        "may_discard": record.consultant_id == request.user.pk,
    }
    status = 409 if conflict else 422 if form.is_bound else 200
    return render(request, "consult/consultations/draft.html", page, status=status)


def vars_of(outcome: Outcome) -> dict[str, object]:
    """The result as a form's initial data."""
    return {name: getattr(outcome, name) for name in outcome.__slots__}


def _again(request: StaffRequest, record: Consultation, form: OutcomeForm) -> HttpResponse:
    fresh = one_of(request, selectors.drafts_of(request.user), record.pk)
    return _page(request, services.open_draft(draft=fresh, actor=request.user), form)


def _conflict(
    request: StaffRequest, record: Consultation, form: OutcomeForm, error: Conflict
) -> HttpResponse:
    """What was typed stays in the form; what the other person saved stands beside it."""
    fresh = selectors.drafts_of(request.user).filter(pk=record.pk).first()
    if fresh is None:  # submitted or discarded meanwhile: show what was typed, to be copied
        page = {"form": form, "conflict": str(error), "record": record, "typed": _typed(form)}
        return render(request, "consult/consultations/overtaken.html", page, status=409)
    opened = services.open_draft(draft=fresh, actor=request.user)
    return _page(request, opened, form, theirs=opened.outcome(), conflict=str(error))


def _typed(form: OutcomeForm) -> list[tuple[str, str]]:
    """The free texts of a form that can no longer be saved."""
    names = ("unsent", "keyword", "note")
    given = form.cleaned_data
    return [(str(form.fields[name].label), given[name]) for name in names if given.get(name)]


@requires(Permission.WRITE_CONSULTATION)
@sensitive_post_parameters()
@require_POST
def autosave(request: StaffRequest, consultation_id: UUID) -> JsonResponse:
    """Every few seconds, by script: 200 with the time and new version, 409 who was faster."""
    record = one_of(request, selectors.opened_by(request.user), consultation_id)
    form = OutcomeForm(chosen(request.POST))
    if not form.is_valid():
        labels = ", ".join(str(form.fields[name].label) for name in form.errors)
        return JsonResponse({"detail": _("Not saved. Please check: %s") % labels}, status=422)
    try:
        saved = services.save_outcome(
            draft=record,
            actor=request.user,
            version=form.cleaned_data["version"],
            outcome=form.outcome(),
        )
    except Conflict as error:
        hint = _("Press “Save draft” to see both versions; nothing of yours is lost.")
        return JsonResponse({"detail": f"{error} {hint}"}, status=409)
    except DomainError as error:
        return JsonResponse({"detail": str(error)}, status=422)
    clock = timezone.localtime(saved.edited_at).strftime("%H:%M:%S")
    return JsonResponse({"saved_at": clock, "version": saved.version})


@requires(Permission.WRITE_CONSULTATION)
@require_POST
@once
def discard(request: StaffRequest, consultation_id: UUID) -> HttpResponse:
    """Throw away a draft that was begun by mistake."""
    record = one_of(request, selectors.drafts_of(request.user), consultation_id)
    services.discard_draft(draft=record, actor=request.user)
    messages.success(request, _("The draft was discarded."))
    return redirect(f"{reverse('consult:consultations')}?scope=drafts")
