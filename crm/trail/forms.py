"""Asking the trail."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.trail.codes import OUTCOMES
from crm.trail.rules import Range, span, span_of_year
from crm.web.plain_text import PlainText
from privacy.audit.anchors import Anchor, typed
from privacy.audit.events import Kind, Registry
from privacy.audit.exporting import months
from privacy.audit.selectors import Filter
from privacy.pseudonyms.rules import parse_code

ALL = ("", _("All"))
MINORS = "minors"
TOO_SHORT = _("Say in at least 10 characters why.")
RANGES = (
    (Range.TODAY.value, pgettext_lazy("range", "Today")),
    (Range.WEEK.value, _("7 days")),
    (Range.MONTH.value, _("30 days")),
)


def _actions() -> list[tuple[str, str]]:
    known = [(event.value, str(event.label)) for event in Registry.known.values()]
    return [("", str(ALL[1])), *sorted(known, key=lambda pair: pair[1])]


def _kinds() -> list[tuple[str, str]]:
    return [("", str(ALL[1])), *((kind.value, str(kind.label)) for kind in Kind)]


class TrailFilterForm(forms.Form):
    """The whole state of the list; every field stands in the address."""

    operator = forms.CharField(
        label=_("Operator"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Name or staff number")}),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=_kinds, required=False)
    code = forms.CharField(
        label=_("Patient code"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    action = forms.ChoiceField(label=_("Action"), choices=_actions, required=False)
    patients = forms.ChoiceField(
        label=_("Patients"),
        choices=[ALL, (MINORS, _("Under 18: who opened their records"))],
        required=False,
    )
    ip = forms.GenericIPAddressField(label=_("IP address"), required=False)
    outcome = forms.ChoiceField(
        label=_("Outcome"), choices=[ALL, *OUTCOMES.items()], required=False
    )
    range = forms.ChoiceField(choices=[("", ""), *RANGES], required=False)

    first = ("operator", "kind", "code", "since", "until")
    more = ("action", "patients", "ip", "outcome")

    def clean_code(self) -> str:
        """A patient code in any spelling."""
        text = self.cleaned_data["code"]
        code = parse_code(text) if text else ""
        if code is None:
            raise forms.ValidationError(_("This is not a patient code."))
        return code

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day lies before the first."))
        return data

    def wanted(self) -> Filter:
        """The filter asked for; call on a valid form."""
        data = self.cleaned_data
        since, until = span(
            chosen=data["range"],
            since=data["since"],
            until=data["until"],
            today=timezone.localdate(),
            zone=timezone.get_current_timezone(),
        )
        if data["patients"] == MINORS and since is None:
            since = span_of_year(timezone.localdate(), zone=timezone.get_current_timezone())
        return Filter(
            kind=data["kind"],
            action=data["action"],
            code=data["code"],
            since=since,
            until=until,
            ip=data["ip"],
            outcome=data["outcome"],
        )

    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.first]

    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.more]

    @property
    def asks_more(self) -> bool:
        """Whether one of the folded fields is in use."""
        return any(self.data.get(name) for name in self.more)

    def chips(self) -> list[tuple[str, str, str]]:
        """(field, label, value as shown) of everything the list is narrowed by."""
        found = []
        for name in (*self.first, *self.more):
            value = self.data.get(name, "")
            if value:
                choices = dict(getattr(self.fields[name], "choices", ()))
                found.append((name, str(self[name].label), str(choices.get(value, value))))
        return found


class ExportForm(forms.Form):
    """Why events leave the house."""

    reason = PlainText(
        label=_("Reason"),
        max_length=300,
        help_text=_("At least 10 characters. The export and its reason become events themselves."),
    )


class RetirementForm(forms.Form):
    """Which archived month may be dropped, and why."""

    month = forms.RegexField(regex=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", widget=forms.HiddenInput())
    reason = PlainText(
        label=_("Reason"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": TOO_SHORT, "min_length": TOO_SHORT},
    )


class ApprovalForm(forms.Form):
    """Which month is agreed to."""

    month = RetirementForm.base_fields["month"]


class MonthForm(ExportForm):
    """Which month leaves, and why."""

    month = forms.ChoiceField(
        label=_("Month"), choices=lambda: [(month, month) for month in months()]
    )
    field_order = ("month", "reason")


class KeptHeadForm(forms.Form):
    """A head out of somebody's drawer: off a mail, a sheet or a time stamp."""

    head = forms.CharField(
        label=_("Checkpoint and head"),
        max_length=300,
        help_text=_("As it is written there: the number, a colon, 64 digits; spaces do no harm."),
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_head(self) -> Anchor:
        kept = typed(self.cleaned_data["head"])
        if kept is None:
            raise forms.ValidationError(
                _("This is not a head: a number, a colon and 64 digits 0-9 or a-f.")
            )
        return kept
