"""Errors the business raises; doors (views, tasks, API) translate them.

The text of a DomainError is shown to staff: write it with gettext, name no patient in it.
"""


class DomainError(Exception):
    """A rule of the business said no."""


class ConsentMissing(DomainError):
    """The patient has not agreed, or no longer agrees."""


class AccessDenied(DomainError):
    """This person may not do this to this record."""


class ReasonAsked(AccessDenied):
    """Nobody sees this now without having said why; the page ``url`` asks."""

    def __init__(self, text: str, *, url: str) -> None:
        super().__init__(text)
        self.url = url


class Unreadable(DomainError):
    """A sealed value did not open: wrong key, or the box was changed. Never an empty text."""


class Erased(Unreadable):
    """The key of a sealed value was destroyed because the patient's data was to be deleted."""

    CODE = "E-ERASED"

    def __init__(self) -> None:
        super().__init__(self.CODE)


class TooMany(DomainError):
    """More of something within a time than one person's work needs."""


class Conflict(DomainError):
    """Somebody else changed it first; nothing was overwritten."""
