"""Writing the price book: a price is never rewritten, only followed by another (S70)."""

from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consult.fees.events import FeeEvent
from consult.fees.models import PriceItem
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import Conflict, DomainError


class PriceOverlap(Conflict):
    """Another price of the same code covers that time already."""


class TooEarly(DomainError):
    """A price may not start in the past, nor before the one it replaces."""


@transaction.atomic
def add_price(*, price: PriceItem, actor: User) -> PriceItem:
    """Put a new item into the clinic's price book.

    Raises: PriceOverlap if the code has a price at that time. Source: S70, prices are public.
    """
    price.clinic_id = actor.clinic_id
    _insert(price)
    _book(FeeEvent.PRICE_ADDED, price, actor)
    return price


@transaction.atomic
def replace_price(
    *, price: PriceItem, amount: Decimal, effective_from: date, actor: User
) -> PriceItem:
    """End a price on a day and start another one (CNY) on that day (clinic time).

    Estimates keep the price they were drawn up with.
    Raises: TooEarly for a day in the past or not after the old price's first day;
        PriceOverlap if the price has been replaced meanwhile.
    """
    held = PriceItem.objects.select_for_update(of=("self",)).get(pk=price.pk)
    if effective_from < timezone.localdate() or effective_from <= held.effective_from:
        raise TooEarly(_("Choose a day from today on, after the first day of the old price."))
    if held.effective_until is not None:
        raise PriceOverlap(_("This price has been replaced already."))
    held.effective_until = effective_from
    held.save(update_fields=["effective_until", "updated_at"])
    follower = PriceItem(
        clinic_id=held.clinic_id,
        code=held.code,
        category=held.category,
        name=held.name,
        unit=held.unit,
        price=amount,
        insurance=held.insurance,
        insurance_note=held.insurance_note,
        is_optional=held.is_optional,
        effective_from=effective_from,
    )
    _insert(follower)
    _book(FeeEvent.PRICE_REPLACED, follower, actor)
    return follower


def _insert(price: PriceItem) -> None:
    try:
        with transaction.atomic():
            price.save(force_insert=True)
    except IntegrityError as error:
        if "one_price_at_a_time" in str(error):
            raise PriceOverlap(_("This code already has a price at that time.")) from error
        raise


def _book(event: FeeEvent, price: PriceItem, actor: User) -> None:
    audit.record(
        event,
        actor=actor,
        target=f"price:{price.pk}",
        detail={
            "code": price.code,
            "price": str(price.price),
            "from": price.effective_from.isoformat(),
        },
    )
