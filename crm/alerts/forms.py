"""What is written about alerts and incidents: codes, never a person's data."""

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.web.plain_text import PlainText


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
