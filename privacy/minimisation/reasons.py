"""What may stand in a reason that the audit trail keeps for ever: codes, never people (S12)."""

import re
from typing import Final

from django.utils.translation import gettext_lazy as _

from privacy.errors import DomainError
from privacy.minimisation.finding import find, find_numbers
from privacy.minimisation.spans import Kind

LEAVE_OUT: Final = _("Leave out numbers and accounts of people; patients are named by their code.")
# Colleagues are told by their post: 王主任 asked for it.
_COLLEAGUE = re.compile(
    "(?:主任|医师|医生|大夫|护士长?|护师|药师|技师|教授|院长|顾问|咨询师|客服|科长|组长|经理|总监)$"
)


def has_numbers(text: str) -> bool:
    """Whether a phone, ID number, card or account stands in it, also between unseen characters."""
    return bool(find_numbers("".join(sign for sign in text if sign == "\n" or sign.isprintable())))


def refuse_numbers(text: str) -> None:
    """Raises: DomainError for a phone, ID number, card or account of somebody."""
    if has_numbers(text):
        raise DomainError(str(LEAVE_OUT))


def people_in(text: str) -> list[str]:
    """The parts of a text that look like a name or an address; colleagues' posts are spared.

    No shape alone makes a name in Chinese: ask whoever wrote it, do not refuse.
    """
    return [
        word
        for span in find(text)
        if span.type in {Kind.NAME, Kind.ADDRESS}
        and not _COLLEAGUE.search(word := text[span.start : span.end])
    ]
