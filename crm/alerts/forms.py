"""What is written about alerts and incidents: codes, never a person's data."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from privacy.minimisation.finding import find_numbers

SHORTEST = 10


class PlainText(forms.CharField):
    """A text that everybody who may see alerts will read."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"rows": 3, "autocomplete": "off"}
        kwargs.setdefault("widget", forms.Textarea(attrs=attrs))
        kwargs.setdefault("min_length", SHORTEST)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        """Raises: ValidationError for a phone, ID number, card or account of somebody (S12)."""
        text = str(super().clean(value))
        if find_numbers(text):
            raise forms.ValidationError(
                _("Leave out numbers and accounts of people; patients are named by their code.")
            )
        return text


class CloseForm(forms.Form):
    """What the alert turned out to be."""

    note = PlainText(
        label=_("What was found"),
        max_length=300,
        help_text=_(
            "At least 10 characters. The note becomes part of the audit trail. "
            "A new sign opens the alert again."
        ),
    )
