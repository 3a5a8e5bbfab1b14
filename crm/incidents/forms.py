"""What is written about incidents. Times are clinic time."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.incidents.models import DataKind, IncidentStep
from crm.staff.models import User
from crm.web.plain_text import PlainText
from privacy.exports.models import Export
from privacy.pseudonyms.rules import parse_codes

Moment = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
A_DAY = timedelta(days=1)
LONGEST_LIST = 400_000  # signs: a pasted list of some ten thousand codes
WRONG_SHOWN = 5


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


class ExportField(forms.ModelChoiceField[Export]):
    """An export by its code and the day its file was built."""

    def label_from_instance(self, obj: Export) -> str:
        built = timezone.localtime(obj.built_at)
        return f"{obj.spaced_code} · {built:%Y-%m-%d} · {obj.built_rows}"


class ScopeForm(forms.Form):
    """Who is affected: all that is chosen counts together."""

    by_trail = forms.BooleanField(
        label=_("Patients of the alert, and those in the events of the misused account"),
        required=False,
    )
    all_patients = forms.BooleanField(
        label=_("All patients of the clinic"),
        required=False,
        help_text=_("A stolen database, a lost backup."),
    )
    listed = forms.CharField(
        label=_("Patient codes"),
        required=False,
        max_length=LONGEST_LIST,
        help_text=_("Typed or pasted from a list, with commas or lines between."),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )
    export = ExportField(
        label=_("The rows of an export"),
        queryset=Export.objects.none(),
        required=False,
        empty_label=_("None"),
    )
    span_since = _moment(label=_("Seen or changed from"), required=False)
    span_until = _moment(label=_("Seen or changed until"), required=False)
    span_person = forms.ModelChoiceField[User](
        label=_("By whom"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Anybody"),
    )

    def __init__(self, *args: Any, staff: Any, exports: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("span_person", staff), ("export", exports)):
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows

    def clean_listed(self) -> tuple[str, ...]:
        found, wrong = parse_codes(self.cleaned_data["listed"])
        if wrong:
            words = "、".join(wrong[:WRONG_SHOWN])
            raise forms.ValidationError(_("Not a patient code: %(codes)s") % {"codes": words})
        return tuple(found)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("span_since"), data.get("span_until")
        if since is None and (until or data.get("span_person")) and "span_since" not in self.errors:
            self.add_error("span_since", _("Say from when on."))
        if since and until and until <= since:
            self.add_error("span_until", _("The end lies before the beginning."))
        return data


class DescriptionForm(forms.Form):
    """What the notices tell besides the steps."""

    data_kinds = forms.MultipleChoiceField(
        label=_("Kinds of data"),
        required=False,
        choices=DataKind.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    told_happened = PlainText(
        label=_("To patients: what happened"), required=False, max_length=500, min_length=None,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text=_("In plain words, without codes and staff numbers. The title is not printed."),
    )  # fmt: skip
    cause = PlainText(
        label=_("Why it happened"), required=False, max_length=500, min_length=None,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text=_("As far as it is known. Authority and patients read it."),
    )  # fmt: skip
    harm = PlainText(
        label=_("What may come of it"), required=False, max_length=500, min_length=None,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text=_("Authority and patients read it."),
    )  # fmt: skip
    told_done = PlainText(
        label=_("To patients: what was done"), required=False, max_length=500, min_length=None,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text=_("In plain words, without codes and staff numbers. No step is printed."),
    )  # fmt: skip
    contact = forms.CharField(
        label=_("Whom to ask"),
        required=False,
        max_length=200,
        help_text=_("The clinic's own telephone and address for questions about it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_data_kinds(self) -> tuple[str, ...]:
        return tuple(self.cleaned_data["data_kinds"])
