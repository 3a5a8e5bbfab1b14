"""What is typed to ask, to decide, to break the glass and to judge it."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.access_requests import rules
from crm.access_requests.models import AccessRequest
from crm.patients.forms import tidy
from crm.web.plain_text import PlainText
from privacy.pseudonyms.rules import parse_code, parse_codes

LONGEST_CODES = 400


def _text(label: Any, *, shortest: int, hint: Any = "") -> PlainText:
    return PlainText(
        label=label, min_length=shortest, max_length=rules.LONGEST_TEXT, help_text=hint
    )


def _day() -> forms.DateInput:
    """A day as browsers want it, whatever the language."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class TidyForm(forms.Form):
    """Free texts are cut of outer blanks and control characters before they are counted."""

    def _clean_text(self, name: str, shortest: int) -> str:
        text = tidy(self.cleaned_data[name])
        if len(text) < shortest:
            raise forms.ValidationError(
                _("Write at least %(n)d characters.") % {"n": shortest}, code="short"
            )
        return text


class AskForm(TidyForm):
    """Whom, what for, until when."""

    codes = forms.CharField(
        label=_("Patient codes"),
        max_length=LONGEST_CODES,
        help_text=_("One to ten, one a line or with commas between."),
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "autofocus": True}),
    )
    purpose = forms.ChoiceField(
        label=_("What for"), choices=AccessRequest.Purpose.choices, widget=forms.RadioSelect
    )
    reason = _text(
        _("Reason"),
        shortest=rules.SHORTEST_REASON,
        hint=_("At least 10 characters; name nobody. The care team reads it."),
    )
    until = forms.DateField(label=_("Until the end of"), widget=_day())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        last = today + timedelta(days=rules.LONGEST.days)
        self.fields["until"].widget.attrs |= {"min": f"{today}", "max": f"{last}"}
        self.fields["until"].help_text = _("14 days ahead at most.")

    def clean_codes(self) -> list[str]:
        found, wrong = parse_codes(self.cleaned_data["codes"])
        if wrong:
            raise forms.ValidationError(
                _("Not a patient code: %(codes)s") % {"codes": "、".join(wrong)}
            )
        if len(found) > rules.MOST_CODES:
            raise forms.ValidationError(_("Ask for one to ten patients at a time."))
        return found

    def clean_reason(self) -> str:
        return self._clean_text("reason", rules.SHORTEST_REASON)


class DecisionForm(forms.Form):
    """Yes until a day, or no with a reason."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("approve", _("Approve")), ("refuse", _("Refuse"))],
        widget=forms.RadioSelect,
    )
    until = forms.DateField(
        label=_("Until the end of"),
        required=False,
        help_text=_("Not later than what was asked for."),
        widget=_day(),
    )
    refusal = PlainText(
        label=_("Why not"),
        required=False,
        min_length=None,
        max_length=rules.LONGEST_TEXT,
        help_text=_(
            "Only when refusing: at least 10 characters. It is kept, and who asked reads it."
        ),
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["refusal"] = tidy(data.get("refusal", ""))
        if (
            data.get("decision") == "approve"
            and not data.get("until")
            and "until" not in self.errors
        ):
            self.add_error("until", _("Choose until which day."))
        refuses = data.get("decision") == "refuse" and "refusal" not in self.errors
        if refuses and len(data["refusal"]) < rules.SHORTEST_REASON:
            self.add_error("refusal", _("Say in at least 10 characters why not."))
        return data


class BreakGlassForm(TidyForm):
    """One code and what the emergency is."""

    code = forms.CharField(
        label=_("Patient code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    reason = _text(
        _("What the emergency is"),
        shortest=rules.SHORTEST_EMERGENCY,
        hint=_("At least 20 characters; name nobody. The care team and quality control read it."),
    )

    def clean_code(self) -> str:
        code = parse_code(self.cleaned_data["code"])
        if code is None:
            raise forms.ValidationError(_("This is not a patient code."))
        return code

    def clean_reason(self) -> str:
        return self._clean_text("reason", rules.SHORTEST_EMERGENCY)


class VerdictForm(TidyForm):
    """Justified or not, in words."""

    justified = forms.TypedChoiceField(
        label=_("Verdict"),
        choices=[("yes", _("Justified")), ("no", _("Unjustified"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    words = _text(_("What was found"), shortest=rules.SHORTEST_REASON)

    def clean_words(self) -> str:
        return self._clean_text("words", rules.SHORTEST_REASON)


class LiftForm(TidyForm):
    """Why the right is given back."""

    reason = _text(_("Reason"), shortest=rules.SHORTEST_REASON)

    def clean_reason(self) -> str:
        return self._clean_text("reason", rules.SHORTEST_REASON)
