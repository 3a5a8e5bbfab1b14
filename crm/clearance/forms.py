"""What is typed about clearance: answers of a test, licences, editions, leaving."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.clearance import selectors
from crm.clearance.courses import ALL
from crm.clearance.models import ClinicLicence, Licence, Sitting
from crm.staff.models import User
from crm.web.plain_text import PlainText

LONGEST_TEXT = 20_000
SHORTEST_REASON = 4
_DAY = {"type": "date"}


class AnswersForm(forms.Form):
    """The questions of one sitting. Places are sent: options would tell which one is right."""

    def __init__(self, data: Any = None, *, sitting: Sitting) -> None:
        super().__init__(data)
        self._order: dict[str, list[int]] = dict(sitting.drawn)
        course = ALL[sitting.course]
        for number, (key, order) in enumerate(sitting.drawn, 1):
            question = course.question(key)
            if question is None:
                continue  # a later version of the product dropped it: it counts as wrong
            shown = [(str(place), question.options[one]) for place, one in enumerate(order)]
            self.fields[key] = forms.ChoiceField(
                label=f"{number}. {question.asked}", choices=shown, widget=forms.RadioSelect
            )

    def answers(self) -> dict[str, int]:
        """The chosen option of each question, as in the source."""
        return {key: self._order[key][int(place)] for key, place in self.cleaned_data.items()}


class LicenceForm(forms.Form):
    """A licence, compared with the original."""

    kind = forms.ChoiceField(label=_("Licence"), choices=Licence.Kind.choices)
    number = forms.CharField(
        label=_("Registration number"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    expires_on = forms.DateField(label=_("Valid until"), widget=forms.DateInput(_DAY))
    seen = forms.BooleanField(label=_("I have seen the original and compared number and date"))

    def facts(self) -> dict[str, Any]:
        """What the service asks for."""
        return {name: self.cleaned_data[name] for name in ("kind", "number", "expires_on")}


class ClinicLicenceForm(forms.Form):
    """A licence of the clinic itself, compared with the original."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ClinicLicence.Kind.choices)
    number = forms.CharField(
        label=_("Registration number"),
        max_length=60,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    issuer = forms.CharField(label=_("Issued by"), max_length=80)
    valid_from = forms.DateField(label=_("Valid from"), widget=forms.DateInput(_DAY))
    valid_until = forms.DateField(label=_("Valid until"), widget=forms.DateInput(_DAY))
    seen = forms.BooleanField(label=_("I have seen the original and compared number and date"))

    def facts(self) -> dict[str, Any]:
        """What the service asks for."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}


class EditionForm(forms.Form):
    """A new edition of a document, in both languages."""

    slug = forms.RegexField(
        r"^(?!new$)[a-z][a-z0-9-]*$",
        label=_("Short name"),
        max_length=40,
        help_text=_("Small letters, digits and dashes; it stays for all editions"),
        error_messages={"invalid": _("Use small letters, digits and dashes only.")},
    )
    title_zh = forms.CharField(label=_("Title in Chinese"), max_length=60)
    title_en = forms.CharField(label=_("Title in English"), max_length=80)
    body_zh = forms.CharField(
        label=_("Text in Chinese"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 12, "autocomplete": "off"}),
    )
    body_en = forms.CharField(
        label=_("Text in English"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 12, "autocomplete": "off"}),
    )
    applies_from = forms.DateField(
        label=_("Holds from"),
        help_text=_("From this day on everybody who has not signed it sees codes only."),
        widget=forms.DateInput(_DAY),
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["slug"]

    def clean_applies_from(self) -> date:
        day: date = self.cleaned_data["applies_from"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("Choose today or a later day."))
        return day

    def facts(self) -> dict[str, Any]:
        """What the service asks for, the short name apart."""
        given = self.cleaned_data
        return {
            "titles": (given["title_zh"], given["title_en"]),
            "bodies": (given["body_zh"], given["body_en"]),
            "applies_from": given["applies_from"],
        }


class LeavingForm(forms.Form):
    """Why somebody leaves, and who takes over."""

    reason = PlainText(
        label=_("Reason"),
        min_length=SHORTEST_REASON,
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    successor = forms.ModelChoiceField(
        label=_("Hand over to"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody: list the work as unassigned"),
        help_text=_("Cleared colleagues of the same role"),
    )

    def __init__(self, *args: Any, leaver: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["successor"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = selectors.fitting_successors(leaver)
