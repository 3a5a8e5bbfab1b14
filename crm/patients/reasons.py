"""Why somebody looks: a reason in words, and what is offered so that one tap gives it (T2).

What is offered is about the work, never about the person; nothing is kept beyond the trail.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.patients.models import Patient
from crm.patients.words import Words
from crm.staff.models import User
from privacy.audit.events import Event
from privacy.audit.selectors import last_words_of
from privacy.errors import DomainError
from privacy.minimisation.reasons import refuse_numbers

SHORTEST: Final = 10
LONGEST: Final = 200
LAST: Final = "last"
REMEMBERED: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A reason to tap: what the button sends, the purpose it stands for, and its words."""

    key: str
    purpose: str
    text: str

    @property
    def is_last(self) -> bool:
        return self.key == LAST


def checked(reason: str) -> str:
    """A reason as it may be booked, without outer blanks.

    Raises: DomainError for fewer than 10 characters that can be seen, each Chinese one counted as
        one, and for a phone, ID number, card or account of somebody: the trail is read by many.
    Source: T2, S12.
    """
    text = reason.strip()
    seen = "".join(sign for sign in text if sign.isprintable() or sign.isspace())
    if len(" ".join(seen.split())) < SHORTEST:
        raise DomainError(_("Say in at least 10 characters what it is needed for."))
    refuse_numbers(seen)
    return text


def offered(
    table: Mapping[str, Iterable[Words]], *, event: Event, staff: User, patient: Patient
) -> list[Phrase]:
    """What can be tapped: the person's own last reason for this patient, then the usual ones.

    In: ``table`` purpose -> phrases; ``event`` under which the reason was booked.
    """
    usual = [
        Phrase(f"{purpose}-{number}", purpose, str(text))
        for purpose, texts in table.items()
        for number, text in enumerate(texts)
    ]
    since = timezone.now() - REMEMBERED
    purpose, text = last_words_of(staff.pk, event.value, subject=patient, since=since)
    if purpose not in table or text in {one.text for one in usual}:
        return usual
    return [Phrase(LAST, purpose, text), *usual]
