"""Texts that become part of the audit trail, where nothing of them is ever taken out again."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from privacy.minimisation.reasons import LEAVE_OUT, has_numbers, people_in

SHORTEST = 10
TICK = "names_nobody"


class PlainText(forms.CharField):
    """A reason or note: patients stand in it by code, and nobody by number, name or address.

    Numbers and accounts are refused. What only looks like a name or an address may be neither:
    a tick below the field then says so, and nothing that was typed is lost.
    """

    asks = False  # whether the tick is shown
    said = False  # whether it was set

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"rows": 3, "autocomplete": "off"}
        kwargs.setdefault("widget", forms.Textarea(attrs=attrs))
        kwargs.setdefault("min_length", SHORTEST)
        super().__init__(**kwargs)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> BoundField:
        """Also reads the tick, which stands in the form beside this field."""
        bound = super().get_bound_field(form, field_name)
        self.tick = f"{bound.html_name}_{TICK}"
        self.said = bool(form.data.get(self.tick))
        return bound

    def clean(self, value: Any) -> str:
        """Raises: ValidationError for a phone, ID number, card or account of somebody (S12), and,
        without the tick, for what looks like a name or an address."""
        text = str(super().clean(value))
        if has_numbers(text):
            raise ValidationError(LEAVE_OUT)
        people = people_in(text)
        self.asks = bool(people)
        if people and not self.said:
            raise ValidationError(
                _(
                    "This looks like a name or an address: %(words)s. Write the code or the role "
                    "instead. If it is neither, say so with the tick below."
                ),
                params={"words": "、".join(people)},
            )
        return text
