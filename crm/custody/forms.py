"""What the page of the keys sends."""

from django import forms

from privacy.custody.rotation import ZONES


class ZoneForm(forms.Form):
    """Which zone's key."""

    zone = forms.ChoiceField(choices=[(zone, zone) for zone in ZONES])
