"""What is written about incidents. Times are clinic time."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.incidents.models import IncidentStep
from crm.staff.models import User
from crm.web.plain_text import PlainText

Moment = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
A_DAY = timedelta(days=1)


def _moment(**kwargs: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        widget=Moment, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **kwargs
    )


class DeclareForm(forms.Form):
    """What is known when an incident begins."""

    title = PlainText(
        label=_("What happened, in a line"),
        min_length=4,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("No names: patients by code, staff by number."),
    )
    known_at = _moment(
        label=_("Known since"),
        help_text=_("Two clocks run from here: 1 hour to the internal report, 4 to the authority."),
    )  # fmt: skip
    suspect = forms.ModelChoiceField[User](
        label=_("Account that was misused"),
        queryset=User.objects.none(),
        required=False,
        help_text=_("Patients in this account's events are counted as affected."),
    )
    since = _moment(label=_("Misused from"))
    until = _moment(label=_("Misused until"), required=False)

    def __init__(self, *args: Any, staff: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["suspect"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = staff

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until <= since:
            self.add_error("until", _("The end lies before the beginning."))
        if data.get("known_at") and data["known_at"] > timezone.now():
            self.add_error("known_at", _("This moment has not come yet."))
        return data


class StepForm(forms.Form):
    """What was done or found."""

    kind = forms.ChoiceField(
        label=pgettext_lazy("incident", "Step"), choices=IncidentStep.Kind.choices
    )
    text = PlainText(
        label=_("What was done or found"),
        max_length=1000,
        help_text=_("At least 10 characters. It cannot be changed afterwards."),
    )


class CloseForm(forms.Form):
    """How the incident ended."""

    summary = PlainText(
        label=_("Summary"),
        max_length=2000,
        help_text=_("Cause, extent, what was done, what changes. It cannot be changed afterwards."),
    )
