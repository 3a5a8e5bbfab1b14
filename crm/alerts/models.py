"""What somebody has to look at, told by the trail."""

from typing import Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.alerts import rules
from crm.staff.models import Clinic, User
from privacy.records import Record, RetentionClass


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, staff: User) -> Self:
        """Of the own clinic, and of the installation as a whole."""
        return self.filter(Q(clinic_id=staff.clinic_id) | Q(clinic__isnull=True))

    def open(self) -> Self:
        """Nobody has taken them on."""
        return self.filter(state=Alert.State.OPEN)


class Alert(Record):
    """One kind of sign about one thing on one day; further ones are counted, and open it again."""

    class Kind(models.TextChoices):
        CRYPTO = rules.CRYPTO, _("Sealed values do not open")
        UNATTRIBUTED = rules.UNATTRIBUTED, _("Rows changed by nobody known")
        MISMATCH = rules.MISMATCH, _("A row is not what was last noted of it")
        CONSENT = rules.CONSENT, _("A consent is not what its ledger says")
        TRAIL = rules.TRAIL, _("The audit trail is not whole")
        MISSED = rules.MISSED, _("A nightly check is missing")
        SEPARATION = rules.SEPARATION, _("One person stood on both sides")
        SEALER = rules.SEALER, _("The sealer has fallen behind")
        DENIALS = rules.DENIALS, _("Many refusals of one person")
        LOCKED = rules.LOCKED, _("Sign-in locked after guesses")
        TOKEN = rules.TOKEN, _("API tokens refused")
        PASSKEY = rules.PASSKEY, _("A passkey that may exist twice")
        REVIEW = rules.REVIEW, _("A joint review is overdue")
        HONEY = rules.HONEY, _("A honey record was touched")
        BREAK_GLASS = rules.BREAK_GLASS, _("The glass was broken")
        CAP = rules.CAP, _("A cap was reached")
        VERDICT = rules.VERDICT, _("A use of break-glass is not judged in time")
        DEADLINE = rules.DEADLINE, _("A clock of an incident has run out")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("alert", "New")
        ACKNOWLEDGED = "acknowledged", _("Being looked at")
        CLOSED = "closed", _("Closed")

    retention = RetentionClass.AUDIT
    kind = models.CharField(max_length=14, choices=Kind)
    target = models.CharField(max_length=100)
    day = models.DateField()  # clinic time
    clinic = models.ForeignKey(Clinic, null=True, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    codes = ArrayField(models.CharField(max_length=8), default=list)
    times = models.PositiveIntegerField(default=1)
    event_id = models.UUIDField(null=True)  # the first; a sealer that lags leaves none
    last_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    taken_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                name="one_alert_per_kind_target_and_day",
                fields=["kind", "target", "day", "clinic"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="alert_taken_on_by_somebody",
                condition=Q(state="open", taken_by=None, taken_at=None)
                | Q(
                    state__in=["acknowledged", "closed"],
                    taken_by__isnull=False,
                    taken_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="alert_closed_with_a_note",
                condition=Q(closed_by=None, closed_at=None, note="")
                & Q(state__in=["open", "acknowledged"])
                | Q(state="closed", closed_by__isnull=False, closed_at__isnull=False) & ~Q(note=""),
            ),
            models.CheckConstraint(
                name="nobody_closes_alerts_about_oneself",
                condition=Q(closed_by=None) | Q(staff=None) | ~Q(closed_by=F("staff")),
            ),
        ]
        indexes = [
            models.Index(name="alerts_newest", fields=["-last_at", "-id"]),
            models.Index(name="alerts_open", fields=["clinic"], condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.target}"

    @property
    def trail_target(self) -> str:
        """How the audit trail names this alert."""
        return f"alert:{self.pk}"


class TrailPlace(Record):
    """How far the alerts have read the trail."""

    retention = RetentionClass.SETTINGS
    reader = models.CharField(max_length=20, unique=True)
    xid = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.reader}: {self.xid}"

    @classmethod
    def locked(cls, reader: str) -> "TrailPlace":
        """The place of one reader, nobody else's until the transaction ends."""
        cls.objects.get_or_create(reader=reader)
        return cls.objects.select_for_update().get(reader=reader)


def staff_of(target: str) -> UUID | None:
    """The member of staff that a target names."""
    kind, _colon, key = target.partition(":")
    return UUID(key) if kind == "staff" else None
