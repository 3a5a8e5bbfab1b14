"""What staff choose on the board and in a patient's plans."""

from django import forms
from django.utils.translation import gettext_lazy as _

from followup.plans.models import Kind, Plan
from followup.reminders.selectors import Filters


class BoardFilter(forms.Form):
    """The board's address; nonsense in it is passed over."""

    scope = forms.ChoiceField(
        required=False, choices=[("mine", _("Mine")), ("all", _("Whole team"))]
    )
    kind = forms.ChoiceField(required=False, choices=Kind.choices)

    def filters(self) -> Filters:
        """The filters that are valid; the others count as not set."""
        self.is_valid()
        data = self.cleaned_data
        return Filters(mine=data.get("scope") == "mine", kind=data.get("kind", ""))


PAUSES = [Plan.Reason.PATIENT_WISH, Plan.Reason.COMPLAINT, Plan.Reason.CLINICAL]
STOPS = [
    Plan.Reason.PATIENT_WISH,
    Plan.Reason.CLINICAL,
    Plan.Reason.SENSITIVE,
    Plan.Reason.MISTAKE,
]


class VersionForm(forms.Form):
    """Which version of the plan the page showed."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class PauseForm(VersionForm):
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[(one.value, one.label) for one in PAUSES]
    )


class StopForm(VersionForm):
    reason = forms.ChoiceField(label=_("Reason"), choices=[(one.value, one.label) for one in STOPS])
