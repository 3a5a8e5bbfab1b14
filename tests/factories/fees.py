"""Lines, estimates and prices made up for tests."""

from datetime import date
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from consult.fees import services
from consult.fees.lifecycle import State
from consult.fees.models import EstimateVersion, PriceItem
from consult.fees.rules import Category, Line
from crm.patients.models import Patient
from crm.staff.models import User
from tests.factories.people import ClinicFactory


def line(
    item: str = "B 超监测",
    low: str = "320.00",
    *,
    category: Category = Category.BASIC,
    quantity: str = "6",
    high: str = "",
    **more: object,
) -> Line:
    """A line of an estimate; ``high`` makes a range."""
    return Line(
        key="",
        category=category,
        item=item,
        unit=str(more.pop("unit", "次")),
        quantity=Decimal(quantity),
        low=Decimal(low),
        high=Decimal(high or low),
        **more,
    )


def full_course() -> list[Line]:
    """The estimate of the design: 38,620.00 in four categories."""
    return [
        line("初诊与复诊", "120.00", quantity="6", coverage="partial"),
        line("B 超监测", "320.00", quantity="6", coverage="partial"),
        line("激素六项等化验", "1260.00", quantity="3", unit="套", coverage="partial"),
        line("促排药 A（国产）", "285.00", quantity="40", unit="支", category=Category.MEDICINE),
        line(
            "营养补充剂",
            "400.00",
            quantity="2",
            unit="盒",
            category=Category.MEDICINE,
            optional=True,
        ),
        line("取卵与麻醉", "17000.00", quantity="1", category=Category.SURGERY),
        line(
            "卵巢过度刺激观察（上限）",
            "3000.00",
            quantity="1",
            unit="例",
            category=Category.COMPLICATION,
            coverage="partial",
            insurance="住院部分按医保目录结算",
            by_occurrence=True,
        ),
    ]


def make_version(
    patient: Patient,
    actor: User,
    *,
    lines: list[Line] | None = None,
    state: State = State.DRAFT,
    title: str = "促排卵方案",
) -> EstimateVersion:
    """An estimate whose first version has come as far as ``state``."""
    version = services.create_estimate(
        patient=patient,
        title=title,
        lines=full_course() if lines is None else lines,
        actor=actor,
    )
    ways = {
        State.DRAFT: [],
        State.ISSUED: [State.ISSUED],
        State.EXPLAINED: [State.ISSUED, State.EXPLAINED],
        State.ACCEPTED: [State.ISSUED, State.EXPLAINED, State.ACCEPTED],
        State.DECLINED: [State.ISSUED, State.DECLINED],
    }
    for step in ways[state]:
        if step == State.ISSUED:
            version = services.issue_version(
                version=version, revision=version.revision, actor=actor
            )
        else:
            version = services.record_step(version=version, step=step, actor=actor)
    return version


class PriceItemFactory(DjangoModelFactory[PriceItem]):
    """A price in force since the start of 2026, without an end."""

    class Meta:
        model = PriceItem

    clinic = factory.SubFactory(ClinicFactory)
    code = factory.Sequence(lambda n: f"P-{n:04d}")
    category = Category.BASIC.value
    name = "B 超监测"
    unit = "次"
    price = Decimal("320.00")
    effective_from = date(2026, 1, 1)
