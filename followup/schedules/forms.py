"""Arranging follow-up for a patient."""

from datetime import date

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from followup.plans.models import PlanTemplate
from followup.plans.selectors import current_templates
from followup.schedules.rules import anchor_findings


class TemplateChoice(forms.ModelChoiceField[PlanTemplate]):
    """A template by its name, with the number of its steps."""

    def label_from_instance(self, obj: PlanTemplate) -> str:
        return obj.name


class PlanForm(forms.Form):
    """Template, anchor date, and the explicit word about steps that have passed."""

    template = TemplateChoice(
        label=_("Template"), queryset=PlanTemplate.objects.none(), empty_label=None
    )
    anchor_on = forms.DateField(
        label=_("Anchor date"),
        help_text=_("The day the steps are counted from, such as the day of the first visit."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    skip_past = forms.BooleanField(
        label=_("Leave out the steps that lie in the past"), required=False
    )
    only_propose = forms.BooleanField(
        label=_("Only note it down: it starts once the patient has agreed"), required=False
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        self.fields["template"].queryset = current_templates()  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean_anchor_on(self) -> date:
        """A day that a plan can hang on: asked before its steps are counted, even for a look."""
        anchor: date = self.cleaned_data["anchor_on"]
        if anchor_findings(anchor, today=timezone.localdate()):
            raise forms.ValidationError(_("This date is too far away for a plan."))
        return anchor
