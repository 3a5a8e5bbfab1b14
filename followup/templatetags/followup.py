"""Days as the board writes them."""

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.templatetags.suian import WEEKDAYS

register = template.Library()


@register.filter
def days_late(due_at: datetime, now: datetime) -> str:
    """``逾期 2 天``; "today" for what failed on its own day or before it."""
    days = (timezone.localdate(now) - timezone.localdate(due_at)).days
    if days < 1:
        return _("failed")
    return ngettext("%(n)d day late", "%(n)d days late", days) % {"n": days}


@register.filter
def day_short(moment: datetime) -> str:
    """``11-22 周日``, clinic time."""
    local = timezone.localtime(moment)
    return f"{local:%m-%d} {WEEKDAYS[local.weekday()]}"


@register.filter
def strip_day(day: date) -> str:
    """``21 六``, ``21 Sat``: the day of the month and the weekday, short."""
    weekday = str(WEEKDAYS[day.weekday()])
    return f"{day.day} {weekday if weekday.isascii() else weekday[-1:]}"
