"""Why somebody looks: what the form takes, and what one tap writes into it (T2)."""

from collections.abc import Mapping, Sequence
from typing import Any, Self
from uuid import UUID

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext as now_in_words
from django.utils.translation import gettext_lazy as _

from crm.patients import reasons, words
from crm.patients.formers import Former
from crm.patients.forms import tidy
from crm.patients.services.revealing import fields_open_to
from crm.staff.models import User
from crm.web.plain_text import PlainText
from privacy.errors import DomainError


class ReasonForm(forms.Form):
    """A purpose and a reason. ``phrases`` are those that one tap writes down."""

    purpose = forms.ChoiceField(label=_("What for"), widget=forms.RadioSelect)
    reason = PlainText(
        label=_("Reason"),
        min_length=None,  # said in the words of the rule
        max_length=reasons.LONGEST,
        help_text=_("At least 10 characters, no names and no numbers: many read the trail."),
        error_messages={"required": _("Say in at least 10 characters what it is needed for.")},
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    purposes: Mapping[str, words.Words] = {}

    def __init__(self, *args: Any, phrases: Sequence[reasons.Phrase] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.phrases = phrases
        self.offer("purpose", self.purposes)

    def offer(self, name: str, choices: Mapping[str, words.Words]) -> None:
        """Let the field ``name`` be one of ``choices``."""
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices.items())

    def clean_reason(self) -> str:
        try:
            return reasons.checked(tidy(self.cleaned_data["reason"]))
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error

    @classmethod
    def of(
        cls, posted: Mapping[str, str], *, phrases: Sequence[reasons.Phrase], **kwargs: Any
    ) -> Self:
        """The form that was sent; where a phrase was tapped, unbound, with the phrase written in
        and what else was typed kept. ``tapped`` tells the two apart."""
        key = posted.get("phrase")
        found = next((one for one in phrases if one.key == key), None)
        if found is None:
            return cls(posted or None, phrases=phrases, **kwargs)
        written = {"purpose": found.purpose, "reason": found.text}
        typed = {name: posted[name] for name in cls.base_fields if posted.get(name)}
        form = cls(initial=typed | written, phrases=phrases, **kwargs)
        form.tapped = True
        return form

    tapped = False


class RevealForm(ReasonForm):
    """Which field, what for, and why; fields that were corrected stand below the present ones.

    Cleaned data: ``former`` is the row of a value that was corrected, None for a present one.
    """

    field = forms.ChoiceField(label=_("Which one"), widget=forms.RadioSelect)
    purposes = words.REVEAL_PURPOSES

    def __init__(
        self, *args: Any, staff: User, formers: Sequence[Former] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields = fields_open_to(staff)
        self.labels = {one: words.REVEAL_FIELDS[one] for one in fields}
        self.labels |= {one.key: _until(one) for one in formers if one.field in fields}
        self.offer("field", self.labels)
        # Whoever is to call wants the number: one tap and Enter. Other purposes say no field.
        if self.initial.get("purpose") == "call" and "phone" in fields:
            self.initial.setdefault("field", "phone")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.label = self.labels.get(data.get("field", ""), "")
        field, _dash, row = data.get("field", "").partition("-")
        return data | {"field": field, "former": UUID(row) if row else None}


def _until(former: Former) -> str:
    """What the dialog calls a value that was corrected; clinic time."""
    when = f"{localtime(former.until):%Y-%m-%d %H:%M}"
    return now_in_words("%(field)s, until %(when)s") % {
        "field": words.FORMER_FIELDS[former.field],
        "when": when,
    }


class OffHoursForm(ReasonForm):
    """What for, and why, while the clinic is closed."""

    purposes = words.OFF_HOURS_PURPOSES
