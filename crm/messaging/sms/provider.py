"""What the outbox asks of an SMS company, whichever it is."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class Fate(StrEnum):
    """What is known about a message after asking."""

    ACCEPTED = "accepted"  # the provider has it
    DELIVERED = "delivered"
    FAILED = "failed"  # the provider had it, the phone never will
    REFUSED = "refused"  # the provider did not take it
    NOT_FOUND = "not_found"  # the provider does not know our reference
    UNKNOWN = "unknown"  # no answer, or none that can be read


@dataclass(frozen=True, slots=True)
class Answer:
    """The fate, the provider's own code for it, and its id of the message if it gave one."""

    fate: Fate
    code: str
    provider_id: str = ""


class Provider(Protocol):
    """Never raises for what a network or a provider may do: that is an Answer, too."""

    def is_reachable(self) -> bool:
        """Whether a connection opens; if not, messages wait in the queue."""
        ...

    def send(self, *, phone: str, template: str, reference: str) -> Answer:
        """Hand one message over. ``phone`` in E.164, ``template`` the provider's code."""
        ...

    def lookup(self, *, phone: str, day: date, reference: str) -> Answer:
        """Ask what became of ``reference``, handed over on ``day`` (clinic's calendar)."""
        ...

    def register_template(self, *, name: str, text: str) -> str:
        """Make a wording known. Returns the provider's code, "" if it did not take it."""
        ...
