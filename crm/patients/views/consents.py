"""Doors of the consent desk. They stand here because the ground floor knows no pages."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm.patients.forms import AnswerForm
from crm.patients.models import Patient
from crm.patients.services import consents
from crm.patients.views.doors import of_patient, while_restricted
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from privacy.access.policy import Permission, can
from privacy.consent.models import Manner
from privacy.consent.rules import Answer
from privacy.errors import DomainError


def _page(request: StaffRequest, patient: Patient, desk: consents.Desk) -> dict[str, Any]:
    stopped = patient.status == Patient.Status.RESTRICTED
    return {
        "patient": patient,
        "desk": desk,
        "manners": Manner.choices,
        "may_record": can(request.user, Permission.RECORD_CONSENT) and not stopped,
        "may_stop": can(request.user, Permission.STOP_CONTACT),
        "stopped": stopped,
    }


@require_GET
@requires(Permission.VIEW_CONSENTS)
@of_patient
@while_restricted
def consent_desk(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Every question with the words to read out, and what was answered so far."""
    desk = consents.open_desk(patient=patient, actor=request.user)
    return render(request, "crm/patients/consents.html", _page(request, patient, desk))


@require_POST
@requires(Permission.RECORD_CONSENT, Permission.STOP_CONTACT)
@of_patient
@while_restricted
@once
def answer_cell(request: StaffRequest, patient: Patient, cell: str) -> HttpResponse:
    """Write one answer down; the fragment brings back its row, the ledger and a word."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        raise DomainError(form.first_error())
    given = Answer(form.cleaned_data["answer"])
    consents.answer(
        patient=patient,
        cell=consents.cell_of(patient, cell),
        given=given,
        manner=Manner(form.cleaned_data["manner"]),
        actor=request.user,
        text_shown=form.cleaned_data["text"],
        pause_until=form.cleaned_data["until"],
        unasked=form.cleaned_data["unasked"],
    )
    if not request.htmx:
        return redirect("patients:consents", patient.code)
    page = _page(request, patient, consents.desk_of(patient))
    page["cell"] = next(one for one in page["desk"].cells if one.key == cell)
    page["said"] = _words_for(given)
    return render(request, "crm/patients/_consent_saved.html", page)


def _words_for(given: Answer) -> str:
    return {
        Answer.GRANTED: _("Consent recorded."),
        Answer.REFUSED: _("Refusal recorded. Care goes on as before."),
        Answer.WITHDRAWN: _("Withdrawal recorded. It holds from now on."),
        Answer.PAUSED: _("Pause recorded. Nothing is sent meanwhile."),
    }[given]


@require_POST
@requires(Permission.RECORD_CONSENT, Permission.STOP_CONTACT)
@of_patient
@while_restricted
@once
def stop_all(request: StaffRequest, patient: Patient) -> HttpResponse:
    """One tap: pause, or end, all contact that was agreed to (S74)."""
    pause = request.POST.get("how") == "pause"
    count = consents.stop_all(patient=patient, actor=request.user, pause=pause)
    if pause:
        text = ngettext("%(n)d kind of contact paused.", "%(n)d kinds of contact paused.", count)
    else:
        text = ngettext("%(n)d kind of contact stopped.", "%(n)d kinds of contact stopped.", count)
    messages.success(request, text % {"n": count})
    return redirect("patients:consents", patient.code)
