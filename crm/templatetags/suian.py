"""Tags and filters every template has without loading them: icons, times, money, codes, keys."""

import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from django import template
from django.http import HttpRequest
from django.template.context import RequestContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext, pgettext, pgettext_lazy
from lucide.templatetags.lucide import lucide

from crm.web.idempotency import FIELD, new_key
from privacy.pseudonyms.rules import display_code, parse_code

register = template.Library()

WEEKDAYS: Final = (
    pgettext_lazy("weekday", "Mon"),
    pgettext_lazy("weekday", "Tue"),
    pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"),
    pgettext_lazy("weekday", "Fri"),
    pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
)
RECENT: Final = timedelta(hours=48)
NONE: Final = "—"
HTMX_CONFIG: Final = json.dumps(
    {
        "includeIndicatorStyles": False,  # they would be an inline <style>
        "allowEval": False,
        "allowScriptTags": False,
        "selfRequestsOnly": True,
        "historyCacheSize": 0,  # pages with patient data do not belong in localStorage
        "refreshOnHistoryMiss": True,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "409|422", "swap": True},
            {"code": "[45]..", "swap": False, "error": True},
        ],
    }
)


@register.simple_tag
def htmx_config() -> str:
    """The content of ``<meta name="htmx-config">``."""
    return HTMX_CONFIG


@lru_cache(maxsize=256)
def _drawing(name: str) -> SafeString:
    """The paths inside a Lucide icon. Raises: IconDoesNotExist."""
    svg = lucide(name)
    inner = svg[svg.index(">") + 1 : svg.rindex("<")].strip()
    return mark_safe(inner)  # noqa: S308  # from the package, not from a user


@lru_cache(maxsize=256)
def _decorative(name: str) -> SafeString:
    """A whole icon without a label; kept, because a page has dozens."""
    return format_html(
        '<svg class="i" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        _drawing(name),
    )


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An inline Lucide icon; decorative unless it has a ``label``."""
    if not label:
        return _decorative(str(name))
    return format_html(
        '<svg class="i" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>',
        label,
        _drawing(str(name)),
    )


@register.simple_tag
def idempotency_key() -> SafeString:
    """The hidden key that lets the server run a form once however often it arrives."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, new_key())


@register.simple_tag
def other_language() -> str:
    """The language the reader is not using, in its own words."""
    return "简体中文" if get_language() == "en" else "English"


@register.simple_tag(takes_context=True)
def current(context: RequestContext, view_name: str, *args: object) -> SafeString:
    """``aria-current="page"`` if the request is for that page, for tabs and links."""
    request: HttpRequest | None = context.get("request")
    here = request is not None and request.path == reverse(view_name, args=args)
    return mark_safe('aria-current="page"') if here else mark_safe("")


def _clinic_time(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


@register.filter
def day(value: date | datetime | None) -> str:
    """``2026-11-21 周六``; a datetime is first taken to clinic time."""
    if value is None:
        return NONE
    local = _clinic_time(value) if isinstance(value, datetime) else value
    return f"{local:%Y-%m-%d} {WEEKDAYS[local.weekday()]}"


@register.filter
def clock(value: datetime | None) -> str:
    """``10:12``, clinic time."""
    return NONE if value is None else f"{_clinic_time(value):%H:%M}"


@register.filter
def moment(value: datetime | None) -> str:
    """``2026-11-21 周六 10:12``, clinic time."""
    return NONE if value is None else f"{day(value)} {clock(value)}"


@register.filter
def short(value: datetime | None) -> str:
    """For dense lists: ``今天 10:12``, ``昨天 16:30``, ``11-18 12:20``, ``2025-11-18 12:20``.

    Today and yesterday are calendar days of the clinic and never reach back past 48 hours (S:ui 3).
    """
    if value is None:
        return NONE
    now = timezone.localtime()
    local = value.astimezone(now.tzinfo) if timezone.is_aware(value) else value
    if local.date() == now.date():
        return pgettext("moment", "today %(clock)s") % {"clock": f"{local:%H:%M}"}
    if timedelta(0) <= now - local < RECENT and local.date() == now.date() - timedelta(days=1):
        return pgettext("moment", "yesterday %(clock)s") % {"clock": f"{local:%H:%M}"}
    pattern = "%m-%d %H:%M" if local.year == now.year else "%Y-%m-%d %H:%M"
    return local.strftime(pattern)


@register.simple_tag
def when(value: datetime | None, style: str = "short") -> SafeString | str:
    """A ``<time>`` element: short or full text, the exact moment as attribute and title."""
    if value is None:
        return NONE
    text = moment(value) if style == "full" else short(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        _clinic_time(value).isoformat(timespec="seconds"),
        moment(value),
        text,
    )


@register.filter
def duration(value: timedelta | None) -> str:
    """``6 小时 18 分``; days above 48 hours; whole minutes, rounded down."""
    if value is None:
        return NONE
    minutes = int(value.total_seconds()) // 60
    if minutes >= 48 * 60:
        days = minutes // (24 * 60)
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    hours, rest = divmod(minutes, 60)
    if not hours:
        return gettext("%(n)d min") % {"n": rest}
    if not rest:
        return gettext("%(n)d h") % {"n": hours}
    return gettext("%(h)d h %(m)d min") % {"h": hours, "m": rest}


@register.filter
def money(value: Decimal | None) -> str:
    """``41,860.00``, CNY without a sign of it; a true minus for what is paid back."""
    if value is None:
        return NONE
    return f"{value:,.2f}".replace("-", "−")


@register.filter
def count(value: int) -> str:
    """A number of things, with separators: 18,210."""
    return f"{value:,}"


@register.filter
def spelled(value: object) -> str:
    """A patient's code as it stands on every screen and paper, "7K2M-9QXA"; other text as it is."""
    text = str(value)
    return display_code(text) if parse_code(text) == text else text


@register.filter
def code(value: object) -> SafeString:
    """A patient's or document's code, set so that it never breaks over two lines."""
    return format_html('<span class="code">{}</span>', spelled(getattr(value, "code", value)))


@register.filter
def widget_kind(field: object) -> str:
    """What a bound field's input is: ``check`` for one box, ``group`` for several, else ``one``."""
    if getattr(field, "widget_type", "") == "checkbox":
        return "check"
    return "group" if getattr(field, "use_fieldset", False) else "one"


@register.filter
def lines(value: str) -> list[str]:
    """The lines of a text, without blanks at the ends."""
    return [line.strip() for line in re.split(r"\r?\n", value) if line.strip()]
