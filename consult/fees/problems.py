"""Findings of the rules in words, and the refusal that carries them."""

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from consult.fees.rules import Finding, Problem
from privacy.errors import DomainError
from privacy.minimisation.reasons import LEAVE_OUT

WORDS: Final[dict[Problem, StrOrPromise]] = {
    Problem.MISSING: gettext_lazy("This is missing."),
    Problem.TOO_LONG: gettext_lazy("At most %(limit)s characters."),
    Problem.NOT_A_NUMBER: gettext_lazy("Enter a plain number, such as 1280.50."),
    Problem.NEGATIVE: gettext_lazy("This cannot be below zero."),
    Problem.NOT_POSITIVE: gettext_lazy("This must be more than zero."),
    Problem.TOO_LARGE: gettext_lazy(
        "This is more than %(limit)s. Check for a slip of the keyboard."
    ),
    Problem.TOO_PRECISE: gettext_lazy("At most two decimal places."),
    Problem.RANGE_REVERSED: gettext_lazy("The highest price is below the price."),
    Problem.TOO_MANY_LINES: gettext_lazy("At most %(limit)s lines."),
    Problem.OF_A_PERSON: LEAVE_OUT,
}
FIELDS: Final[dict[str, StrOrPromise]] = {
    "item": gettext_lazy("Item"),
    "unit": gettext_lazy("Unit"),
    "quantity": gettext_lazy("Quantity"),
    "low": gettext_lazy("Unit price"),
    "high": gettext_lazy("Highest unit price"),
    "insurance": gettext_lazy("Insurance note"),
    "lines": gettext_lazy("Lines"),
    "title": gettext_lazy("Title"),
    "reason": gettext_lazy("Reason for the change"),
}


def words(finding: Finding) -> str:
    """One finding as a sentence for staff."""
    return str(WORDS[finding.problem]) % {"limit": finding.limit}


class NotAnEstimate(DomainError):
    """The lines or texts do not make an estimate; ``findings`` by line number, 0 for the whole."""

    def __init__(self, findings: Iterable[tuple[int, Finding]]) -> None:
        self.findings = list(findings)
        super().__init__(" ".join(self._sentence(*one) for one in self.findings))

    @staticmethod
    def _sentence(number: int, finding: Finding) -> str:
        place = {"line": number, "field": FIELDS[finding.field], "problem": words(finding)}
        if not number:
            return _("%(field)s: %(problem)s") % place
        return _("Line %(line)d, %(field)s: %(problem)s") % place
