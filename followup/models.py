"""Index for Django's app registry. Never import from here: import from the feature."""

from followup.calls.models import CallResult
from followup.plans.models import Plan, PlanTemplate, TemplateStep
from followup.schedules.models import Step

__all__ = ["CallResult", "Plan", "PlanTemplate", "Step", "TemplateStep"]
