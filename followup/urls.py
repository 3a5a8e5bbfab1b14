"""Addresses of what comes after the visit. Included at the root, without a prefix."""

from django.urls import path

from followup.calls.views import call
from followup.reminders import views as reminders
from followup.schedules.views import new_plan

app_name = "followup"
urlpatterns = [
    path("followups/", reminders.board, name="plans"),
    path("patients/<str:code>/plans/", reminders.patient_plans, name="patient-plans"),
    path("patients/<str:code>/plans/new/", new_plan, name="new-plan"),
    path("followups/plans/<uuid:plan_id>/pause/", reminders.pause, name="plan-pause"),
    path("followups/plans/<uuid:plan_id>/resume/", reminders.resume, name="plan-resume"),
    path("followups/plans/<uuid:plan_id>/stop/", reminders.stop, name="plan-stop"),
    path("followups/plans/<uuid:plan_id>/start/", reminders.activate, name="plan-start"),
    path("followups/steps/<uuid:step_id>/call/", call, name="call"),
    path("followups/steps/<uuid:step_id>/skip/", reminders.skip, name="step-skip"),
    path("followups/steps/<uuid:step_id>/resend/", reminders.resend, name="step-resend"),
]
