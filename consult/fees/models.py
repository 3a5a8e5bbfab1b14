"""The price book, and estimates in versions that never change once they are issued."""

import uuid
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from consult.fees import lifecycle, rules
from crm.patients.models import Patient
from crm.staff.models import Clinic
from privacy.encryption.fields import SealedField, Zone
from privacy.records import Record, RetentionClass


class Category(models.TextChoices):
    """The four parts of a full-course estimate (S67)."""

    BASIC = rules.Category.BASIC.value, _("Basic care")
    MEDICINE = rules.Category.MEDICINE.value, _("Medicines")
    SURGERY = rules.Category.SURGERY.value, _("Surgery")
    COMPLICATION = rules.Category.COMPLICATION.value, _("Possible complications")


class Insurance(models.TextChoices):
    """What public insurance pays of a line; details go into the note."""

    NONE = "none", pgettext_lazy("insurance", "Self-pay")
    PARTIAL = "partial", pgettext_lazy("insurance", "Partly")
    FULL = "full", pgettext_lazy("insurance", "Covered")


def _money(**kwargs: object) -> "models.DecimalField[Decimal, Decimal]":
    return models.DecimalField(max_digits=12, decimal_places=2, **kwargs)  # type: ignore[arg-type]  # only DecimalField's own options pass through here


class PriceItem(Record):
    """One price of one item for one period: public, never personal (S70).

    Periods of one code never overlap: an exclusion constraint in the database holds that
    (consult.migrations.operations.fees), because it needs an extension first.
    """

    retention = RetentionClass.SETTINGS
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="prices")
    code = models.CharField(_("Item code"), max_length=20)
    category = models.CharField(_("Category"), max_length=12, choices=Category)
    name = models.CharField(_("Item"), max_length=rules.LONGEST_ITEM)
    unit = models.CharField(_("Unit"), max_length=rules.LONGEST_UNIT)
    price = _money(verbose_name=_("Price"))
    insurance = models.CharField(
        _("Insurance"), max_length=8, choices=Insurance, default=Insurance.NONE
    )
    insurance_note = models.CharField(_("Insurance note"), max_length=120, blank=True)
    is_optional = models.BooleanField(_("Not necessary"), default=False)
    effective_from = models.DateField(_("In force from"))
    effective_until = models.DateField(_("Until (not included)"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="price_code_is_plain", condition=Q(code__regex=r"^[A-Z0-9][A-Z0-9-]*$")
            ),
            models.CheckConstraint(
                name="price_has_known_category", condition=Q(category__in=Category.values)
            ),
            models.CheckConstraint(
                name="price_has_known_insurance", condition=Q(insurance__in=Insurance.values)
            ),
            models.CheckConstraint(
                name="price_is_in_bounds", condition=Q(price__gte=0, price__lte=rules.MOST_PER_LINE)
            ),
            models.CheckConstraint(
                name="price_ends_after_it_starts",
                condition=Q(effective_until__isnull=True)
                | Q(effective_until__gt=F("effective_from")),
            ),
        ]
        indexes = [models.Index(name="prices_of_clinic", fields=["clinic", "category", "code"])]

    def __str__(self) -> str:
        return self.code


class EstimateSeries(Record):
    """The last number given out by a clinic in a year; the row is the queue for the next one."""

    retention = RetentionClass.SETTINGS
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_estimate_series", fields=["clinic", "year"])
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Estimate(Record):
    """What one course of treatment may cost one patient; its content lives in versions.

    ``state`` and ``newest`` mirror the newest version, for lists.
    """

    State = lifecycle.State
    STATES: ClassVar = (
        (State.DRAFT.value, pgettext_lazy("estimate", "Draft")),
        (State.ISSUED.value, pgettext_lazy("estimate", "Issued")),
        (State.EXPLAINED.value, pgettext_lazy("estimate", "Explained")),
        (State.ACCEPTED.value, pgettext_lazy("estimate", "Accepted")),
        (State.DECLINED.value, pgettext_lazy("estimate", "Declined")),
        (State.SUPERSEDED.value, pgettext_lazy("estimate", "Superseded")),
    )

    retention = RetentionClass.FINANCE
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="estimates")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="estimates")
    number = models.CharField(max_length=16)
    title = SealedField(zone=Zone.CLINICAL)  # the protocol: names the treatment
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=10, choices=STATES, default=State.DRAFT.value)
    newest = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_estimate_per_number", fields=["clinic", "number"]),
            models.CheckConstraint(
                name="estimate_number_is_well_formed",
                condition=Q(number__regex=r"^E-[0-9]{4}-[0-9]{4,}$"),
            ),
            models.CheckConstraint(
                name="estimate_has_known_state", condition=Q(state__in=[*lifecycle.State])
            ),
        ]
        indexes = [
            models.Index(name="estimates_of_clinic", fields=["clinic", "-created_at", "id"]),
            models.Index(name="estimates_of_patient", fields=["patient", "-created_at"]),
        ]

    def __str__(self) -> str:
        return self.number


class EstimateVersion(Record):
    """One wording of an estimate. After issuing, only its steps forward are added."""

    State = lifecycle.State

    retention = RetentionClass.FINANCE
    estimate = models.ForeignKey(Estimate, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=Estimate.STATES, default=State.DRAFT.value)
    reason = SealedField(zone=Zone.CLINICAL, pad=256)  # the doctor's written word on a change
    revision = models.PositiveIntegerField(default=1)  # of the draft, against lost updates
    copies = models.PositiveIntegerField(default=0)  # prints given out so far
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    explained_at = models.DateTimeField(null=True)
    explained_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)  # accepted or declined
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_version_per_number", fields=["estimate", "number"]),
            models.UniqueConstraint(
                name="one_draft_at_a_time", fields=["estimate"], condition=Q(state="draft")
            ),
            models.UniqueConstraint(
                name="one_accepted_at_a_time", fields=["estimate"], condition=Q(state="accepted")
            ),
            models.CheckConstraint(
                name="version_has_known_state", condition=Q(state__in=[*lifecycle.State])
            ),
            models.CheckConstraint(name="version_counts_from_one", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="issued_version_has_stamp",
                condition=Q(state="draft", issued_at__isnull=True, issued_by__isnull=True)
                | (~Q(state="draft") & Q(issued_at__isnull=False, issued_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="explained_version_has_stamp",
                condition=~Q(state__in=["explained", "accepted"])
                | Q(explained_at__isnull=False, explained_by__isnull=False),
            ),
            models.CheckConstraint(
                name="answered_version_has_stamp",
                condition=~Q(state__in=["accepted", "declined"])
                | Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
            models.CheckConstraint(
                name="issued_change_has_reason",
                condition=Q(state="draft") | Q(number=1) | Q(reason__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.estimate_id} v{self.number}"

    @property
    def patient_id(self) -> UUID:
        """Whose keys seal this row; load ``estimate`` with it."""
        return self.estimate.patient_id

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT


class EstimateLine(Record):
    """One line: what it says is sealed, what it costs stays countable (ADR on estimates)."""

    retention = RetentionClass.FINANCE
    version = models.ForeignKey(EstimateVersion, on_delete=models.PROTECT, related_name="lines")
    key = models.UUIDField(default=uuid.uuid4)  # the same line over all versions
    category = models.CharField(max_length=12, choices=Category)
    position = models.PositiveSmallIntegerField()
    item = SealedField(zone=Zone.CLINICAL)
    unit = SealedField(zone=Zone.CLINICAL)
    quantity = models.DecimalField(max_digits=7, decimal_places=2)
    price_low = _money()  # unit price; a range where the price is uncertain
    price_high = _money()
    amount_low = models.GeneratedField(
        expression=F("quantity") * F("price_low"),
        output_field=models.DecimalField(max_digits=14, decimal_places=2),
        db_persist=True,
    )
    amount_high = models.GeneratedField(
        expression=F("quantity") * F("price_high"),
        output_field=models.DecimalField(max_digits=14, decimal_places=2),
        db_persist=True,
    )
    insurance = models.CharField(max_length=8, choices=Insurance, default=Insurance.NONE)
    insurance_note = SealedField(zone=Zone.CLINICAL)
    is_optional = models.BooleanField(default=False)  # shown as 非必需 (S66)
    by_occurrence = models.BooleanField(default=False)  # not charged unless it happens

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_line_per_key", fields=["version", "key"]),
            models.UniqueConstraint(name="one_line_per_position", fields=["version", "position"]),
            models.CheckConstraint(
                name="line_has_known_category", condition=Q(category__in=Category.values)
            ),
            models.CheckConstraint(
                name="line_has_known_insurance", condition=Q(insurance__in=Insurance.values)
            ),
            models.CheckConstraint(
                name="line_has_words", condition=Q(item__isnull=False, unit__isnull=False)
            ),
            models.CheckConstraint(
                name="line_quantity_is_positive",
                condition=Q(quantity__gt=0, quantity__lte=rules.MOST_QUANTITY),
            ),
            models.CheckConstraint(
                name="line_price_is_in_bounds",
                condition=Q(price_low__gte=0, price_high__lte=rules.MOST_PER_LINE),
            ),
            models.CheckConstraint(
                name="line_range_is_upright", condition=Q(price_low__lte=F("price_high"))
            ),
            models.CheckConstraint(
                name="line_amount_is_in_bounds",
                condition=Q(amount_high__lte=rules.MOST_PER_LINE),
            ),
            models.CheckConstraint(
                name="by_occurrence_is_for_complications",
                condition=Q(by_occurrence=False) | Q(category="complication"),
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.position}"

    @property
    def patient_id(self) -> UUID:
        """Whose keys seal this row; load ``version`` and its estimate with it."""
        return self.version.estimate.patient_id
