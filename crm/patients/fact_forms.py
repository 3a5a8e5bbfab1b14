"""Taking down one fact: what it is for, what was said, or that the patient would rather not."""

from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.patients import rules, words
from crm.patients.asked_facts import AskedFact
from crm.patients.collecting import Fact, Stance, purposes_at
from crm.patients.forms import tidy_year
from crm.patients.models import Patient
from crm.patients.services.collecting import Asked

LISTS: Final = {Fact.SEX: words.SEX, Fact.MARITAL_STATUS: words.MARITAL_STATUS}
PAPERS: Final = frozenset({Fact.ID_DOCUMENT, Fact.MARRIAGE_CERTIFICATE})


class FactForm(forms.Form):
    """One fact of one patient."""

    answer = forms.ChoiceField(
        label=_("The patient"),
        choices=[("given", _("told it")), ("declined", _("would rather not"))],
        widget=forms.RadioSelect,
    )
    purpose = forms.ChoiceField(label=_("What for"), required=False)
    value = forms.CharField(
        label=_("What was said"), required=False, max_length=rules.LONGEST_ID_INPUT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    came_back = forms.ChoiceField(
        label=_("How the patient came back to it"),
        required=False,
        choices=[("", "—"), *AskedFact.CameBack.choices],
        help_text=_("Only the patient may come back to what they declined."),
    )

    def __init__(self, *args: Any, patient: Patient, asked: Asked, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        if asked.fact in LISTS:
            table = LISTS[asked.fact]
            self.fields["value"] = forms.ChoiceField(
                label=str(asked.label),
                required=False,
                choices=[(key, word) for key, word in table.items() if key not in NO_VALUE],
                widget=forms.RadioSelect,
            )
        if asked.fact in PAPERS:
            del self.fields["value"]
            answer = self.fields["answer"]
            if isinstance(answer, forms.ChoiceField):
                answer.choices = [("given", _("showed it")), ("declined", _("would rather not"))]
        purpose = self.fields["purpose"]
        if asked.stance is not Stance.PURPOSE:
            del self.fields["purpose"]
        elif isinstance(purpose, forms.ChoiceField):
            allowed = purposes_at(asked.fact, patient.stage, list(words.ID_PURPOSES))
            purpose.choices = [("", "—"), *((one, words.ID_PURPOSES[one]) for one in allowed)]
        if asked.leave.may:
            del self.fields["came_back"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("answer") == "declined":
            return data | {"value": ""}
        if "purpose" in self.fields and not data.get("purpose"):
            self.add_error("purpose", _("Choose what it is needed for."))
        if "value" in self.fields and "value" not in self.errors:
            self._clean_value(data)
        return data

    def _clean_value(self, data: dict[str, Any]) -> None:
        typed = data.get("value", "").strip()
        if not typed:
            self.add_error("value", _("Enter what the patient said."))
        elif self.asked.fact is Fact.BIRTH_YEAR:
            try:
                data["value"] = tidy_year(typed)
            except forms.ValidationError as error:
                self.add_error("value", error)
        elif self.asked.fact is Fact.ID_NUMBER:
            found = rules.normalise_id_number(typed, today=timezone.localdate())
            if found.problem:
                self.add_error("value", str(words.ID_PROBLEMS[found.problem]))
            data["value"] = found.value

    def taken(self) -> dict[str, Any]:
        """What the service wants to know."""
        data = self.cleaned_data
        return {
            "value": data.get("value", ""),
            "declined": data["answer"] == "declined",
            "purpose": data.get("purpose", ""),
            "came_back": data.get("came_back", ""),
        }


NO_VALUE: Final = frozenset({"", rules.DECLINED})
