"""What a password must be, by the installation's policy (R27, ADR 0018)."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.staff import rules
from crm.staff.breached import is_breached
from crm.staff.models import User

LENGTH, COMPLEXITY = "length", "complexity"
POLICIES: Final = (LENGTH, COMPLEXITY)


class OwnDataValidator:
    """Nothing that others know of its owner: staff number, name, clinic, nor the product's name."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises: ValidationError if a part of ``password`` is about its owner."""
        known = ["suian", "随安"]
        if user is not None:
            known += [user.staff_no, user.display_name, user.clinic.name]
        if rules.contains_known(password, known):
            text = _("Leave out your number, your name, the clinic's and the product's name.")
            raise ValidationError(text, code="password_own_data")

    def get_help_text(self) -> str:
        return _("Leave out your number, your name, the clinic's and the product's name.")


class StretchedValidator(CommonPasswordValidator):
    """No common password, nor one made longer by digits, signs or saying it again (ASVS 6.2.4)."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises: ValidationError if that is all the password is."""
        if rules.is_stretched(password, lambda word: word in self.passwords):
            raise ValidationError(self.get_error_message(), code="password_too_common")


class BreachedValidator:
    """None of those in the list of stolen passwords, where the installation has one."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises: ValidationError if ``password`` stands in BREACHED_PASSWORDS_FILE."""
        file = settings.BREACHED_PASSWORDS_FILE
        if file and is_breached(password, Path(file)):
            raise ValidationError(self.get_help_text(), code="password_breached")

    def get_help_text(self) -> str:
        return _("This password was stolen somewhere and is tried by thieves. Choose another one.")


class ComplexityValidator:
    """Three of four kinds of characters, where the policy says so."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises: ValidationError under the policy "complexity" for fewer kinds."""
        if is_complex() and rules.kinds_of_characters(password) < rules.KINDS_NEEDED:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        return _("Use three of: small letters, capitals, digits, other signs.")


def is_complex() -> bool:
    """Whether this installation follows its assessor rather than ASVS 6.2.5 and 6.2.10."""
    return bool(settings.PASSWORD_POLICY == COMPLEXITY)


def is_due(user: User, *, now: datetime | None = None) -> bool:
    """Whether another password has to be chosen before anything else.

    One that somebody handed over is good for that alone; the policy may ask for it with time.
    """
    oldest = (now or timezone.now()) - timedelta(days=settings.PASSWORD_MAX_AGE_DAYS)
    return user.password_handed_over or (is_complex() and user.password_changed_at < oldest)
