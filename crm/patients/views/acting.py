"""Doors: revealing a field, the care team, the stage, corrected contact data."""

import re
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from crm.patients.formers import contact_with_formers
from crm.patients.forms import ContactForm, StageForm
from crm.patients.models import Patient
from crm.patients.reason_forms import RevealForm
from crm.patients.services import care
from crm.patients.services.revealing import SECONDS_SHOWN, TooManyLooks, phrases_for, reveal
from crm.patients.team_forms import TEAM_ID, TeamForm
from crm.patients.views.doors import of_patient, only_looks, partial_or_page
from crm.patients.views.page import show_patient
from crm.staff.guards import StaffRequest, requires
from crm.staff.step_up import ask, fresh_second_factor, with_fresh_factor
from crm.web.idempotency import once
from crm.web.unreadable import words_for
from privacy.access.policy import Permission
from privacy.errors import DomainError, Erased, Unreadable

MOBILE = re.compile(r"\+86(\d{3})(\d{4})(\d{4})")


def legible(phone: str) -> str:
    """A mobile number as it is read out, "138 0013 8000"; others as they are stored."""
    return MOBILE.sub(r"\1 \2 \3", phone) if MOBILE.fullmatch(phone) else phone


@require_http_methods(["GET", "POST"])
@requires(Permission.REVEAL_CONTACT, Permission.REVEAL_IDENTITY)
@of_patient
@only_looks
def reveal_field(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Log first, answer second: one field in plain text for sixty seconds, with a factor shown
    within the last half hour. A tapped phrase is written into the form, and shows nothing yet."""
    phrases = phrases_for(request.user, patient)
    formers = contact_with_formers(patient)[1]
    form = RevealForm.of(request.POST, staff=request.user, phrases=phrases, formers=formers)
    page = {"patient": patient, "form": form, "reveal_form": form, "seconds": SECONDS_SHOWN}
    status = 422 if form.is_bound else 200
    if form.is_valid():
        if not fresh_second_factor(request) and (answer := ask(request)):
            return answer
        field = form.cleaned_data["field"]
        page["label"] = form.label
        status = 200
        try:
            revealed = reveal(patient=patient, staff=request.user, **form.cleaned_data)
            page["revealed"] = {
                "text": legible(revealed.text) if field == "phone" else revealed.text
            }
        except Erased as error:
            page["erased"] = words_for(error)
        except Unreadable as error:
            page["unreadable"] = str(error)
        except TooManyLooks as error:
            form.add_error(None, str(error))
            status = 422
    return partial_or_page(
        request, "crm/patients/_reveal.html", "crm/patients/reveal.html", page, status=status
    )


def _is_desk_work(request: StaffRequest, patient: Patient) -> bool:
    return care.is_desk_work(patient=patient, actor=request.user)


@require_POST
@requires(Permission.EDIT_CARE_TEAM)
@of_patient
@with_fresh_factor(unless=_is_desk_work)
@once
def add_to_team(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Add a colleague to the care team, with a reason; a second factor but for the desk's work."""
    form = TeamForm(request.POST, staff=request.user, patient=patient, auto_id=TEAM_ID)
    if form.is_valid():
        try:
            care.add_to_team(patient=patient, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Added to the care team."))
            return redirect("patients:page", patient.code)
    return show_patient(request, patient, team_form=form)


@require_POST
@requires(Permission.EDIT_CARE_TEAM)
@of_patient
@once
def remove_from_team(request: StaffRequest, patient: Patient, member_id: UUID) -> HttpResponse:
    """Take a colleague off the care team."""
    care.remove_from_team(patient=patient, member_id=member_id, actor=request.user)
    messages.success(request, _("Removed from the care team."))
    return redirect("patients:page", patient.code)


@require_POST
@requires(Permission.EDIT_CARE_TEAM)
@of_patient
@once
def change_stage(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Move the talk to another stage."""
    form = StageForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a stage first."))
        return redirect("patients:page", patient.code)
    care.change_stage(patient=patient, actor=request.user, **form.cleaned_data)
    messages.success(request, _("The stage was changed."))
    return redirect("patients:page", patient.code)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@requires(Permission.REGISTER_PATIENT)
@of_patient
@once
def change_contact(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Correct name or phone; empty fields leave what is there."""
    form = ContactForm(request.POST or None)
    if form.is_valid():
        try:
            care.change_contact(patient=patient, actor=request.user, **form.cleaned_data)
        except Erased:
            form.add_error(None, _("These data were erased as requested; nothing can be added."))
        except Unreadable:
            form.add_error(
                None,
                _("What is stored cannot be opened right now, so nothing was written over it."),
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The contact data was changed."))
            return redirect("patients:page", patient.code)
    page = {"form": form, "patient": patient}
    status = 422 if form.is_bound else 200
    return render(request, "crm/patients/contact.html", page, status=status)
