"""What the registry's codes are called on screen. Rules return codes; words stand here."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.patients.collecting import Fact, Stance
from crm.patients.duplicates import Reason
from crm.patients.rules import DECLINED, InputProblem, MaritalStatus

Words = str | Promise

PHONE_PROBLEMS: Final[Mapping[InputProblem, Words]] = {
    InputProblem.EMPTY: _("Enter a phone number, or tick that there is none"),
    InputProblem.TOO_LONG: _("This is too long for a phone number"),
    InputProblem.NOT_DIGITS: _("A phone number has digits only"),
    InputProblem.WRONG_LENGTH: _("A mobile number has 11 digits; count again"),
    InputProblem.UNKNOWN_PREFIX: _(
        "Not a mobile number; a landline needs its area code, a foreign number its +code"
    ),
}
ID_PROBLEMS: Final[Mapping[InputProblem, Words]] = {
    InputProblem.EMPTY: _("Enter the ID number, or leave the purpose open"),
    InputProblem.TOO_LONG: _("This is too long for an ID number"),
    InputProblem.NOT_DIGITS: _("An ID number has 17 digits and a digit or X"),
    InputProblem.WRONG_LENGTH: _("An ID number has 18 characters; count again"),
    InputProblem.UNKNOWN_PREFIX: _("No ID number begins with these digits"),
    InputProblem.IMPOSSIBLE_DATE: _("The birth date in this ID number does not exist"),
    InputProblem.WRONG_CHECK: _("The last character does not fit the others; read it again"),
}
SEX: Final[Mapping[str, Words]] = {
    "": _("Not asked"),
    "female": _("Female"),
    "male": _("Male"),
    "other": pgettext_lazy("sex", "Other"),
    DECLINED: _("Declined"),
}
MARITAL_STATUS: Final[Mapping[str, Words]] = {
    "": _("Not asked"),
    MaritalStatus.SINGLE.value: _("Single"),
    MaritalStatus.MARRIED.value: _("Married"),
    MaritalStatus.DIVORCED.value: _("Divorced"),
    MaritalStatus.WIDOWED.value: _("Widowed"),
    DECLINED: _("Declined"),
}
ID_PURPOSES: Final[Mapping[str, Words]] = {
    "": _("Not asked"),
    "invoice": _("Invoice or insurance in the real name"),
    "legal_check": _("A check that the law demands before treatment"),
    "referral": _("Referral to another institution"),
}
FACTS: Final[Mapping[Fact, Words]] = {
    Fact.NAME: _("Name or form of address"),
    Fact.PHONE: _("Phone"),
    Fact.COMPLAINT: _("Chief complaint"),
    Fact.SEX: _("Sex"),
    Fact.BIRTH_YEAR: _("Birth year"),
    Fact.MARITAL_STATUS: _("Marital status"),
    Fact.ID_NUMBER: _("ID number"),
    Fact.ID_DOCUMENT: _("ID card, looked at"),
    Fact.MARRIAGE_CERTIFICATE: _("Marriage certificate, looked at"),
    Fact.OCCUPATION: _("Occupation"),
    Fact.MOTIVE: _("Why the patient wants children"),
}
STANCES: Final[Mapping[Stance, Words]] = {
    Stance.ASKED: _("Asked of everybody"),
    Stance.OFFERED: _("May be told; a no is an answer"),
    Stance.PURPOSE: _("Only with a purpose"),
    Stance.BLOCKED: _("Not at this stage"),
    Stance.NEVER: _("Never asked"),
}
SIMILARITIES: Final[Mapping[Reason, Words]] = {
    Reason.SAME_ID: _("same ID number"),
    Reason.SAME_PHONE: _("same phone"),
    Reason.SAME_NAME_AND_YEAR: _("same name and birth year"),
    Reason.SAME_NAME: _("same name"),
    Reason.SIMILAR_NAME: _("similar name"),
}
SET_ASIDE_REASONS: Final[Mapping[str, Words]] = {
    "shared_phone": _("They share a phone (family)"),
    "same_name": _("Same name, somebody else"),
    "number_passed_on": _("The number has a new owner"),
    "asked": _("Asked: has never been here"),
}
REVEAL_FIELDS: Final[Mapping[str, Words]] = {
    "phone": _("Phone"),
    "name": _("Name"),
    "id_number": _("ID number"),
}
FORMER_FIELDS: Final[Mapping[str, Words]] = {
    "phone": _("Former phone"),
    "name": _("Former name"),
}
REVEAL_PURPOSES: Final[Mapping[str, Words]] = {
    "call": _("To call or write"),
    "identity": _("To check the identity"),
    "invoice": _("To make out an invoice"),
    "other": pgettext_lazy("purpose", "Other"),
}
# Why a record is kept and not used any more (R15).
RESTRICTION_GROUNDS: Final[Mapping[str, Words]] = {
    "kept": _("Erasure asked for, and the law keeps the record"),
    "wish": _("The patient asks that its use stops"),
    "dispute": _("Whether the data are right or lawful is in dispute"),
}
# Reasons to tap, of at least 10 characters in each language; none of them names anybody.
REVEAL_PHRASES: Final[Mapping[str, tuple[Words, ...]]] = {
    "call": (
        _("Calling the patient to confirm the appointment"),
        _("Calling the patient back, as they asked"),
    ),
    "identity": (
        _("The patient is at the desk; comparing who they are"),
        _("Comparing the name on a document brought along"),
    ),
    "invoice": (_("Making out an invoice that the patient asked for"),),
    "other": (),
}
OFF_HOURS_PURPOSES: Final[Mapping[str, Words]] = {
    "duty": _("Night duty"),
    "asked": _("The patient asks"),
    "emergency": pgettext_lazy("purpose", "Emergency"),
    "prepare": _("To prepare the next day"),
    "other": pgettext_lazy("purpose", "Other"),
}
OFF_HOURS_PHRASES: Final[Mapping[str, tuple[Words, ...]]] = {
    "duty": (_("On night duty, caring for this patient"),),
    "asked": (_("The patient called and asks for advice"),),
    "emergency": (_("Sudden complaints; the doctor on duty is treating them"),),
    "prepare": (_("Reading up for tomorrow's appointment"),),
    "other": (),
}
