"""Money is exact, bounded, and every change of it is shown."""

from dataclasses import replace
from decimal import Decimal

import cn2an
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consult.fees import rules
from consult.fees.rules import Amount, Category, Finding, Line, Problem, in_capitals

D = Decimal
SCAN = Line("a", Category.BASIC, "B超监测", "次", D("5"), D("280.00"), D("280.00"))
DRUG = Line(
    "b", Category.MEDICINE, "促排药", "支", D("2.5"), D("99.99"), D("120.00"), optional=True
)
PRICES = st.decimals(0, rules.MOST_PER_LINE, places=2)
LINES = st.builds(
    lambda key, category, quantity, low, more, optional: Line(
        key, category, "项", "次", quantity, low, low + more, optional=optional
    ),
    st.text("abcd", min_size=1, max_size=1),
    st.sampled_from(Category),
    st.decimals("0.01", 9999, places=2),
    PRICES,
    st.decimals(0, 1000, places=2),
    st.booleans(),
)
UNIQUE_LINES = st.lists(LINES, max_size=4, unique_by=lambda line: line.key)


def test_a_line_is_quantity_times_price_rounded_to_the_cent():
    assert SCAN.amount == Amount(D("1400.00"), D("1400.00"))
    assert SCAN.amount.certain
    assert DRUG.amount == Amount(D("249.98"), D("300.00"))  # 249.975 rounds up
    assert not DRUG.amount.certain


def test_totals_show_all_four_categories_and_what_is_not_necessary():
    totals = rules.totals([SCAN, DRUG])

    assert list(totals.by_category) == list(Category)
    assert totals.by_category[Category.SURGERY] == Amount()
    assert totals.overall == Amount(D("1649.98"), D("1700.00"))
    assert totals.optional == DRUG.amount


@given(UNIQUE_LINES)
def test_the_sum_of_the_categories_is_the_sum_of_the_lines(lines):
    totals = rules.totals(lines)

    assert totals.overall == sum((line.amount for line in lines), Amount())
    assert totals.overall.low <= totals.overall.high
    assert totals.overall.low.as_tuple().exponent == -2


@given(UNIQUE_LINES, UNIQUE_LINES)
def test_a_difference_accounts_for_every_cent(before, after):
    change = rules.difference(before, after)

    parts = sum((line.amount for line in change.added), Amount())
    parts += sum((c.delta for c in change.changed), Amount())
    parts -= sum((line.amount for line in change.removed), Amount())
    assert change.overall == parts == sum(change.by_category.values(), Amount())
    assert change.overall == rules.totals(after).overall - rules.totals(before).overall
    assert change.empty == ({*before} == {*after})


def test_a_difference_names_lines_and_fields():
    dearer = replace(SCAN, low=D("300.00"), high=D("320.00"))
    new = replace(DRUG, key="c")
    change = rules.difference([SCAN, DRUG], [dearer, new])

    assert change.added == (new,)
    assert change.removed == (DRUG,)
    assert [(c.before, c.after, c.fields) for c in change.changed] == [
        (SCAN, dearer, ("low", "high"))
    ]
    assert change.changed[0].delta == Amount(D("100.00"), D("200.00"))
    assert change.by_category[Category.BASIC] == Amount(D("100.00"), D("200.00"))
    assert rules.difference([SCAN], [SCAN]).empty


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1,280.5", D("1280.50")),
        (" ￥１，２８０．５０ 元", D("1280.50")),
        ("0", D("0.00")),
        ("9999999.99", D("9999999.99")),
        ("", Problem.MISSING),
        (" ¥ ", Problem.MISSING),
        ("免费", Problem.NOT_A_NUMBER),
        ("1e5", Problem.NOT_A_NUMBER),
        ("NaN", Problem.NOT_A_NUMBER),
        ("1.2.3", Problem.NOT_A_NUMBER),
        ("1" * 41, Problem.NOT_A_NUMBER),
        ("-0", D("0.00")),
        ("-1", Problem.NEGATIVE),
        ("－１", Problem.NEGATIVE),
        ("10000000", Problem.TOO_LARGE),
        ("1.005", Problem.TOO_PRECISE),
    ],
)
def test_prices_as_typed(typed, value):
    assert rules.read_money(typed) == value


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("2.5", D("2.50")),
        ("9999", D("9999.00")),
        ("0", Problem.NOT_POSITIVE),
        ("-2", Problem.NEGATIVE),
        ("9999.01", Problem.TOO_LARGE),
        ("0.001", Problem.TOO_PRECISE),
    ],
)
def test_quantities_as_typed(typed, value):
    assert rules.read_quantity(typed) == value


@given(st.text(max_size=20))
def test_any_text_is_a_price_or_a_problem(text):
    value = rules.read_money(text)

    assert isinstance(value, Problem) or 0 <= value <= rules.MOST_PER_LINE


def test_a_good_line_has_no_findings():
    assert rules.line_findings(SCAN) == rules.line_findings(DRUG) == []


@pytest.mark.parametrize(
    ("change", "findings"),
    [
        ({"item": " ", "unit": ""}, [("item", Problem.MISSING), ("unit", Problem.MISSING)]),
        ({"item": "长" * 81}, [("item", Problem.TOO_LONG)]),
        ({"unit": "长" * 13}, [("unit", Problem.TOO_LONG)]),
        ({"insurance": "长" * 201}, [("insurance", Problem.TOO_LONG)]),
        ({"quantity": D(0)}, [("quantity", Problem.NOT_POSITIVE)]),
        ({"low": D(-1)}, [("low", Problem.NEGATIVE)]),
        ({"high": D("NaN")}, [("high", Problem.NOT_A_NUMBER)]),
        ({"high": D("Infinity")}, [("high", Problem.NOT_A_NUMBER)]),
        ({"high": D(1)}, [("high", Problem.RANGE_REVERSED)]),
        ({"quantity": D(9999), "high": D(9999)}, [("quantity", Problem.TOO_LARGE)]),
    ],
)
def test_what_is_wrong_with_a_line(change, findings):
    found = rules.line_findings(replace(SCAN, **change))

    assert [(f.field, f.problem) for f in found] == findings


def test_an_estimate_has_lines_and_not_too_many():
    assert rules.estimate_findings([]) == [Finding("lines", Problem.MISSING)]
    assert rules.estimate_findings([SCAN]) == []
    assert rules.estimate_findings([SCAN] * 201) == [
        Finding("lines", Problem.TOO_MANY_LINES, "200")
    ]


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "零元整"),
        ("0.004", "零元整"),
        ("-0.004", "零元整"),
        ("41860", "肆万壹仟捌佰陆拾元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角"),
        ("1.05", "壹元零伍分"),
        ("1.50", "壹元伍角"),
        ("10", "壹拾元整"),
        ("1001.01", "壹仟零壹元零壹分"),
        ("100010001", "壹亿零壹万零壹元整"),
        ("100000001", "壹亿零壹元整"),
        ("20000100", "贰仟万零壹佰元整"),
        ("-12.34", "负壹拾贰元叁角肆分"),
        ("1.005", "壹元零壹分"),
        ("107000", "壹拾万柒仟元整"),
        ("9999999.99", "玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_amounts_in_capitals(amount, written):
    assert in_capitals(D(amount)) == written


@given(st.decimals("-999999999.99", "999999999.99", places=2))
@example(D("-0.01"))
@example(D("100000.10"))
def test_capitals_agree_with_an_independent_writer(amount):
    assert in_capitals(amount) == cn2an.an2cn(f"{amount:.2f}".replace("-0.00", "0.00"), "rmb")


@pytest.mark.parametrize("amount", ["1000000000000", "-1000000000000", "Infinity", "NaN"])
def test_capitals_have_an_end(amount):
    with pytest.raises(ValueError, match="too large"):
        in_capitals(D(amount))
