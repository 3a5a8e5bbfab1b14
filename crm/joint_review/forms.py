"""Filters of a sheet, verdicts, answers, extra reviews, names of views."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.joint_review import rules
from crm.joint_review.grounds import GROUNDS
from crm.joint_review.models import ReviewItem
from crm.staff.models import User
from crm.web.plain_text import PlainText
from privacy.access.policy import Role

OPEN = "open"
STATES = ((OPEN, _("Not judged yet")), *ReviewItem.Verdict.choices)
JOBS = "jobs"  # what no person did


def _grounds() -> list[tuple[str, str]]:
    return [("", str(_("All grounds"))), *((one.code, str(one.label)) for one in GROUNDS.values())]


def _roles() -> list[tuple[str, str]]:
    named = [(role.value, str(role.label)) for role in Role]
    return [("", str(_("All roles"))), *named, (JOBS, str(_("Jobs")))]


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "select"})


class FilterForm(forms.Form):
    """What of a sheet is shown; every field stands in the address."""

    ground = forms.ChoiceField(
        label=_("Ground"), choices=_grounds, required=False, widget=_select()
    )
    role = forms.ChoiceField(label=_("Role"), choices=_roles, required=False, widget=_select())
    state = forms.ChoiceField(
        label=_("State"),
        choices=[("", _("All states")), *STATES],
        required=False,
        widget=_select(),
    )

    def wanted(self) -> dict[str, str]:
        """The fields asked for; nonsense counts as not asked."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class ViewForm(FilterForm):
    """A name for the filters in use."""

    name = forms.CharField(label=_("Name of the view"), min_length=1, max_length=30)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not any(data.get(name) for name in ("ground", "role", "state")):
            raise forms.ValidationError(_("Choose a filter first."))
        return data


def _text(label: Any, hint: Any) -> PlainText:
    return PlainText(label=label, max_length=rules.LONGEST_TEXT, help_text=hint)


class FindingForm(forms.Form):
    """What is not in order."""

    text = _text(
        _("What is not in order"),
        _("At least 10 characters, patients by code. It cannot be taken back."),
    )


class AnswerForm(forms.Form):
    """What the department or person said."""

    text = _text(
        pgettext_lazy("review", "Answer"),
        _("Who was asked and what was said, at least 10 characters, by code."),
    )


class OwnWordForm(forms.Form):
    """What the person says whom it is about, or who sees to it."""

    text = _text(
        pgettext_lazy("review", "Answer"),
        _("At least 10 characters, patients by code. It cannot be changed afterwards."),
    )


class AssignForm(forms.Form):
    """Who sees to a finding, and until when."""

    owner = forms.ModelChoiceField(
        label=_("Seen to by"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("The side that found it"),
        widget=_select(),
    )
    due_on = forms.DateField(
        label=pgettext_lazy("review", "Due on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, owners: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = owners


class CloseForm(forms.Form):
    """What came of it."""

    text = _text(_("Outcome"), _("What follows from it, at least 10 characters, by code."))


class ExtraForm(forms.Form):
    """Since when, and why."""

    begins = forms.DateField(
        label=_("From"),
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Up to now; at most three months back."),
    )
    reason = PlainText(
        label=_("Occasion"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text=_("At least 10 characters. It stands on the sheet."),
    )
