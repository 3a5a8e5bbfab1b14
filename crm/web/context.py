"""What base.html asks for on every page, computed only when it is asked."""

from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from crm.web import marks, notices
from crm.web.marks import is_marked
from crm.web.nav import Group, Item, ask, counters_of, groups_for, own_items, url_or_none
from crm.web.notices import Notice, notices_for
from privacy.access.policy import Permission, can, is_cleared

LAST_WEEK: Final = timedelta(days=7)
THEMES: Final = frozenset({"light", "dark"})


class Shell:
    """The frame of a page for one request."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def user(self) -> Any:  # a member of staff or a stranger; the model lives above this floor
        return getattr(self._request, "user", None)

    @cached_property
    def signed_in(self) -> bool:
        return bool(getattr(self.user, "is_authenticated", False))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        asked = {**counters_of(self.user), **marks.counters(), **notices.counters()}
        return ask(asked, self.user)

    @cached_property
    def nav(self) -> list[Group]:
        if not self.signed_in:
            return []
        return groups_for(self.user, self._request.path, self._numbers)

    @cached_property
    def own(self) -> list[Item]:
        return own_items(self.user) if self.signed_in else []

    @cached_property
    def notices(self) -> list[Notice]:
        return list(notices_for(self.user, self._numbers)) if self.signed_in else []

    @cached_property
    def marked(self) -> bool:
        """Whether every page of this person says who looks and when."""
        return self.signed_in and is_marked(self.user, self._numbers)

    @cached_property
    def place(self) -> str:
        """Clinic and site, at the foot of the side column."""
        if not self.signed_in:
            return ""
        clinic = self.user.clinic
        return " · ".join(part for part in (clinic.name, clinic.site_label) if part)

    @property
    def uncleared(self) -> bool:
        """Whether the gate is closed for who is signed in: codes only."""
        return self.signed_in and not is_cleared(self.user)

    @property
    def lapses_on(self) -> date | None:
        """The last day of clearance, in its last week; read from the account, without a query."""
        if not self.signed_in or self.uncleared:
            return None
        until: date = self.user.cleared_until
        return until if until <= timezone.localdate() + LAST_WEEK else None

    @property
    def clearance_url(self) -> str:
        return url_or_none("clearance:own")

    @property
    def session_url(self) -> str:
        """What a page asks whether its session is still there; "" for strangers."""
        return url_or_none("staff:api-me") if self.signed_in else ""

    @property
    def theme(self) -> str:
        """ "light", "dark", or "" for what the system says."""
        chosen = self._request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
        return chosen if chosen in THEMES else ""

    @property
    def demo(self) -> bool:
        return bool(settings.DEMO)

    @property
    def search_url(self) -> str:
        """Where the box at the top sends to; "" for those who may not search."""
        may = self.signed_in and can(self.user, Permission.SEARCH_PATIENTS)
        return url_or_none("search:find") if may else ""

    @property
    def sign_out_url(self) -> str:
        return url_or_none("staff:sign-out")


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: ``shell`` in every template."""
    return {"shell": Shell(request)}
