"""What the desk may type about a patient, and in which forms it is taken."""

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from crm.patients import rules, words
from crm.patients.collecting import Fact, purposes_at
from crm.patients.models import Patient
from crm.patients.selectors import Filters
from crm.patients.services.registration import Registration
from crm.staff.models import User
from crm.staff.selectors import colleagues_of
from crm.web.plain_text import PlainText
from privacy.access.policy import Role, is_cleared
from privacy.consent.models import Manner
from privacy.consent.rules import Answer
from privacy.minimisation.numbers import plain_digits

OLDEST = 120
CARING = frozenset({Role.CONSULTANT, Role.DOCTOR, Role.NURSE})


def _choices(table: Mapping[Any, words.Words]) -> list[tuple[str, words.Words]]:
    return [(str(key), label) for key, label in table.items()]


def tidy(text: str) -> str:
    """One spelling of the same characters (NFC), without control characters and outer blanks."""
    kept = "".join(
        sign
        for sign in unicodedata.normalize("NFC", text)
        if sign == "\n" or sign.isprintable() or unicodedata.category(sign) not in {"Cc", "Cs"}
    )
    return kept.strip()


def tidy_year(text: str) -> str:
    """A year of birth in four digits, "" for nothing. Raises: ValidationError for no such year."""
    typed = plain_digits(text).strip().removesuffix("年")
    if not typed:
        return ""
    if not (typed.isascii() and typed.isdecimal() and len(typed) == len("1990")):
        raise forms.ValidationError(_("Enter a year in four digits, such as 1990"))
    last = timezone.localdate().year
    if not last - OLDEST <= int(typed) <= last:
        years = {"first": last - OLDEST, "last": last}
        raise forms.ValidationError(_("The birth year lies between %(first)d and %(last)d") % years)
    return typed


class RegistrationForm(forms.Form):
    """Three facts; the rest is folded away and never asked for by itself (S12-S14)."""

    name = forms.CharField(
        label=_("Name or form of address"),
        max_length=rules.LONGEST_NAME,
        help_text=_("As the patient wants it; surname and title are enough."),
        error_messages={"required": _("Enter a name or a form of address")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "data-live": True}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=rules.LONGEST_PHONE_INPUT,
        error_messages={"required": _("Enter a phone number, or tick that there is none")},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "inputmode": "tel", "data-live": True}
        ),
    )
    no_phone = forms.BooleanField(
        label=_("No phone"),
        required=False,
        help_text=_("The patient stays provisional and cannot be followed up."),
    )
    chief_complaint = PlainText(
        label=_("Chief complaint"),
        min_length=None,
        max_length=rules.LONGEST_COMPLAINT,
        help_text=_("In the patient's words. Sealed when saved: the desk cannot read it back."),
        error_messages={"required": _("Enter what the patient comes for")},
    )
    sex = forms.ChoiceField(
        label=_("Sex"), required=False, choices=_choices(words.SEX), widget=forms.RadioSelect
    )
    birth_year = forms.CharField(
        label=_("Birth year"),
        required=False,
        max_length=8,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "inputmode": "numeric", "data-live": True}
        ),
    )
    birth_year_declined = forms.BooleanField(label=_("Birth year declined"), required=False)
    marital_status = forms.ChoiceField(
        label=_("Marital status"),
        required=False,
        choices=_choices(words.MARITAL_STATUS),
        widget=forms.RadioSelect,
    )
    id_purpose = forms.ChoiceField(
        label=_("ID number: what for"),
        required=False,
        choices=_choices(words.ID_PURPOSES),
        help_text=_("Not asked at a first visit. Choose a purpose only if there is one."),
    )
    id_number = forms.CharField(
        label=_("ID number"),
        required=False,
        max_length=rules.LONGEST_ID_INPUT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-live": True}),
    )
    same_sex_staff = forms.BooleanField(label=_("Wants staff of the same sex"), required=False)
    consultant = forms.ModelChoiceField(
        label=Role.CONSULTANT.label, required=False, queryset=User.objects.none()
    )
    doctor = forms.ModelChoiceField(
        label=Role.DOCTOR.label, required=False, queryset=User.objects.none()
    )
    nurse = forms.ModelChoiceField(
        label=Role.NURSE.label, required=False, queryset=User.objects.none()
    )
    set_aside = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    set_aside_reason = forms.ChoiceField(
        label=_("Why somebody else"),
        required=False,
        choices=_choices(words.SET_ASIDE_REASONS),
        widget=forms.RadioSelect,
    )

    MORE = (
        "sex", "birth_year", "birth_year_declined", "marital_status", "id_purpose", "id_number",
        "same_sex_staff", "consultant", "doctor", "nurse",
    )  # fmt: skip

    def __init__(self, *args: Any, staff: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, role in self._teams().items():
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = _colleagues(staff, role)
                field.empty_label = "—"

        purposes = purposes_at(Fact.ID_NUMBER, Patient.Stage.NEW, list(words.ID_PURPOSES))
        asked_for = self.fields["id_purpose"]
        if isinstance(asked_for, forms.ChoiceField):
            asked_for.choices = [(one, words.ID_PURPOSES[one]) for one in ("", *purposes)]
        # Asked of everybody, and its absence is an answer: the tick below it.
        self.fields["phone"].required = not self["no_phone"].data

    @staticmethod
    def _teams() -> dict[str, Role]:
        return {"consultant": Role.CONSULTANT, "doctor": Role.DOCTOR, "nurse": Role.NURSE}

    @property
    def more_opened(self) -> bool:
        """Whether something optional was filled in or refused: then the fold stays open."""
        return any(self[name].errors or self[name].data for name in self.MORE)

    def clean_name(self) -> str:
        name = " ".join(tidy(self.cleaned_data["name"]).split())
        if not name:
            raise forms.ValidationError(_("Enter a name or a form of address"))
        return name

    def clean_chief_complaint(self) -> str:
        return tidy(self.cleaned_data["chief_complaint"])

    def clean_birth_year(self) -> str:
        return tidy_year(self.cleaned_data["birth_year"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._clean_phone(data)
        self._clean_id_number(data)
        if data.pop("birth_year_declined", False):
            data["birth_year"] = data.get("birth_year") or rules.DECLINED
        return data

    def _clean_phone(self, data: dict[str, Any]) -> None:
        if "phone" in self.errors:  # said already
            return
        typed, none = data.get("phone", ""), data.get("no_phone", False)
        found = rules.normalise_phone(typed)
        if none and not typed.strip():
            data["phone"] = ""
        elif none:
            self.add_error("no_phone", _("There is a phone number above; remove one of the two"))
        elif found.problem:
            self.add_error("phone", str(words.PHONE_PROBLEMS[found.problem]))
        else:
            data["phone"] = found.value

    def _clean_id_number(self, data: dict[str, Any]) -> None:
        typed, purpose = data.get("id_number", "").strip(), data.get("id_purpose", "")
        if not typed:
            if purpose:
                self.add_error("id_number", str(words.ID_PROBLEMS[rules.InputProblem.EMPTY]))
            return
        if not purpose:
            self.add_error("id_purpose", _("Choose what the ID number is needed for"))
        found = rules.normalise_id_number(typed, today=timezone.localdate())
        if found.problem:
            self.add_error("id_number", str(words.ID_PROBLEMS[found.problem]))
        else:
            data["id_number"] = found.value

    def registration(self) -> Registration:
        """The cleaned form as the service wants it."""
        data = self.cleaned_data
        names = ("name", "phone", "chief_complaint", "sex", "birth_year", "marital_status",
                 "id_number", "id_purpose", "same_sex_staff")  # fmt: skip
        team = tuple(data[name] for name in self._teams() if data.get(name))
        return Registration(
            care_team=team,
            **{name: data.get(name) or "" for name in names[:-1]},
            same_sex_staff=bool(data.get("same_sex_staff")),
        )

    def typed_so_far(self) -> Registration:
        """What is well-formed already, for the check while typing."""
        self.is_valid()
        data = self.cleaned_data
        return Registration(
            name=data.get("name", ""),
            phone=data.get("phone", "") if "phone" not in self.errors else "",
            chief_complaint="",
            birth_year=data.get("birth_year", ""),
            id_number=data.get("id_number", "") if "id_number" not in self.errors else "",
        )

    def ask_why_not_the_same(self) -> None:
        """Somebody similar was found: now the reason is asked for, and missed if not given."""
        self.fields["set_aside_reason"].required = True
        if self.codes_set_aside and not self.cleaned_data.get("set_aside_reason"):
            self.add_error("set_aside_reason", _("Choose why this is somebody else"))

    @cached_property
    def codes_set_aside(self) -> list[str]:
        """Codes of the patients the desk has seen and set aside."""
        return [code for code in self.cleaned_data.get("set_aside", "").split(",") if code]


def _colleagues(staff: User, role: Role) -> QuerySet[User]:
    return colleagues_of(staff).filter(role=role)


class ContactForm(forms.Form):
    """Corrected contact data. Nothing is shown in the fields: what stays empty stays as it is."""

    name = forms.CharField(
        label=_("Name or form of address"),
        required=False,
        max_length=rules.LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=rules.LONGEST_PHONE_INPUT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )

    def clean_name(self) -> str:
        return " ".join(tidy(self.cleaned_data["name"]).split())

    def clean_phone(self) -> str:
        if not self.cleaned_data["phone"].strip():
            return ""
        found = rules.normalise_phone(self.cleaned_data["phone"])
        if found.problem:
            raise forms.ValidationError(str(words.PHONE_PROBLEMS[found.problem]))
        return found.value


class StageForm(forms.Form):
    """The stage, and the one that the desk saw."""

    stage = forms.ChoiceField(
        label=_("Stage"), choices=Patient.Stage.choices, widget=forms.RadioSelect
    )
    before = forms.ChoiceField(choices=Patient.Stage.choices, widget=forms.HiddenInput)


class AnswerForm(forms.Form):
    """One answer at the consent desk. ``text`` is the hash of the words that were shown."""

    answer = forms.ChoiceField(choices=[(one.value, one.value) for one in Answer])
    manner = forms.ChoiceField(
        choices=Manner.choices,
        error_messages={
            "required": _("Choose above how the patient answers."),
            "invalid_choice": _("Choose above how the patient answers."),
        },
    )
    text = forms.CharField(required=False, max_length=64)
    unasked = forms.BooleanField(required=False)  # the patient came back to it by themselves
    until = forms.DateField(
        required=False, error_messages={"invalid": _("Choose a day from tomorrow on.")}
    )

    def first_error(self) -> str:
        """One sentence for a toast."""
        return str(next(iter(self.errors.values()))[0])


class FilterForm(forms.Form):
    """What the list is narrowed to; nonsense in the address narrows nothing, nor does what would
    tell who is not cleared how far things are and who cares (ADR 0019)."""

    TELLING: Final = ("stage", "status", "alone")

    stage = forms.ChoiceField(label=_("Stage"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False)
    since = forms.DateField(
        label=_("Registered from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    mine = forms.BooleanField(label=_("Mine only"), required=False)
    alone = forms.BooleanField(label=_("Nobody cares for them"), required=False)

    def __init__(self, *args: Any, staff: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("stage", Patient.Stage.choices), ("status", Patient.Status.choices)):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", _("All")), *choices]
        for name in () if is_cleared(staff) else self.TELLING:
            del self.fields[name]

    def filters(self) -> Filters:
        """The well-formed part of what was asked."""
        self.is_valid()
        data = {name: value for name, value in self.cleaned_data.items() if value}
        return Filters(**data)
