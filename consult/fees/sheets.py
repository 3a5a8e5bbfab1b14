"""An estimate as a sheet of paper shows it: by category, beside the version before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consult.fees import rules
from consult.fees.lifecycle import State
from consult.fees.models import Category, EstimateVersion
from consult.fees.rules import Amount, Line

Kind = Literal["same", "added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line; ``before`` is its older wording where there is one."""

    kind: Kind
    line: Line
    before: Line | None = None
    fields: tuple[str, ...] = ()

    @property
    def quantity_changed(self) -> bool:
        return "quantity" in self.fields

    @property
    def price_changed(self) -> bool:
        return "low" in self.fields or "high" in self.fields

    @property
    def words_changed(self) -> bool:
        """The item is called otherwise than before."""
        return "item" in self.fields

    @property
    def price(self) -> Amount:
        return Amount(self.line.low, self.line.high)

    @property
    def old_price(self) -> Amount:
        return Amount(self.before.low, self.before.high) if self.before else Amount()


@dataclass(frozen=True, slots=True)
class Section:
    """One of the four categories, also where it is empty (S67)."""

    category: Category
    rows: list[Row]
    now: Amount
    was: Amount

    @property
    def delta(self) -> Amount:
        return self.now - self.was


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything a page or a print needs of the lines; amounts in CNY."""

    sections: list[Section]
    now: Amount
    was: Amount
    optional: Amount
    difference: rules.Difference | None

    @property
    def compared(self) -> bool:
        return self.difference is not None

    @property
    def delta(self) -> Amount:
        return self.now - self.was

    @property
    def capitals(self) -> str:
        """The sum in capitals; the upper end where it is a range."""
        return rules.in_capitals(self.now.high)

    @property
    def capitals_low(self) -> str:
        """The lower end of a range in capitals, "" where the sum is certain."""
        return "" if self.now.certain else rules.in_capitals(self.now.low)


def sheet_of(lines: Sequence[Line], older: Sequence[Line] | None = None) -> Sheet:
    """Lay out the lines of a version, compared with ``older`` line by line if it is given."""
    change = None if older is None else rules.difference(older, lines)
    now, was = rules.totals(lines), rules.totals(older or [])
    return Sheet(
        sections=[
            Section(
                category=Category(part.value),
                rows=_rows(part, lines, older, change),
                now=now.by_category[part],
                was=was.by_category[part],
            )
            for part in rules.Category
        ],
        now=now.overall,
        was=was.overall,
        optional=now.optional,
        difference=change,
    )


def _rows(
    part: rules.Category,
    lines: Sequence[Line],
    older: Sequence[Line] | None,
    change: rules.Difference | None,
) -> list[Row]:
    mine = [line for line in lines if line.category == part]
    if older is None or change is None:
        return [Row("same", line) for line in mine]
    before = {line.key: line for line in older}
    changed = {one.after.key: one for one in change.changed}
    rows = []
    for line in mine:
        if line.key in changed:
            rows.append(Row("changed", line, before[line.key], changed[line.key].fields))
        elif line.key in before:
            rows.append(Row("same", line, line))
        else:
            rows.append(Row("added", line))
    return rows + [Row("removed", line, line) for line in change.removed if line.category == part]


@dataclass(frozen=True, slots=True)
class Stage:
    """One point on the way of a version. ``mark`` is done, on (waited for now) or ""."""

    label: str | Promise
    mark: str
    at: datetime | None = None
    by: str = ""
    words: str | Promise = ""


def progress_of(version: EstimateVersion) -> list[Stage]:
    """Where a version stands, for the stepper."""
    state = State(version.state)
    over = state in {State.DECLINED, State.SUPERSEDED}
    declined = state == State.DECLINED
    stages = [
        Stage(_("Drawn up"), "done", version.created_at, str(version.created_by)),
        _stage(_("Issued"), version.issued_at, version.issued_by),
        _stage(_("Explained in person"), version.explained_at, version.explained_by),
        _stage(
            _("Declined by the patient") if declined else _("Accepted by the patient"),
            version.answered_at,
            version.answered_by,
        ),
    ]
    following = next((n for n, one in enumerate(stages) if not one.mark), None)
    if following is not None and not over:
        stages[following] = Stage(stages[following].label, "on", words=_("next"))
    return [*stages, _in_force(state)]


def _stage(label: str | Promise, at: datetime | None, by: object) -> Stage:
    return Stage(label, "done", at, str(by)) if at else Stage(label, "", words=_("not yet"))


def _in_force(state: State) -> Stage:
    if state == State.ACCEPTED:
        return Stage(_("In force"), "done", words=_("until another version is accepted"))
    if state == State.SUPERSEDED:
        return Stage(_("Superseded"), "", words=_("by a later version"))
    return Stage(_("In force"), "", words=_("needs the steps before"))
