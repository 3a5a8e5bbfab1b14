"""What staff type into estimates and prices. Whatever is wrong, what was typed comes back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consult.fees import problems, rules
from consult.fees.models import Category, Estimate, Insurance, PriceItem
from consult.fees.rules import Amount, Finding, Line, Problem
from consult.fees.services import LONGEST_REASON, LONGEST_TITLE
from crm.web.numbers import MOST_DIGITS, natural
from crm.web.plain_text import TICK, PlainText

COUNT: Final = "lines"
WORDED: Final = ("item", "unit", "insurance")  # the texts of a line
TEXTS: Final = (
    "key",
    "category",
    "item",
    "unit",
    "quantity",
    "low",
    "high",
    "coverage",
    "insurance",
)
# The ticks of PlainText too: they stay with their line while the table is drawn anew.
MARKS: Final = ("optional", "by_occurrence", *(f"{name}_{TICK}" for name in WORDED))
RowData = dict[str, str]
MISSING: Final = {"required": problems.WORDS[Problem.MISSING]}


class NumberField(forms.CharField):
    """A number as people type it (full-width digits, thousands commas, 元), read by the rules."""

    def __init__(
        self, *, read: Callable[[str], Decimal | Problem], most: Decimal, **kwargs: Any
    ) -> None:
        self.read, self.most = read, most
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(widget=widget, error_messages=MISSING, strip=False, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text.strip() and not self.required:
            return None
        found = self.read(text)
        if isinstance(found, Problem):
            raise ValidationError(problems.words(Finding("", found, f"{self.most:,}")))
        return found


def _money(**kwargs: Any) -> NumberField:
    return NumberField(read=rules.read_money, most=rules.MOST_PER_LINE, **kwargs)


def _short(limit: int, **kwargs: Any) -> PlainText:
    # No max_length: the browser would cut a paste silently. The server says what is too long.
    def check(text: str) -> None:
        if len(text) > limit:
            raise ValidationError(problems.words(Finding("", Problem.TOO_LONG, str(limit))))

    attrs = {"autocomplete": "off"}
    return PlainText(
        min_length=None,
        validators=[check],
        error_messages=MISSING,
        widget=forms.TextInput(attrs),
        **kwargs,
    )


class LineForm(forms.Form):
    """One line of a draft. Cells of a table: each names itself to a screen reader."""

    use_required_attribute = False
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    category = forms.ChoiceField(choices=Category, widget=forms.HiddenInput)
    item = _short(rules.LONGEST_ITEM, label=problems.FIELDS["item"])
    unit = _short(rules.LONGEST_UNIT, label=problems.FIELDS["unit"])
    quantity = NumberField(
        read=rules.read_quantity, most=rules.MOST_QUANTITY, label=problems.FIELDS["quantity"]
    )
    low = _money(label=problems.FIELDS["low"])
    high = _money(label=problems.FIELDS["high"], required=False)
    coverage = forms.ChoiceField(choices=Insurance, label=gettext_lazy("Insurance"))
    insurance = _short(rules.LONGEST_NOTE, label=problems.FIELDS["insurance"], required=False)
    optional = forms.BooleanField(label=gettext_lazy("Not necessary"), required=False)
    by_occurrence = forms.BooleanField(
        label=gettext_lazy("Not charged unless it happens"), required=False
    )

    def __init__(self, row: RowData, *, index: int, judged: bool) -> None:
        self.row, self.index = row, index
        prefix = f"line-{index}"
        data = {f"{prefix}-{name}": value for name, value in row.items()} if judged else None
        super().__init__(data, prefix=prefix, initial=row)
        for name in ("item", "unit", "quantity", "low", "high", "coverage", "insurance"):
            field = self.fields[name]
            place = {"line": index + 1, "field": field.label}
            field.widget.attrs["aria-label"] = _("Line %(line)d, %(field)s") % place
            field.widget.attrs["class"] = "select" if name == "coverage" else "input"
        self.fields["insurance"].widget.attrs["placeholder"] = str(problems.FIELDS["insurance"])

    def take_focus(self) -> None:
        """A new line is typed into at once: its item, or its quantity if the item is known."""
        name = "quantity" if self.row.get("item") else "item"
        self.fields[name].widget.attrs["autofocus"] = True

    @property
    def amount(self) -> Amount | None:
        """What the line comes to as it is typed now; None while it cannot be read."""
        line = readable_line(self.row)
        return line.amount if line else None

    @property
    def is_complication(self) -> bool:
        return self.row.get("category") == Category.COMPLICATION.value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        for finding in rules.line_findings(self.line):
            self.add_error(finding.field, problems.words(finding))
        return cleaned

    @property
    def line(self) -> Line:
        """The line in the terms of the rules. Only after cleaning."""
        found = self.cleaned_data
        category = rules.Category(found["category"])
        return Line(
            key=str(found["key"] or ""),
            category=category,
            item=found["item"],
            unit=found["unit"],
            quantity=found["quantity"],
            low=found["low"],
            high=found["low"] if found["high"] is None else found["high"],
            optional=found["optional"],
            insurance=found["insurance"],
            coverage=found["coverage"],
            by_occurrence=found["by_occurrence"] and category == rules.Category.COMPLICATION,
        )


class DraftForm(forms.Form):
    """A whole draft: title, reason of a change, and its lines by category."""

    use_required_attribute = False
    title = _short(
        LONGEST_TITLE,
        label=problems.FIELDS["title"],
        help_text=gettext_lazy("The protocol or course of treatment. It is stored sealed."),
    )
    reason = PlainText(
        label=problems.FIELDS["reason"],
        min_length=None,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        help_text=gettext_lazy(
            "The doctor's written explanation: cause, what is gained, what else is possible. "
            "Needed before a new version is issued."
        ),
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        texts: Mapping[str, Any],
        rows: Sequence[RowData],
        *,
        judged: bool = False,
        number: int = 1,
        prices: Sequence[PriceItem] = (),
    ) -> None:
        super().__init__(texts if judged else None, initial=dict(texts))
        self.prices = prices
        # The title is fixed with the first issue; the first version changes nothing.
        del self.fields["reason" if number == 1 else "title"]
        self.rows = [LineForm(row, index=i, judged=judged) for i, row in enumerate(rows)]

    def clean_reason(self) -> str:
        text = str(self.cleaned_data["reason"]).strip()
        if len(text) > LONGEST_REASON:
            finding = Finding("reason", Problem.TOO_LONG, str(LONGEST_REASON))
            raise ValidationError(problems.words(finding))
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if len(self.rows) > rules.MOST_LINES:
            finding = Finding("lines", Problem.TOO_MANY_LINES, str(rules.MOST_LINES))
            self.add_error(None, problems.words(finding))
        if [row for row in self.rows if not row.is_valid()]:  # every row, so that all errors show
            self.add_error(None, ValidationError(_("Some lines need another look."), code="lines"))
        return cleaned

    @property
    def lines(self) -> list[Line]:
        """The lines in order of the categories. Only after cleaning."""
        order = list(rules.Category)
        return sorted((row.line for row in self.rows), key=lambda one: order.index(one.category))

    @property
    def summary(self) -> Iterator[tuple[str, str]]:
        """Every error with the id of its place, for the summary."""
        for name, errors in self.errors.items():
            lines_only = name == "__all__" and any(row.errors for row in self.rows)
            if not lines_only:
                yield from ((self._place(name), str(error)) for error in errors)
        for row in self.rows:
            for name, errors in row.errors.items():
                label = problems.FIELDS.get(name, name)
                place = {"line": row.index + 1, "field": label, "problem": errors[0]}
                yield row[name].auto_id, _("Line %(line)d, %(field)s: %(problem)s") % place

    def _place(self, name: str) -> str:
        return "lines" if name == "__all__" else self[name].auto_id

    @property
    def sections(self) -> list["DraftSection"]:
        return [DraftSection(part, self.rows, self.prices) for part in Category]

    @property
    def totals(self) -> rules.Totals:
        """Sums of the lines that can be read as they are typed now."""
        return rules.totals(_readable(self.rows))

    @property
    def capitals(self) -> str:
        return rules.in_capitals(self.totals.overall.high)

    @property
    def unread(self) -> int:
        """How many lines are left out of the sums because their numbers cannot be read."""
        return sum(1 for row in self.rows if row.amount is None)


class DraftSection:
    """The lines of one category, what they come to so far, and what may be added."""

    def __init__(
        self, category: Category, rows: Sequence[LineForm], prices: Sequence[PriceItem]
    ) -> None:
        self.category = category
        self.prices = [price for price in prices if price.category == category]
        self.rows = [row for row in rows if row.row.get("category") == category.value]

    @property
    def amount(self) -> Amount:
        return rules.totals(_readable(self.rows)).overall


def _readable(rows: Sequence[LineForm]) -> list[Line]:
    return [line for row in rows if (line := readable_line(row.row))]


def readable_line(row: RowData) -> Line | None:
    """A typed row as a line for sums only, or None while its numbers cannot be read."""
    quantity = rules.read_quantity(row.get("quantity", ""))
    low = rules.read_money(row.get("low", ""))
    high = rules.read_money(row.get("high", "")) if row.get("high", "").strip() else low
    if isinstance(quantity, Problem) or isinstance(low, Problem) or isinstance(high, Problem):
        return None
    category = rules.Category(row["category"])
    line = Line("", category, "-", "-", quantity, low, high, optional=bool(row.get("optional")))
    return None if rules.line_findings(line) else line


def posted_rows(data: QueryDict) -> list[RowData]:
    """The rows of a posted draft; rows left wholly blank are dropped, unknown categories too."""
    count = data.get(COUNT, "0")
    most = rules.MOST_LINES + 1  # one too many is enough to say so
    total = min(natural(count[:MOST_DIGITS]), most)
    rows = [_row(data, index) for index in range(total)]
    seen: set[str] = set()
    for row in rows:
        row["key"] = "" if row["key"] in seen else row["key"]  # one line, one key
        seen.add(row["key"])
    return [row for row in rows if row["category"] in Category.values]


def _row(data: QueryDict, index: int) -> RowData:
    row = {name: data.get(f"line-{index}-{name}", "") for name in TEXTS}
    marks = {name: "on" for name in MARKS if data.get(f"line-{index}-{name}")}
    return {**row, **marks}


def is_blank(row: RowData) -> bool:
    """Nothing was typed into this row."""
    return not any(row[name].strip() for name in ("item", "low", "high", "insurance"))


def row_of(line: Line) -> RowData:
    """A stored line as it stands in the form."""
    row = {
        "key": line.key,
        "category": line.category.value,
        "item": line.item,
        "unit": line.unit,
        "quantity": f"{line.quantity.normalize():f}",
        "low": str(line.low),
        "high": "" if line.low == line.high else str(line.high),
        "coverage": line.coverage,
        "insurance": line.insurance,
    }
    marks = {"optional": line.optional, "by_occurrence": line.by_occurrence}
    return row | {name: "on" for name, is_set in marks.items() if is_set}


def empty_row(category: str) -> RowData:
    """A free line of one category."""
    row = dict.fromkeys(TEXTS, "") | {"category": category, "quantity": "1", "coverage": "none"}
    return row | ({"by_occurrence": "on"} if category == Category.COMPLICATION else {})


def row_from_price(price: PriceItem) -> RowData:
    """A line from the price book: the price is copied, so that it stays what was agreed."""
    row = empty_row(price.category) | {
        "item": price.name,
        "unit": price.unit,
        "low": str(price.price),
        "coverage": price.insurance,
        "insurance": price.insurance_note,
    }
    return row | ({"optional": "on"} if price.is_optional else {})


class EstimateFilter(forms.Form):
    """The query form of the list; its whole state is the address."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("All")), *Estimate.STATES],
    )
    words = forms.CharField(
        label=gettext_lazy("Number or patient code"), required=False, max_length=20
    )
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput({"type": "date"})
    )
    mine = forms.BooleanField(label=gettext_lazy("Only mine"), required=False)


class PriceForm(forms.ModelForm[PriceItem]):
    """A new item of the price book."""

    use_required_attribute = False
    category = forms.ChoiceField(
        label=gettext_lazy("Category"),
        choices=[("", gettext_lazy("Please choose")), *Category.choices],
    )
    price = _money(label=gettext_lazy("Price"))

    class Meta:
        model = PriceItem
        fields = (
            "code",
            "category",
            "name",
            "unit",
            "price",
            "insurance",
            "insurance_note",
            "is_optional",
            "effective_from",
        )
        widgets = {"effective_from": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).upper()


class ReplacePriceForm(forms.Form):
    """The next price of an item, and from when it counts."""

    use_required_attribute = False
    amount = _money(label=gettext_lazy("New price"))
    effective_from = forms.DateField(
        label=gettext_lazy("In force from"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
