"""The outcome of a call: mandatory, from a short fixed list (W7, ui 17)."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from followup.calls.models import CallResult

Outcome = CallResult.Outcome


class CallForm(forms.Form):
    """What came of one try."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"), choices=Outcome.choices, widget=forms.RadioSelect
    )
    call_again_at = forms.DateTimeField(
        label=gettext_lazy("Call again at"),
        required=False,
        help_text=gettext_lazy("Only where the patient asked to be called later."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean(self) -> dict[str, Any]:
        """A later call needs its moment, in the future; other outcomes have none."""
        data = super().clean() or {}
        if data.get("outcome") != Outcome.LATER:
            data["call_again_at"] = None
        elif "call_again_at" not in self.errors:
            moment = data.get("call_again_at")
            if moment is None:
                self.add_error("call_again_at", _("Say when the patient wants to be called."))
            elif moment <= timezone.now():
                self.add_error("call_again_at", _("This moment has passed."))
        return data
