"""What the page of the keys sends, and what is written about an erasure."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.custody.models import LONGEST_WORDS, SHORTEST_WORDS
from crm.patients.forms import tidy
from crm.patients.words import RESTRICTION_GROUNDS
from crm.web.plain_text import PlainText
from privacy.custody.erasure import REASON_CHOICES
from privacy.custody.rotation import ZONES
from privacy.custody.signals import CONTACT


class ZoneForm(forms.Form):
    """Which zone's key."""

    zone = forms.ChoiceField(choices=[(zone, zone) for zone in ZONES])


class WordsField(PlainText):
    """A reason in a sentence. It stands in the trail, so it names nobody."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            min_length=SHORTEST_WORDS,
            max_length=LONGEST_WORDS,
            widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        return tidy(str(super().clean(value)))


def _code_field(label: Any, hint: Any = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, max_length=20, help_text=hint, widget=widget)


class AskErasureForm(forms.Form):
    """Whose data, which of them, why, and how that was asked for."""

    code = _code_field(_("Patient code"))
    zone = forms.ChoiceField(
        label=_("What is to be erased"),
        choices=[
            (zone, _("Contact data") if zone == CONTACT else _("Clinical data")) for zone in ZONES
        ],
        widget=forms.RadioSelect,
        help_text=_("Clinical data stay as long as the law asks for the record."),
    )
    reason = forms.ChoiceField(label=_("Why"), choices=REASON_CHOICES, widget=forms.RadioSelect)
    wish = WordsField(
        label=_("How it was asked for"),
        help_text=_("At least 10 characters: which paper, of which day, kept where. Name nobody."),
    )


class ConfirmErasureForm(forms.Form):
    """The second person types the code from the paper, not from the screen."""

    code = _code_field(_("The patient's code once more"), _("From the written request."))


class CallOffForm(forms.Form):
    """Why it is not done."""

    why = WordsField(label=_("Why it is called off"), help_text=_("At least 10 characters."))


class RestrictForm(forms.Form):
    """Whose record rests, on what ground, and how that was asked for."""

    code = _code_field(_("Patient code"))
    ground = forms.ChoiceField(
        label=_("Why"), choices=list(RESTRICTION_GROUNDS.items()), widget=forms.RadioSelect
    )
    wish = WordsField(
        label=_("How it was asked for"),
        help_text=_("At least 10 characters: which paper, of which day, kept where. Name nobody."),
    )


class AskLiftForm(forms.Form):
    """Why the record may be used again."""

    why = WordsField(
        label=_("Why it may be used again"),
        help_text=_("At least 10 characters: which paper, of which day, kept where. Name nobody."),
    )


class KeepForm(forms.Form):
    """Why it stays restricted."""

    why = WordsField(label=_("Why it stays restricted"), help_text=_("At least 10 characters."))
