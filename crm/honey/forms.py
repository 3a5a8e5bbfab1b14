"""How many to plant."""

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.honey.rules import MOST_AT_ONCE


class PlantForm(forms.Form):
    """One to twenty."""

    number = forms.IntegerField(
        label=_("How many"), min_value=1, max_value=MOST_AT_ONCE, initial=2,
        help_text=_("One to twenty. They stand among the older patients of the list."),
    )  # fmt: skip
