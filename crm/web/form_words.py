"""What Django says about forms, named here so that our catalogue has words of its own for it.

A message of the project's catalogue wins over Django's translation; one that no source of ours
names would not be kept there.
"""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy, gettext_noop, ngettext_lazy

DJANGO_SAYS: Final = (
    gettext_noop("This field is required."),
    gettext_noop("Enter a valid value."),
    gettext_noop("Enter a whole number."),
    gettext_noop("Enter a valid date."),
    gettext_noop("Enter a valid date/time."),
    gettext_noop("Enter a valid %(protocol)s address."),
    gettext_noop("Ensure this value is greater than or equal to %(limit_value)s."),
    gettext_noop("Ensure this value is less than or equal to %(limit_value)s."),
    gettext_noop("Null characters are not allowed."),
    gettext_noop("Select a valid choice. %(value)s is not one of the available choices."),
    gettext_noop("Select a valid choice. That choice is not one of the available choices."),
)
DJANGO_COUNTS: Final = (
    ngettext_lazy(
        "Ensure this value has at least %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at least %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    ),
    ngettext_lazy(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    ),
)

# Pills and lists are not filled in: what was left open there is chosen.
CHOOSE: Final = gettext_lazy("Please choose.")


def say_choose() -> None:
    """Every field of choices asks to choose, where its form has no words of its own."""
    for kind in (forms.ChoiceField, forms.ModelChoiceField):
        kind.default_error_messages = {**kind.default_error_messages, "required": CHOOSE}
