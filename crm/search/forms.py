"""The one box."""

from django import forms


class SearchForm(forms.Form):
    """Whatever helps to find a patient or a document of theirs."""

    q = forms.CharField(max_length=64)
