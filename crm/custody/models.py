"""Requests to erase (ADR 0012), and records whose use is stopped (ADR 0040)."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext_lazy as _

from crm.patients.models import Patient
from crm.patients.words import RESTRICTION_GROUNDS
from crm.staff.models import Clinic, User
from privacy.encryption.fields import Zone
from privacy.encryption.models import ErasureReason
from privacy.records import Record, RetentionClass

SHORTEST_WORDS = 10  # characters
LONGEST_WORDS = 300


class ErasureRequest(Record):
    """That the keys of one zone of a patient be destroyed; once they are, there is no way back.

    A security administrator asks, medical quality control confirms: the database holds them to the
    two offices, to two people, to the order, and to an erasure that has happened.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for the second person")
        CONFIRMED = "confirmed", _("Confirmed, keys not destroyed yet")
        ERASED = "erased", _("Erased")
        CALLED_OFF = "called_off", _("Called off")

    OPEN = (State.ASKED, State.CONFIRMED)

    retention = RetentionClass.AUDIT
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="erasures")
    zone = models.CharField(max_length=8, choices=Zone)
    reason = models.CharField(max_length=12, choices=ErasureReason)
    wish = models.CharField(max_length=LONGEST_WORDS)  # how it was asked for, and where that lies
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    why_not = models.CharField(max_length=LONGEST_WORDS, blank=True)  # of one called off

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_erasure_per_zone",
                fields=["patient", "zone"],
                condition=Q(state__in=["asked", "confirmed"]),
            ),
            models.CheckConstraint(
                name="erasure_by_two_people",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="erasure_confirmed_before_done",
                condition=Q(confirmed_by=None, confirmed_at=None, state__in=["asked", "called_off"])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(state="asked"),
            ),
            models.CheckConstraint(
                name="erasure_closed_by_somebody",
                condition=Q(closed_by=None, closed_at=None, state__in=["asked", "confirmed"])
                | Q(closed_by__isnull=False, closed_at__isnull=False)
                & Q(state__in=["erased", "called_off"]),
            ),
            models.CheckConstraint(
                name="erasure_has_its_words",
                condition=Q(GreaterThanOrEqual(Length("wish"), SHORTEST_WORDS))
                & (
                    Q(state="called_off") & Q(GreaterThanOrEqual(Length("why_not"), SHORTEST_WORDS))
                    | ~Q(state="called_off") & Q(why_not="")
                ),
            ),
        ]
        indexes = [models.Index(name="erasures_of_clinic", fields=["clinic", "-asked_at"])]

    def __str__(self) -> str:
        return f"{self.zone} {self.state}"

    @property
    def target(self) -> str:
        """How the trail names it."""
        return f"erasure:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be called off."""
        return self.state in self.OPEN


class Restriction(Record):
    """That a patient's record is stored and guarded, and nothing else (R15, PIPL art. 47).

    One person is enough to begin it, because it protects. It ends by two of two offices. The
    trigger of this table, and nobody else, sets the patient's status and puts it back.
    """

    retention = RetentionClass.AUDIT
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="restrictions")
    ground = models.CharField(max_length=7, choices=list(RESTRICTION_GROUNDS.items()))
    wish = models.CharField(max_length=LONGEST_WORDS)  # how it was asked for, and where that lies
    status_before = models.CharField(max_length=12)  # written by the trigger
    restricted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    restricted_at = models.DateTimeField()
    lift_why = models.CharField(max_length=LONGEST_WORDS, blank=True)
    lift_asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    lift_asked_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-restricted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="restricted_once",
                fields=["patient"],
                condition=Q(lifted_at__isnull=True),
            ),
            models.CheckConstraint(
                name="restriction_has_its_words",
                condition=Q(GreaterThanOrEqual(Length("wish"), SHORTEST_WORDS))
                & (
                    Q(lift_asked_by=None, lift_asked_at=None, lift_why="")
                    | Q(lift_asked_by__isnull=False, lift_asked_at__isnull=False)
                    & Q(GreaterThanOrEqual(Length("lift_why"), SHORTEST_WORDS))
                ),
            ),
            models.CheckConstraint(
                name="restriction_lifted_by_two",
                condition=Q(lifted_by=None, lifted_at=None)
                | Q(lifted_by__isnull=False, lifted_at__isnull=False, lift_asked_by__isnull=False)
                & ~Q(lifted_by=F("lift_asked_by")),
            ),
        ]
        indexes = [models.Index(name="restrictions_of_clinic", fields=["clinic", "-restricted_at"])]

    def __str__(self) -> str:
        return f"{self.ground} {'in force' if self.is_live else 'lifted'}"

    @property
    def target(self) -> str:
        """How the trail names it."""
        return f"restriction:{self.pk}"

    @property
    def is_live(self) -> bool:
        """Whether it holds now."""
        return self.lifted_at is None

    @property
    def waits(self) -> bool:
        """Whether somebody asked that it end, and nobody has answered."""
        return self.is_live and self.lift_asked_by_id is not None
