"""What the desk types when somebody comes."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.scheduling.models import Room, Visit
from privacy.minimisation.numbers import plain_digits


class PurposeForm(forms.Form):
    """What somebody comes for, in words that may be read over a shoulder."""

    purpose = forms.ChoiceField(
        label=_("What it is about"), choices=Visit.Purpose.choices, widget=forms.RadioSelect
    )


class ArrivalForm(PurposeForm):
    """The second fact: four digits, compared on the server and never shown."""

    last_digits = forms.CharField(
        label=_("Last four digits of the phone"),
        required=False,
        max_length=12,
        help_text=_("Only for checking; the whole number is not shown."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    shown_code = forms.BooleanField(
        label=_("No phone on record: I have seen the code card"), required=False
    )

    def __init__(self, *args: Any, second_fact: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not second_fact:
            del self.fields["last_digits"], self.fields["shown_code"]

    def clean_last_digits(self) -> str:
        return "".join(plain_digits(self.cleaned_data["last_digits"]).split())

    def facts(self) -> dict[str, Any]:
        """What the service asks for."""
        return {"last_digits": "", **self.cleaned_data}


class SeenForm(forms.Form):
    """Of a guarded patient the desk knows the code alone: the card with it is the second fact."""

    shown_code = forms.BooleanField(label=_("I have seen the code card"))


class CardForm(forms.Form):
    """The code of a guarded patient who is known here by the number of the day."""

    card_code = forms.CharField(
        label=_("Code on the card"),
        max_length=64,
        help_text=_("As the patient shows or says it; who forgot it asks for the care team."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class FindForm(forms.Form):
    """Which patient has come: the lasting code, or today's."""

    code = forms.CharField(
        label=_("Code or today's number"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class LabelForm(forms.Form):
    """What stands on the door."""

    label = forms.CharField(
        label=_("Name of the room"),
        max_length=20,
        help_text=_("As it stands on the door, such as 3-01. No names of people."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_label(self) -> str:
        """One spelling: 3-01 typed in full-width signs is the same door."""
        return " ".join(unicodedata.normalize("NFKC", self.cleaned_data["label"]).split())


class RoomForm(forms.Form):
    """A free room."""

    room = forms.ModelChoiceField[Room](
        label=_("Room"), queryset=Room.objects.none(), widget=forms.RadioSelect, empty_label=None
    )

    def __init__(self, *args: Any, rooms: list[Room], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["room"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Room.objects.filter(pk__in=[room.pk for room in rooms])
