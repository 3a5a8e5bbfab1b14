"""Rooms and visits of a day. Codes only: nothing here says who somebody is or what they have."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.patients.models import Patient
from crm.scheduling.rules import OPEN, State
from crm.staff.models import Clinic
from privacy.pseudonyms.models import VisitCode
from privacy.pseudonyms.rules import visit_code
from privacy.records import Record, RetentionClass


class Room(Record):
    """A room with a door that shuts: one person at a time (S49)."""

    retention = RetentionClass.SETTINGS
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="rooms")
    label = models.CharField(max_length=20)
    retired_at = models.DateTimeField(null=True)  # past visits keep their room

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_active_room_per_label",
                fields=["clinic", "label"],
                condition=Q(retired_at__isnull=True),
            ),
            models.CheckConstraint(name="room_has_a_label", condition=~Q(label="")),
        ]

    def __str__(self) -> str:
        return self.label


class Visit(Record):
    """One patient's visit on one day (clinic time)."""

    class Purpose(models.TextChoices):
        """What it is about, in words that may be read over a shoulder."""

        FIRST = "first", _("First consultation")
        RETURN = "return", _("Return consultation")
        FEES = "fees", _("Talk about fees")
        EXAMINATION = "examination", _("Examination")
        OTHER = "other", _("Something else")

    class States(models.TextChoices):
        EXPECTED = State.EXPECTED.value, _("Not here yet")
        WAITING = State.WAITING.value, _("Waiting")
        IN_ROOM = State.IN_ROOM.value, _("In the room")
        DONE = State.DONE.value, _("Done")
        LEFT = State.LEFT.value, _("Gone")

    retention = RetentionClass.CONTACT_LOG
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="visits")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="visits")
    day = models.DateField()
    visit_code = models.ForeignKey(VisitCode, on_delete=models.PROTECT, related_name="visits")
    purpose = models.CharField(max_length=12, choices=Purpose)
    state = models.CharField(max_length=8, choices=States)
    previous = models.CharField(max_length=8, choices=States, blank=True)  # what an undo restores
    changed_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True)
    room = models.ForeignKey(Room, null=True, on_delete=models.PROTECT, related_name="visits")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_visit_per_patient_and_day",
                fields=["patient", "day"],
                condition=Q(state__in=[one.value for one in OPEN]),
            ),
            models.UniqueConstraint(
                name="one_patient_per_room",
                fields=["room"],
                condition=Q(state=State.IN_ROOM.value),
            ),
            models.CheckConstraint(
                name="visit_waits_only_after_arrival",
                condition=Q(arrived_at__isnull=False)
                | Q(state__in=[State.EXPECTED.value, State.LEFT.value]),
            ),
        ]
        indexes = [models.Index(name="visits_of_a_day", fields=["clinic", "day"])]

    def __str__(self) -> str:
        return f"{self.day} {self.state}"

    @property
    def called(self) -> str:
        """What is called out, "B-001"; join ``visit_code`` and ``clinic`` when listing."""
        return visit_code(self.visit_code.number, self.clinic.visit_letter)

    @property
    def waited(self) -> timedelta | None:
        """How long since the arrival."""
        return timezone.now() - self.arrived_at if self.arrived_at else None
