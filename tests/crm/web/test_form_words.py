"""A form speaks the clinic's language: Django's own sentences have words of ours."""

import pytest
from django import forms
from django.core.validators import MaxLengthValidator, MinLengthValidator
from django.utils.translation import override

from crm.trail.forms import ExportForm
from crm.web.form_words import DJANGO_COUNTS, DJANGO_SAYS


class Sample(forms.Form):
    name = forms.CharField()
    age = forms.IntegerField(min_value=1, max_value=9)
    day = forms.DateField()
    moment = forms.DateTimeField()
    address = forms.GenericIPAddressField()
    one = forms.ChoiceField(choices=[("a", "a")])
    code = forms.RegexField("^a$")


def told(**data: str) -> str:
    return " ".join(str(text) for texts in Sample(data).errors.values() for text in texts)


def test_what_stands_in_the_list_is_what_django_says() -> None:
    wrong = {"age": "x", "day": "x", "moment": "x", "address": "x", "one": "b", "code": "b"}
    with override("en"):
        said = told() + told(**wrong) + told(age="0") + told(age="10") + told(name="\0")
        for text in DJANGO_SAYS[:-1]:  # the last is of choices out of a table
            start = text.partition("%")[0]
            assert start in said, text


@pytest.mark.parametrize(("validator", "place"), [(MinLengthValidator, 0), (MaxLengthValidator, 1)])
def test_the_plurals_are_djangos(validator: type[MinLengthValidator], place: int) -> None:
    assert vars(DJANGO_COUNTS[place])["_kw"] == vars(validator.message)["_kw"]


def test_a_reason_too_short_and_an_empty_one_are_said_in_our_words() -> None:
    assert ExportForm({"reason": ""}).errors["reason"] == ["请填写此项。"]
    short = ExportForm({"reason": "太短"}).errors["reason"]
    assert short == ["至少写 10 个字，现在是 2 个。"]


def test_what_is_chosen_is_not_asked_to_be_filled_in() -> None:
    class Pills(forms.Form):
        one = forms.ChoiceField(choices=[("a", "a")])
        many = forms.MultipleChoiceField(choices=[("a", "a")])
        own = forms.ChoiceField(choices=[("a", "a")], error_messages={"required": "x"})

    errors = Pills({}).errors
    assert (errors["one"], errors["many"], errors["own"]) == (["请选择。"], ["请选择。"], ["x"])
