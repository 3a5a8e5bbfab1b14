"""A sheet of the joint review: what was drawn, what both sides found, who signed (S60)."""

from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.incidents.models import Incident
from crm.joint_review import rules
from crm.staff.models import Clinic, User
from privacy.records import Record, RetentionClass

HEX = 64
SAID = ~Q(answer="") | ~Q(statement="")


def due_day() -> date:
    """When a finding that is noted today has to be closed; a day of clinic time."""
    return timezone.localdate() + timedelta(days=rules.DUE_DAYS)


def _staff(*, null: bool = False) -> "models.ForeignKey[User | None, User | None]":
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=null, on_delete=models.PROTECT, related_name="+"
    )


class ReviewSheetQuerySet(models.QuerySet["ReviewSheet"]):
    def visible_to(self, staff: User) -> Self:
        """Those of the own clinic."""
        return self.filter(clinic_id=staff.clinic_id)

    def signed(self) -> Self:
        """By both sides."""
        return self.annotate(n=Count("signatures", distinct=True)).filter(n=2)


class ReviewSheet(Record):
    """What of a period is to be looked at. Never changed after it was drawn, never deleted."""

    class Kind(models.TextChoices):
        WEEK = "week", _("Week")
        MONTH = "month", _("Month")
        EXTRA = "extra", _("Extra review")

    retention = RetentionClass.AUDIT
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind)
    begins_on = models.DateField()  # clinic time
    since = models.DateTimeField()
    until = models.DateTimeField()  # the first moment out
    drawn_by = _staff(null=True)  # nobody: the clock
    reason = models.CharField(max_length=300, blank=True)  # of an extra review
    seed = models.CharField(max_length=HEX)
    events = models.IntegerField()  # in the period, all of them
    # Counted when the sheet was drawn: reveals, denials, outside hours, break-glass.
    counts = models.JSONField(default=dict)
    first_checkpoint = models.BigIntegerField()
    checkpoint = models.BigIntegerField()  # the head when it was drawn
    root = models.CharField(max_length=HEX)
    chain = models.CharField(max_length=HEX)

    objects = ReviewSheetQuerySet.as_manager()

    class Meta:
        ordering = ["-until", "kind"]
        constraints = [
            models.UniqueConstraint(
                name="one_review_sheet_per_period",
                fields=["clinic", "kind", "begins_on"],
                condition=Q(kind__in=["week", "month"]),
            ),
            models.CheckConstraint(
                name="review_week_is_a_week",
                condition=~Q(kind="week") | Q(until=F("since") + timedelta(days=7)),
            ),
            models.CheckConstraint(
                name="review_span_is_upright", condition=Q(until__gt=F("since"))
            ),
            models.CheckConstraint(
                name="review_extra_has_a_reason",
                condition=Q(kind="extra", drawn_by__isnull=False) & ~Q(reason="")
                | Q(kind__in=["week", "month"], reason=""),
            ),
        ]
        indexes = [models.Index(name="review_sheets_of_clinic", fields=["clinic", "-until"])]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """``2026-W47``, ``2026-11``, ``2026-11-09+``."""
        if self.kind == self.Kind.EXTRA:
            return f"{self.begins_on:%Y-%m-%d}+"
        of = rules.week_of if self.kind == self.Kind.WEEK else rules.month_of
        return of(self.begins_on).label

    @property
    def target(self) -> str:
        """How the audit trail names this sheet."""
        return f"review:{self.pk}"

    @property
    def chain_groups(self) -> list[str]:
        return rules.groups(self.chain)

    @property
    def root_groups(self) -> list[str]:
        return rules.groups(self.root)

    @property
    def seed_groups(self) -> list[str]:
        return rules.groups(self.seed)


class ReviewItem(Record):
    """One event to be looked at, on what grounds, and what was found. The event itself stays in
    the trail; here stand its id, number and digest."""

    class Verdict(models.TextChoices):
        IN_ORDER = "in_order", _("In order")
        FINDING = "finding", _("Finding")

    retention = RetentionClass.AUDIT
    sheet = models.ForeignKey(ReviewSheet, on_delete=models.PROTECT, related_name="items")
    number = models.IntegerField()  # within the sheet, from 1
    event_id = models.UUIDField()
    event_at = models.DateTimeField()
    seq = models.BigIntegerField()
    event_digest = models.CharField(max_length=HEX)
    action = models.CharField(max_length=60)
    actor = models.UUIDField(null=True)  # whose doing it was; nobody judges their own
    role = models.CharField(max_length=20, blank=True)  # the actor's, then
    only_side = models.CharField(max_length=2, blank=True)  # who alone judges it
    grounds = ArrayField(models.CharField(max_length=20))
    facts = models.JSONField(default=dict)  # numbers behind an anomaly: ground -> integers
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True)
    side = models.CharField(max_length=2, blank=True)
    judged_by = _staff(null=True)
    judged_at = models.DateTimeField(null=True)
    # The same event on a sheet that is signed: the verdict was taken over from there.
    earlier = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="review_item_number", fields=["sheet", "number"]),
            models.UniqueConstraint(name="review_event_once", fields=["sheet", "event_id"]),
            models.CheckConstraint(
                name="review_verdict_has_a_judge",
                condition=Q(verdict="", side="", judged_by=None, judged_at=None, earlier=None)
                | Q(
                    verdict__in=["in_order", "finding"],
                    side__in=["it", "qc"],
                    judged_by__isnull=False,
                    judged_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="nobody_reviews_their_own",
                condition=Q(judged_by=None) | Q(actor=None) | ~Q(actor=F("judged_by")),
            ),
            models.CheckConstraint(
                name="a_reviewers_acts_go_to_the_other_side",
                condition=Q(verdict="") | Q(only_side="") | Q(only_side=F("side")),
            ),
            models.CheckConstraint(name="review_item_has_grounds", condition=Q(grounds__len__gt=0)),
        ]
        indexes = [
            models.Index(name="review_items_open", fields=["sheet"], condition=Q(verdict="")),
            models.Index(name="review_items_of_event", fields=["event_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.sheet_id}"

    @property
    def side_name(self) -> str:
        """Which side judged it, in words."""
        return str(ReviewSignature.Side(self.side).label)

    @property
    def is_random(self) -> bool:
        """Whether chance alone put it here."""
        return self.grounds == [rules.RANDOM]


class ReviewSignature(Record):
    """One side's name under a sheet. Never changed, never taken away."""

    class Side(models.TextChoices):
        IT = "it", _("Information technology")
        QC = "qc", _("Medical quality")

    retention = RetentionClass.AUDIT
    sheet = models.ForeignKey(ReviewSheet, on_delete=models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=2, choices=Side)
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=HEX)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(name="review_one_signature_a_side", fields=["sheet", "side"]),
            models.UniqueConstraint(name="review_two_signers", fields=["sheet", "signer"]),
            models.CheckConstraint(name="review_side_is_known", condition=Q(side__in=["it", "qc"])),
            models.CheckConstraint(
                name="review_digest_is_hex", condition=Q(digest__regex="^[0-9a-f]{64}$")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} under {self.sheet_id}"


class ReviewFinding(Record):
    """What is not in order: a ticket of somebody, due on a day, open until answered and closed."""

    class State(models.TextChoices):
        OPEN = "open", _("Waits for an answer")
        ANSWERED = "answered", _("Answered")
        CLOSED = "closed", _("Closed")

    retention = RetentionClass.AUDIT
    item = models.OneToOneField(ReviewItem, on_delete=models.PROTECT, related_name="finding")
    text = models.CharField(max_length=rules.LONGEST_TEXT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    owner = _staff(null=True)  # who sees to it; nobody: the side that found it
    due_on = models.DateField(default=due_day)  # clinic time; the last day that is in time
    answer = models.CharField(max_length=rules.LONGEST_TEXT, blank=True)
    answered_by = _staff(null=True)
    answered_at = models.DateTimeField(null=True)
    statement = models.CharField(max_length=rules.LONGEST_TEXT, blank=True)  # of whom it is about
    stated_by = _staff(null=True)
    stated_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=rules.LONGEST_TEXT, blank=True)
    closed_by = _staff(null=True)
    closed_at = models.DateTimeField(null=True)
    incident = models.OneToOneField(Incident, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="review_finding_says_something", condition=~Q(text="")
            ),
            models.CheckConstraint(
                name="review_answer_is_whole",
                condition=Q(answer="", answered_by=None, answered_at=None)
                | Q(answered_by__isnull=False, answered_at__isnull=False) & ~Q(answer=""),
            ),
            models.CheckConstraint(
                name="review_statement_is_whole",
                condition=Q(statement="", stated_by=None, stated_at=None)
                | Q(stated_by__isnull=False, stated_at__isnull=False) & ~Q(statement=""),
            ),
            models.CheckConstraint(
                name="review_finding_moves_on",
                condition=Q(
                    state="open", answer="", statement="", outcome="", closed_by=None,
                    closed_at=None,
                )
                | Q(state="answered", outcome="", closed_by=None, closed_at=None) & SAID
                | Q(state="closed", closed_by__isnull=False, closed_at__isnull=False)
                & SAID & ~Q(outcome=""),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                name="review_findings_open", fields=["-created_at"], condition=~Q(state="closed")
            )
        ]

    def __str__(self) -> str:
        return f"finding on {self.item_id}"

    @property
    def target(self) -> str:
        """How the audit trail names this finding."""
        return f"finding:{self.pk}"

    @property
    def is_late(self) -> bool:
        """Whether its last day has passed and nobody has closed it."""
        return self.state != self.State.CLOSED and rules.is_late(self.due_on, timezone.localdate())


class ReviewView(Record):
    """How somebody likes to look at sheets: a name for some filters."""

    retention = RetentionClass.SETTINGS
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="review_views"
    )
    name = models.CharField(max_length=30)
    ground = models.CharField(max_length=20, blank=True)
    role = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=8, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(name="review_view_name_once", fields=["staff", "name"]),
            models.CheckConstraint(
                name="review_view_narrows",
                condition=~Q(name="") & (~Q(ground="") | ~Q(role="") | ~Q(state="")),
            ),
        ]

    def __str__(self) -> str:
        return self.name
