"""What may not be stored is refused by the database itself; sums there and in the rules agree."""

import random
from datetime import date
from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult.fees import rules, selectors, services
from consult.fees.models import EstimateLine, EstimateVersion, PriceItem
from consult.fees.rules import Category, Line
from tests.factories.fees import PriceItemFactory, line, make_version
from tests.factories.sizes import examples

pytestmark = pytest.mark.django_db

PRICES = st.decimals(0, 99999, places=2)
LINES = st.builds(
    lambda category, quantity, low, more: Line("", category, "项", "次", quantity, low, low + more),
    st.sampled_from(Category),
    st.decimals("0.01", "99.99", places=2),
    PRICES,
    st.decimals(0, 1000, places=2),
)


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 10000},
        {"price_low": -1},
        {"price_low": 5, "price_high": 4},
        {"price_high": 10_000_000},
        {"price_high": Decimal("1e12")},
        {"price_high": 9_999_999, "quantity": 9999},
        {"category": "gift"},
        {"insurance": "all"},
        {"item": None},
        {"unit": None},
        {"by_occurrence": True, "category": "basic"},
        {"position": 2},
    ],
)
def test_a_line_out_of_bounds_is_not_stored(patient, carer, change) -> None:
    version = make_version(patient, carer)

    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        EstimateLine.objects.filter(version=version, position=1).update(**change)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consult_estimate SET number = 'X-1'",
        "UPDATE consult_estimate SET state = 'lost'",
        "UPDATE consult_estimateversion SET state = 'accepted'",
        "UPDATE consult_estimateversion SET number = 0",
        "UPDATE consult_estimateversion SET issued_at = now()",
        "UPDATE consult_estimateversion SET state = 'issued'",
        "UPDATE consult_estimateline SET quantity = 'NaN'",
        "UPDATE consult_estimateline SET price_low = 'NaN', price_high = 'NaN'",
        "INSERT INTO consult_estimateversion SELECT gen_random_uuid(), created_at, updated_at, 1,"
        " 'draft', NULL, 1, 0, NULL, NULL, NULL, created_by_id, estimate_id, NULL, NULL, NULL,"
        " saved_by_id FROM consult_estimateversion",
    ],
)
def test_a_version_out_of_line_is_not_stored(patient, carer, statement) -> None:
    make_version(patient, carer)

    with (
        pytest.raises((IntegrityError, ProgrammingError, DataError)),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_one_draft_at_a_time(patient, carer) -> None:
    version = make_version(patient, carer)

    with pytest.raises(IntegrityError, match="one_draft"), transaction.atomic():
        EstimateVersion.objects.create(
            estimate=version.estimate, number=2, created_by=carer, saved_by=carer
        )


def test_a_price_is_one_at_a_time_and_only_ends(clinic) -> None:
    price = PriceItemFactory.create(clinic=clinic, code="US-1")
    PriceItemFactory.create(code="US-1")  # another clinic's
    for start, end in ((date(2026, 6, 1), None), (date(2025, 1, 1), date(2026, 1, 2))):
        with pytest.raises(IntegrityError, match="one_price_at_a_time"), transaction.atomic():
            PriceItemFactory.create(
                clinic=clinic, code="US-1", effective_from=start, effective_until=end
            )
    PriceItemFactory.create(
        clinic=clinic,
        code="US-1",
        effective_from=date(2025, 1, 1),
        effective_until=date(2026, 1, 1),
    )
    with pytest.raises(ProgrammingError), transaction.atomic():
        PriceItem.objects.filter(pk=price.pk).update(price=1)
    with pytest.raises(ProgrammingError), transaction.atomic():
        PriceItem.objects.filter(pk=price.pk).delete()
    PriceItem.objects.filter(pk=price.pk).update(effective_until=date(2026, 5, 1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "us 1"},
        {"code": ""},
        {"price": -1},
        {"price": 10_000_000},
        {"category": "gift"},
        {"insurance": "all"},
        {"effective_until": date(2025, 1, 1)},
    ],
)
def test_a_price_out_of_bounds_is_not_stored(clinic, wrong) -> None:
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        PriceItemFactory.create(clinic=clinic, **wrong)


@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(LINES, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_totals_are_the_sum_of_the_lines_in_any_order_of_edits(
    patient, carer, lines: list[Line], dice: random.Random
) -> None:
    version = make_version(patient, carer, lines=lines)
    revision = 1
    for _round in range(3):
        edited = selectors.open_version(version=version, staff=carer).current.lines
        dice.shuffle(edited)
        if dice.random() < 0.5:
            edited.append(line(low=f"{dice.randint(0, 99999)}.{dice.randint(0, 99):02d}"))
        elif len(edited) > 1:
            edited.pop()
        version = services.save_draft(
            version=version, revision=revision, title="方案", reason="", lines=edited, actor=carer
        )
        revision += 1

    opened = selectors.open_version(version=version, staff=carer)
    totals = rules.totals(opened.current.lines)
    stored = version.lines.aggregate(low=Sum("amount_low"), high=Sum("amount_high"))
    assert (totals.overall.low, totals.overall.high) == (stored["low"], stored["high"])
    assert [one.amount.low for one in opened.current.lines] == [
        one.amount_low for one in version.lines.order_by("position")
    ]
    listed = selectors.estimates_of(patient).get(pk=version.estimate_id)
    assert (listed.low, listed.high) == (stored["low"], stored["high"])
