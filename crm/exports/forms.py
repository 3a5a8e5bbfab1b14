"""What is typed to ask for an export, to decide on it, and to ask where a row came from."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.exports import rules as marks
from crm.exports.datasets import CODE, DATASETS, Dataset, Kind
from crm.patients.forms import tidy
from crm.patients.models import Patient
from crm.staff.models import User
from crm.staff.selectors import colleagues_of
from crm.web.plain_text import PlainText
from privacy.exports import rules
from privacy.exports.models import Export
from privacy.exports.services.deciding import Order

Inside = Export.RecipientKind.INSIDE


def _text(label: Any, hint: Any, **more: Any) -> PlainText:
    """Its length is asked for when the outer blanks are gone."""
    return PlainText(
        label=label,
        min_length=None,
        max_length=rules.LONGEST_TEXT,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        **more,
    )


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=False, widget=widget)


class AskForm(forms.Form):
    """Which fields of one data set, of which days, for what, for whom. Identity one by one."""

    purpose = forms.ChoiceField(
        label=_("What for"),
        choices=Export.Purpose.choices,
        widget=forms.RadioSelect,
        help_text=_("Research and teaching: only patients who agree to it."),
    )
    reason = _text(_("Reason"), _("At least 10 characters; name nobody. Approvers read it."))
    columns = forms.MultipleChoiceField(
        label=_("Fields"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The patient code always leaves. Free texts leave with names covered."),
    )
    identity = forms.MultipleChoiceField(
        label=_("Fields that tell who somebody is"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Only what the purpose cannot do without. In free texts these, the patient's own, then "
            "stay readable; everybody else stays covered."
        ),
    )
    since = _day(_("From"))
    until = _day(_("Up to and including"))
    stage = forms.ChoiceField(
        label=_("Patients in stage"),
        required=False,
        choices=[("", _("All")), *Patient.Stage.choices],
    )
    recipient_kind = forms.ChoiceField(
        label=_("Who gets the file"),
        choices=Export.RecipientKind.choices,
        widget=forms.RadioSelect,
        initial=Inside,
    )
    recipient = forms.ModelChoiceField(
        User.objects.none(), label=_("Colleague"), required=False, empty_label=_("Choose")
    )
    recipient_name = forms.CharField(
        label=_("Authority or company, and the person there"),
        required=False,
        max_length=rules.LONGEST_RECIPIENT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    recipient_why = _text(
        _("Why they may have it"), _("At least 10 characters: duty, law or contract.")
    )

    def __init__(self, *args: Any, dataset: Dataset, staff: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dataset = dataset
        fields = [one for one in dataset.open_to(staff) if one.code != CODE]
        self._choose("columns", {f.code: f.label for f in fields if f.kind is not Kind.IDENTITY})
        self._choose("identity", {f.code: f.label for f in fields if f.kind is Kind.IDENTITY})
        chosen = self.fields["recipient"]
        if isinstance(chosen, forms.ModelChoiceField):
            chosen.queryset = colleagues_of(staff)

    def _choose(self, name: str, choices: Mapping[str, Any]) -> None:
        field = self.fields[name]
        if not choices:
            del self.fields[name]
        elif isinstance(field, forms.MultipleChoiceField):
            field.choices = list(choices.items())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("reason", "recipient_why", "recipient_name"):
            data[name] = tidy(data.get(name, ""))
        for name in ("reason", "recipient_why"):
            if name not in self.errors and len(data[name]) < rules.SHORTEST_REASON:
                words = _("Write at least %(n)d characters.") % {"n": rules.SHORTEST_REASON}
                self.add_error(name, words)
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            self.add_error("until", _("This day is before the first one."))
        self._clean_recipient(data)
        return data

    def _clean_recipient(self, data: dict[str, Any]) -> None:
        if data.get("recipient_kind") == Inside:
            data["recipient_name"] = ""
            if not data.get("recipient") and "recipient" not in self.errors:
                self.add_error("recipient", _("Choose who gets the file."))
        else:
            data["recipient"] = None
            if not data["recipient_name"] and "recipient_name" not in self.errors:
                self.add_error("recipient_name", _("Say who gets the file."))

    def order(self) -> Order:
        """What was asked for, of a form that is valid."""
        data = self.cleaned_data
        identity = data.get("identity", [])
        return Order(
            dataset=self.dataset.code,
            fields=(CODE, *data.get("columns", []), *identity),
            identifying=bool(identity),
            since=data["since"],
            until=data["until"],
            stage=data["stage"],
            purpose=data["purpose"],
            reason=data["reason"],
            recipient_kind=data["recipient_kind"],
            recipient=data["recipient"],
            recipient_name=data["recipient_name"],
            recipient_why=data["recipient_why"],
        )


class DecisionForm(forms.Form):
    """Yes, or no with a reason."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("approve", _("Approve")), ("refuse", _("Refuse"))],
        widget=forms.RadioSelect,
    )
    refusal = _text(
        _("Why not"),
        _("Only when refusing: at least 10 characters. It is kept, and who asked reads it."),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["refusal"] = tidy(data.get("refusal", ""))
        refuses = data.get("decision") == "refuse" and "refusal" not in self.errors
        if refuses and len(data["refusal"]) < rules.SHORTEST_REASON:
            self.add_error("refusal", _("Say in at least 10 characters why not."))
        return data


class TraceForm(forms.Form):
    """Something out of a leaked file."""

    text = forms.CharField(
        label=_("Code, number or name from the file"),
        max_length=marks.LONGEST_TRACE,
        help_text=_("An export's code, a patient code, a phone, an ID number or a name."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


def dataset_named(code: str, staff: User) -> Dataset | None:
    """The data set of that code, if this person's role sees something of it."""
    found = DATASETS.get(code)
    return found if found and found.open_to(staff) else None
