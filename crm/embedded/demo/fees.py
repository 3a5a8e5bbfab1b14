"""The estimates of the story: a price book, and versions in every state."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.utils import timezone

from consult.fees import price_book, selectors, services
from consult.fees.lifecycle import State
from consult.fees.models import EstimateVersion, PriceItem
from consult.fees.rules import Category, Line
from crm.embedded.demo.texts import CHANGE_REASON, COURSES, PRICES
from crm.patients.models import Patient
from crm.staff.models import User

Staff = Mapping[str, User]
IN_FORCE_FOR: Final = timedelta(days=200)
DEARER_IN: Final = timedelta(days=20)
NOTE: Final = "按医保目录结算，以当地规定为准"
FIRST: Final = 10  # the patient with the first estimate
# How far each estimate goes; after "revise" comes the fate of the second version.
FATES: Final[tuple[tuple[str, ...], ...]] = (
    (),
    ("issue",),
    ("issue", "explain"),
    ("issue", "explain", "decline"),
    ("issue", "revise", "issue"),
    ("issue", "explain", "accept"),
    ("issue", "explain", "accept", "print"),
    ("issue", "explain", "accept", "revise"),
    ("issue", "explain", "accept", "revise", "issue"),
    ("issue", "explain", "accept", "revise", "issue", "explain", "accept"),
    ("issue", "decline"),
    ("issue", "explain", "accept", "revise", "issue", "decline"),
)
STEPS: Final = {"explain": State.EXPLAINED, "accept": State.ACCEPTED, "decline": State.DECLINED}


def fill_price_book(*, staff: Staff) -> None:
    """Prices in force for months, one of them with a follower."""
    finance, today = staff["cw001"], timezone.localdate()
    added = [
        price_book.add_price(
            price=PriceItem(
                code=code,
                category=category,
                name=name,
                unit=unit,
                price=Decimal(price),
                insurance=insurance,
                insurance_note=NOTE if insurance == "partial" else "",
                is_optional=optional,
                effective_from=today - IN_FORCE_FOR,
            ),
            actor=finance,
        )
        for code, category, name, unit, price, insurance, optional, _occurs in PRICES
    ]
    price_book.replace_price(
        price=added[1], amount=Decimal("340.00"), effective_from=today + DEARER_IN, actor=finance
    )


def draw_up(patients: Sequence[Patient], *, staff: Staff) -> None:
    """Two estimates of every fate, by the doctor or the consultant of the patient."""
    for place in range(2 * len(FATES)):
        number = FIRST + place
        consultant = staff["zx001" if number % 2 else "zx002"]
        author = staff["ys001"] if place % 2 else consultant
        title, items = COURSES[place % len(COURSES)]
        version = services.create_estimate(
            patient=patients[number], title=title, lines=_lines(items), actor=author
        )
        for step in FATES[place % len(FATES)]:
            version = _go(version, step, author=author, staff=staff)


def _lines(items: Sequence[tuple[int, int]]) -> list[Line]:
    found = []
    for number, quantity in items:
        _code, category, name, unit, price, coverage, optional, occurs = PRICES[number]
        low = Decimal(price)
        ranged = category == Category.SURGERY.value
        found.append(
            Line(
                key="",
                category=Category(category),
                item=name,
                unit=unit,
                quantity=Decimal(quantity),
                low=low,
                high=low * Decimal("1.10") if ranged else low,
                optional=optional,
                insurance=NOTE if coverage == "partial" else "",
                coverage=coverage,
                by_occurrence=occurs,
            )
        )
    return found


def _go(version: EstimateVersion, step: str, *, author: User, staff: Staff) -> EstimateVersion:
    if step == "issue":
        return services.issue_version(version=version, revision=version.revision, actor=author)
    if step == "revise":
        return _revise(version, author)
    if step == "print":
        services.print_version(version=version, actor=staff["cw001"])
        return version
    return services.record_step(version=version, step=STEPS[step], actor=author)


def _revise(version: EstimateVersion, author: User) -> EstimateVersion:
    """A second version: more of the first medicine or check, for a written reason."""
    second = services.revise_estimate(estimate=version.estimate, actor=author)
    receipt = selectors.open_version(version=second, staff=author).receipt
    lines = selectors.lines_of(second, receipt)
    wanted = next((line for line in lines if line.category == Category.MEDICINE), lines[0])
    changed = [
        replace(line, quantity=line.quantity + 4) if line is wanted else line for line in lines
    ]
    return services.save_draft(
        version=second,
        revision=second.revision,
        title=None,
        reason=CHANGE_REASON,
        lines=changed,
        actor=author,
    )
