"""The price book: a price ends where the next begins, and agreed prices stay agreed."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from consult.fees import price_book, selectors
from consult.fees.forms import row_from_price
from consult.fees.lifecycle import State
from consult.fees.models import PriceItem
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.factories.fees import PriceItemFactory, line, make_version
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(clinic):
    return UserFactory.create(clinic=clinic, role=Role.FINANCE)


@pytest.fixture
def today() -> date:
    return timezone.localdate()


def test_a_new_item_asks_for_its_category_in_words(finance, sign_in_as) -> None:
    page = sign_in_as(finance).get(reverse("consult:price-add")).content.decode()

    assert '<option value="" selected>请选择</option>' in page
    assert "-----" not in page


def test_a_new_price_starts_where_the_old_one_ends(clinic, finance, today) -> None:
    old = PriceItemFactory.create(clinic=clinic, effective_from=today - timedelta(days=9))
    start = today + timedelta(days=7)

    new = price_book.replace_price(
        price=old, amount=Decimal("350.00"), effective_from=start, actor=finance
    )

    old.refresh_from_db()
    assert (old.price, old.effective_until) == (Decimal("320.00"), start)
    assert list(selectors.prices_in_force(finance, today)) == [old]
    assert list(selectors.prices_in_force(finance, start)) == [new]
    with acting_as(READER):
        event = AuditEvent.objects.get(action="price.replaced")
        assert event.detail["price"] == "350.00"


def test_no_price_starts_in_the_past_nor_twice(clinic, finance, today) -> None:
    old = PriceItemFactory.create(clinic=clinic, effective_from=today - timedelta(days=9))
    fresh = PriceItemFactory.create(clinic=clinic, effective_from=today)
    for price, start in ((old, today - timedelta(days=1)), (fresh, today)):
        with pytest.raises(price_book.TooEarly):
            price_book.replace_price(
                price=price, amount=Decimal(1), effective_from=start, actor=finance
            )
    price_book.replace_price(price=old, amount=Decimal(1), effective_from=today, actor=finance)
    with pytest.raises(price_book.PriceOverlap):
        price_book.replace_price(
            price=old, amount=Decimal(2), effective_from=today + timedelta(days=3), actor=finance
        )


def test_an_estimate_keeps_the_price_it_was_drawn_up_with(clinic, finance, patient, today) -> None:
    price = PriceItemFactory.create(clinic=clinic, effective_from=today - timedelta(days=9))
    version = make_version(patient, finance, lines=[line(low=row_from_price(price)["low"])])
    price_book.replace_price(
        price=price, amount=Decimal("999.00"), effective_from=today, actor=finance
    )
    version.refresh_from_db()

    assert version.state == State.DRAFT
    assert version.lines.get().price_low == Decimal("320.00")


def post(client, name: str, /, *args: object, **data: str):
    return client.post(reverse(name, args=args), {"idempotency_key": str(uuid4()), **data})


def test_finance_adds_and_replaces_on_the_page(sign_in_as, clinic, finance, today) -> None:
    client = sign_in_as(finance)
    item = {
        "code": "us-1", "category": "basic", "name": "B 超", "unit": "次", "price": "１，２８０",
        "insurance": "partial", "effective_from": today.isoformat(),
    }  # fmt: skip
    assert post(client, "consult:price-add", **item).status_code == 302
    price = PriceItem.objects.get(code="US-1")
    assert (price.price, price.clinic) == (Decimal("1280.00"), clinic)

    twice = post(client, "consult:price-add", **item)
    assert twice.status_code == 422
    assert 'value="us-1"' in twice.content.decode()
    for bad in ({"price": "-1"}, {"code": "号 码"}, {"price": ""}, {"effective_from": "soon"}):
        assert (
            post(client, "consult:price-add", **{**item, "code": "US-2"} | bad).status_code == 422
        )
    tomorrow = (today + timedelta(days=1)).isoformat()
    early = post(
        client, "consult:price-replace", price.pk, amount="5", effective_from=today.isoformat()
    )
    assert early.status_code == 422
    done = post(client, "consult:price-replace", price.pk, amount="5", effective_from=tomorrow)
    assert done.status_code == 302
    page = client.get(reverse("consult:prices")).content.decode()
    assert "1,280.00" in page
    assert "5.00" in page
    assert PriceItem.objects.count() == 2


def test_past_prices_are_shown_when_asked_for(sign_in_as, clinic, finance, today) -> None:
    PriceItemFactory.create(
        clinic=clinic,
        name="旧项目",
        effective_from=date(2020, 1, 1),
        effective_until=date(2021, 1, 1),
    )
    client = sign_in_as(finance)

    assert "旧项目" not in client.get(reverse("consult:prices")).content.decode()
    assert "旧项目" in client.get(reverse("consult:prices") + "?all=1").content.decode()
