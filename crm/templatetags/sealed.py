"""Showing sealed values: only against the receipt of the event that allows it."""

from collections.abc import Callable

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.patients.rules import mask_name, mask_phone
from crm.web.unreadable import words_for
from privacy.audit.services import record_crypto_failure
from privacy.encryption.fields import Sealed
from privacy.errors import Erased, Unreadable
from privacy.receipts import Receipt

register = template.Library()


def _opened(
    value: Sealed | None, receipt: Receipt, shape: Callable[[str], str] = str
) -> str | SafeString:
    if value is None:
        return ""
    try:
        return shape(value.reveal(receipt))
    except Unreadable as error:
        # Never an empty string: a form would save it over the record.
        record_crypto_failure(path=value.path, code=str(error))
        if isinstance(error, Erased):
            return format_html('<span class="dim" data-erased>{}</span>', words_for(error))
        return format_html('<span class="bad-t" data-unreadable>{}</span>', words_for(error))


@register.filter
def shown(value: Sealed | None, receipt: Receipt) -> str | SafeString:
    """The whole text."""
    return _opened(value, receipt)


@register.filter
def masked_name(value: Sealed | None, receipt: Receipt) -> str | SafeString:
    """Surname and ※."""
    return _opened(value, receipt, mask_name)


@register.filter
def masked_phone(value: Sealed | None, receipt: Receipt) -> str | SafeString:
    """Only the last two digits."""
    return _opened(value, receipt, mask_phone)
