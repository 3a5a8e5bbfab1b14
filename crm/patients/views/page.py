"""Doors: a patient's page and its own panels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from crm.patients import selectors
from crm.patients.forms import FilterForm, StageForm
from crm.patients.models import Patient
from crm.patients.panels import PatientAction, PatientPage, Standing
from crm.patients.reason_forms import RevealForm
from crm.patients.restricted import is_restricted_for
from crm.patients.services import viewing
from crm.patients.services.revealing import (
    SECONDS_SHOWN,
    fields_open_to,
    may_reveal_on,
    phrases_for,
)
from crm.patients.team_forms import TEAM_ID, TeamForm
from crm.patients.views.doors import of_patient, partial_or_page, while_restricted
from crm.patients.views.listing import number_of, state_of
from crm.patients.views.timeline import lines_of, looks_of
from crm.staff.guards import StaffRequest, requires
from crm.staff.models import User
from privacy.access.policy import Permission, can, is_cleared
from privacy.consent.selectors import cells_of


@dataclass(frozen=True)
class Place:
    """Where the patient stands in the list the viewer came from, and the neighbours."""

    position: int
    total: int
    capped: bool
    back: str
    previous: str
    following: str


@require_GET
@requires(Permission.VIEW_PATIENTS)
@of_patient
@while_restricted
def patient_page(request: StaffRequest, patient: Patient) -> HttpResponse:
    """Who this is in masks, what was agreed to, what happened; of a restricted record the code."""
    if is_restricted_for(patient, request.user):
        return _restricted_page(request, patient)
    return show_patient(request, patient)


def show_patient(
    request: StaffRequest, patient: Patient, *, team_form: TeamForm | None = None
) -> HttpResponse:
    """The page; with a refused ``team_form`` its dialog open, and what was typed in it (422)."""
    opened = viewing.open_patient(staff=request.user, patient=patient)
    may_reveal = may_reveal_on(request.user, of_today=lambda: bool(opened.visit_code))
    standings = PatientPage.standings_of(request.user, patient)
    notices = [one.notice for one in standings if one.notice]
    page: dict[str, Any] = {
        "patient": patient,
        "opened": opened,
        "receipt": opened.receipt,
        "place": _place(request.user, request.GET, patient),
        "panels": PatientPage.panels_for(request.user),
        "actions": _actions(request.user, patient, standings) if opened.may_write else [],
        "notices": notices + PatientPage.notices_for(patient, request.user),
        "standings": standings,
        "by": "",
        "may_reveal": may_reveal,
        **_may(request.user, writes=opened.may_write),
        **_dialogs(request, opened, may_reveal=may_reveal),
    }
    if team_form:
        page["team_form"] = team_form
    if can(request.user, Permission.VIEW_HISTORY):
        page["lines"] = lines_of(selectors.timeline_of(patient))
    if can(request.user, Permission.VIEW_CONSENTS):
        page["cells"] = cells_of(patient, get_language() or "zh-hans")
    status = 422 if team_form else 200
    return render(request, "crm/patients/page.html", page, status=status)


def _restricted_page(request: StaffRequest, patient: Patient) -> HttpResponse:
    """That the record is kept and not used, and where the patient's no is taken (R15)."""
    viewing.open_restricted(staff=request.user, patient=patient)
    page = {
        "patient": patient,
        "notices": PatientPage.notices_for(patient, request.user),
        "may_stop": can(request.user, Permission.STOP_CONTACT),
    }
    return render(request, "crm/patients/restricted.html", page)


def _may(staff: User, *, writes: bool) -> dict[str, bool]:
    return {
        "sees_care": is_cleared(staff),
        "may_change_contact": can(staff, Permission.REGISTER_PATIENT),
        "may_edit_team": writes and can(staff, Permission.EDIT_CARE_TEAM),
        "may_print": can(staff, Permission.ISSUE_VISIT_CODE),
        "reveals_on_visits": bool(fields_open_to(staff)),
        "sees_history": can(staff, Permission.VIEW_HISTORY),
        "sees_contact": can(staff, Permission.VIEW_CONTACT),
        "sees_complaint": can(staff, Permission.VIEW_COMPLAINT),
    }


def _dialogs(request: StaffRequest, opened: viewing.Opened, *, may_reveal: bool) -> dict[str, Any]:
    staff, patient = request.user, opened.patient
    forms: dict[str, Any] = {}
    if may_reveal:
        forms["reveal_form"] = RevealForm(
            staff=staff, phrases=phrases_for(staff, patient), formers=opened.formers
        )
        forms["seconds"] = SECONDS_SHOWN
    if opened.may_write and can(staff, Permission.EDIT_CARE_TEAM):
        forms["team_form"] = TeamForm(staff=staff, patient=patient, fresh=True, auto_id=TEAM_ID)
        forms["stage_form"] = StageForm(
            initial={"stage": patient.stage, "before": patient.stage}, auto_id="stage_%s"
        )
    return forms


def _actions(
    staff: User, patient: Patient, standings: Sequence[Standing]
) -> list[tuple[PatientAction, str]]:
    """Buttons of the floors that are there, with their addresses, but what is done already."""
    hidden = {name for standing in standings for name in standing.hides}
    return [
        (one, reverse(one.url_name, args=[patient.code]))
        for one in PatientPage.actions_for(staff)
        if one.url_name not in hidden
    ]


def _place(staff: User, query: QueryDict, patient: Patient) -> Place | None:
    """The place in the list, if the address says so and the list still agrees."""
    position = number_of(query, "at") if query.get("at") else 0
    if not 1 <= position <= selectors.CAP:
        return None
    codes, total = selectors.codes_around(staff, FilterForm(query, staff=staff).filters(), position)
    here = 1 if position > 1 else 0
    if codes[here : here + 1] != [patient.code]:
        return None
    state = state_of(query)

    def address(code: str, at: int) -> str:
        return f"{reverse('patients:page', args=[code])}?{state}{'&' if state else ''}at={at}"

    after = codes[here + 1 : here + 2]
    return Place(
        position=position,
        total=min(total, selectors.CAP),
        capped=total > selectors.CAP,
        back=f"{reverse('patients:list')}?{state}",
        previous=address(codes[0], position - 1) if here and codes[0] else "",
        following=address(after[0], position + 1) if any(after) else "",
    )


@require_GET
@requires(Permission.VIEW_HISTORY)
@of_patient
def timeline(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """What happened, narrowed to what people or the system did."""
    by = request.GET.get("by", "")
    by = by if by in {"staff", "system"} else ""
    traces = viewing.open_timeline(staff=request.user, patient=patient, by=by)
    page = {"patient": patient, "lines": lines_of(traces), "by": by}
    return partial_or_page(
        request, "crm/patients/_timeline.html", "crm/patients/timeline.html", page
    )


@require_GET
@requires(Permission.VIEW_HISTORY)
@of_patient
def who_looked(request: StaffRequest, patient: Patient) -> HttpResponseBase:
    """Who saw anything of this patient: when, in which role, what for (S59)."""
    traces = viewing.list_who_looked(staff=request.user, patient=patient)
    page = {"patient": patient, "looks": looks_of(traces)}
    return partial_or_page(
        request, "crm/patients/_who_looked.html", "crm/patients/who_looked.html", page
    )
