"""Forms of the staff room."""

import unicodedata
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from crm.staff.models import ApiToken, User
from crm.staff.password_rules import is_complex
from privacy.access.policy import Permission, Role, can


def without_spaces(code: str) -> str:
    """A code as it was meant: full-width digits and spaces are what people paste."""
    return "".join(unicodedata.normalize("NFKC", code).split())


def with_one_factor(form: forms.Form, code: str, passkey: str) -> dict[str, Any]:
    """The cleaned data of a form that takes a code or a passkey's answer; one has to be there."""
    given = form.cleaned_data
    if code not in form.errors and not (given.get(code) or given.get(passkey)):
        form.add_error(code, forms.Field.default_error_messages["required"])
    return given


class SignInForm(forms.Form):
    """Staff number, password, one-time code."""

    staff_no = forms.CharField(
        label=_("Staff number"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label=_("One-time code"),
        max_length=40,
        help_text=_("Six digits from the authenticator app, or a recovery or enrolment code"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )
    passkey = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].required = not self.data.get("passkey")

    def clean_code(self) -> str:
        return without_spaces(self.cleaned_data["code"])

    def clean(self) -> dict[str, Any]:
        return with_one_factor(self, "code", "passkey")


class FactorForm(forms.Form):
    """The second factor once more, with ``full`` the password too. Named so that no form it is
    added to has the same fields."""

    PASSWORD = "factor_password"  # noqa: S105 - a field's name
    FIELD = "factor_code"
    PASSKEY = "factor_passkey"

    factor_password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    factor_code = forms.CharField(
        label=_("One-time code"),
        max_length=40,
        help_text=_("Six digits from the authenticator app, or a recovery code"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )
    factor_passkey = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, full: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.full = full
        if full:
            del self.fields[self.FIELD].widget.attrs["autofocus"]
        else:
            del self.fields[self.PASSWORD]
        self.fields[self.FIELD].required = not self.data.get(self.PASSKEY)

    @classmethod
    def is_in(cls, given: QueryDict) -> bool:
        """Whether a POST carries the answer to the question."""
        return cls.FIELD in given

    def clean_factor_code(self) -> str:
        return without_spaces(self.cleaned_data["factor_code"])

    def clean(self) -> dict[str, Any]:
        return with_one_factor(self, self.FIELD, self.PASSKEY)


class PasskeyForm(forms.Form):
    """What a new passkey is called."""

    name = forms.CharField(
        label=_("Passkey name"), max_length=40, help_text=_("Such as the device that holds it")
    )


class EnrolForm(forms.Form):
    """The first code of a new device."""

    code = forms.CharField(
        label=_("One-time code"),
        max_length=40,
        help_text=_("Six digits from the authenticator app"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        return without_spaces(self.cleaned_data["code"])


class AccountForm(forms.Form):
    """A new member of staff. The first password and the second factor are made, not typed."""

    staff_no = forms.RegexField(
        r"^[A-Za-z0-9._-]+$",
        label=_("Staff number"),
        min_length=2,
        max_length=20,
        help_text=_(
            "Letters, digits, dot, dash; used to sign in and never given to another person"
        ),
        error_messages={"invalid": _("Use letters, digits, dot, dash and underscore only.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    display_name = forms.CharField(
        label=_("Name"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("Choose")), *Role.choices])
    superior = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Superior"),
        required=False,
        empty_label=_("Nobody"),
        help_text=_("Who directs the person's work; the two never decide beside each other."),
    )

    def __init__(self, *args: Any, colleagues: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["superior"]
        if isinstance(chosen, forms.ModelChoiceField):
            chosen.queryset = colleagues


class SuperiorForm(forms.Form):
    """Who directs a colleague's work from now on."""

    superior = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Superior"),
        required=False,
        empty_label=_("Nobody"),
        help_text=_("Who directs the person's work; the two never decide beside each other."),
    )
    before = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, possible: QuerySet[User], person: User) -> None:
        now = person.superior_id
        super().__init__(data, initial={"superior": now, "before": f"{now or ''}"})
        chosen = self.fields["superior"]
        if isinstance(chosen, forms.ModelChoiceField):
            chosen.queryset = possible


class PasswordForm(forms.Form):
    """A change of the own password."""

    old = forms.CharField(
        label=_("Present password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        max_length=128,
        strip=False,
        help_text=_("At least 12 characters"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password once more"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        if is_complex():
            self.fields["new"].help_text = _(
                "At least 12 characters, three of: small letters, capitals, digits, other signs"
            )

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("new"):
            raise forms.ValidationError(_("The two new passwords differ."))
        return again


class KeysForm(forms.Form):
    """Whether one key alone may be a shortcut."""

    single_keys = forms.BooleanField(label=_("Shortcuts of a single key"), required=False)


class TokenForm(forms.Form):
    """A personal API token: for what, and for how long."""

    name = forms.CharField(
        label=_("Token name"),
        max_length=60,
        help_text=_("What the token is for, such as a program"),
    )
    scopes = forms.MultipleChoiceField(
        label=_("May do"), widget=forms.CheckboxSelectMultiple, choices=()
    )
    days = forms.IntegerField(
        label=_("Days"),
        min_value=1,
        max_value=ApiToken.LONGEST.days,
        initial=30,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, owner: User, data: QueryDict | None = None) -> None:
        super().__init__(data)
        held = sorted(one for one in Permission if can(owner, one))
        scopes = cast("forms.MultipleChoiceField", self.fields["scopes"])
        scopes.choices = [(one.value, one.value) for one in held]
