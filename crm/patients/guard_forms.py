"""What is written about guarded patients. Reasons are sealed; nothing of them is in the trail."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.patients.forms import tidy
from crm.patients.models import PatientGuard
from crm.patients.services.guarding import LONGEST_REASON, SHORTEST_REASON
from crm.patients.team_forms import ColleagueField
from crm.staff.models import User
from crm.staff.selectors import colleagues_of

Kind = PatientGuard.Kind


class ReasonField(forms.CharField):
    """Why, in words that only the care team reads."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            min_length=SHORTEST_REASON,
            max_length=LONGEST_REASON,
            help_text=_("At least 10 characters. Sealed: only the care team reads it."),
            widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        return tidy(str(super().clean(value)))


class GuardForm(forms.Form):
    """On what ground a patient is guarded, and who it is if a colleague."""

    kind = forms.ChoiceField(
        label=_("Ground of the guard"),
        choices=[(one.value, one.label) for one in (Kind.VIP, Kind.STAFF, Kind.OTHER)],
        widget=forms.RadioSelect,
    )
    person = ColleagueField(
        label=_("Which colleague"),
        required=False,
        queryset=User.objects.none(),
        help_text=_("Only for somebody who works here. They will not see their own record."),
    )
    reason = ReasonField(label=_("Why"))

    def __init__(self, *args: Any, staff: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = colleagues_of(staff).exclude(pk=staff.pk)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        is_staff = data.get("kind") == Kind.STAFF
        if is_staff and not data.get("person"):
            self.add_error("person", _("Choose the colleague who is the patient."))
        if not is_staff:
            data["person"] = None
        return data


class LiftForm(forms.Form):
    """Why a mark is no longer needed."""

    reason = ReasonField(label=_("Why it is no longer needed"))


class AnswerLiftForm(forms.Form):
    """The second person's word."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("lift", _("End the guard")), ("keep", _("Keep the guard"))],
        widget=forms.RadioSelect,
    )
