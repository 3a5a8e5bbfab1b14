"""Narrowing the data inventory."""

from django import forms
from django.utils.translation import gettext_lazy as _

from privacy.inventory import DataClass, entries

ALL = ("", _("All"))


def _packages() -> list[tuple[str, str]]:
    names = dict.fromkeys(one.package for one in entries())
    return [("", str(ALL[1])), *((name, name) for name in names)]


class InventoryForm(forms.Form):
    """The filter; both fields stand in the address."""

    data_class = forms.ChoiceField(
        label=_("Class"), choices=[ALL, *DataClass.choices], required=False
    )
    package = forms.ChoiceField(label=_("Package"), choices=_packages, required=False)
