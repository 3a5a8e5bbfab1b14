"""An incident, its deadlines, and what was done about it step by step (R23)."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.alerts.models import Alert
from crm.incidents import rules
from crm.staff.models import Clinic, User
from privacy.exports.models import Export
from privacy.records import Record, RetentionClass


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, staff: User) -> Self:
        """Those of the own clinic."""
        return self.filter(clinic_id=staff.clinic_id)

    def open(self) -> Self:
        return self.filter(closed_at__isnull=True)


class DataKind(models.TextChoices):
    """What of patients was touched, as the notices tell it (PIPL 57)."""

    CONTACT = "contact", _("Names and phone numbers")
    IDENTITY = "identity", _("ID numbers and dates of birth")
    TALKS = "talks", _("Consultation records")
    CARE = "care", _("Appointments, follow-up plans and calls")
    FEES = "fees", _("Fees and invoices")
    CODES = "codes", _("Patient codes alone")


class Incident(Record):
    """Something happened to patients' data. Once closed the database refuses any change."""

    retention = RetentionClass.AUDIT
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    alert = models.ForeignKey(Alert, null=True, on_delete=models.PROTECT, related_name="incidents")
    title = models.CharField(max_length=80)
    known_at = models.DateTimeField()  # since when the clinic knows: the clocks start
    triage_due_at = models.DateTimeField()
    report_due_at = models.DateTimeField()
    # Whose acts, from when to when: the affected patients are found in the trail by these.
    suspect = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    # Who is affected, as choices, never as copies: all that is chosen counts together.
    by_trail = models.BooleanField(default=True)  # the alert's patients, those of the account above
    all_patients = models.BooleanField(default=False)
    listed = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    export = models.ForeignKey(Export, null=True, on_delete=models.PROTECT, related_name="+")
    span_since = models.DateTimeField(null=True)  # seen or changed by this person, or by anybody
    span_until = models.DateTimeField(null=True)
    span_person = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # What the notices tell besides (PIPL 57).
    data_kinds = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    cause = models.CharField(max_length=500, blank=True)
    harm = models.CharField(max_length=500, blank=True)
    # Written for patients: titles and steps are written for colleagues.
    told_happened = models.CharField(max_length=500, blank=True)
    told_done = models.CharField(max_length=500, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    summary = models.CharField(max_length=2000, blank=True)
    affected = ArrayField(models.CharField(max_length=8), default=list)  # as it was at the end
    affected_sha256 = models.CharField(max_length=64, blank=True)  # of the list above, in hex

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-known_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="incident_clocks_run_from_knowing",
                condition=Q(
                    triage_due_at=F("known_at") + rules.TRIAGE,
                    report_due_at=F("known_at") + rules.REPORT,
                ),
            ),
            models.CheckConstraint(
                name="incident_span_is_upright",
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
            ),
            models.CheckConstraint(
                name="incident_affected_span_is_upright",
                condition=Q(span_since=None, span_until=None, span_person=None)
                | Q(span_since__isnull=False)
                & (Q(span_until__isnull=True) | Q(span_until__gt=F("span_since"))),
            ),
            models.CheckConstraint(
                name="incident_digest_comes_with_the_end",
                condition=Q(affected_sha256="") | Q(closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="nobody_closes_incidents_about_oneself",
                condition=Q(closed_by=None) | Q(suspect=None) | ~Q(closed_by=F("suspect")),
            ),
            models.CheckConstraint(
                name="incident_closed_with_a_summary",
                condition=Q(closed_by=None, closed_at=None, summary="")
                | Q(closed_by__isnull=False, closed_at__isnull=False) & ~Q(summary=""),
            ),
        ]
        indexes = [
            models.Index(name="incidents_of_clinic", fields=["clinic", "-known_at", "-id"]),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def target(self) -> str:
        """How the audit trail names this incident."""
        return f"incident:{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class IncidentStep(Record):
    """What was done or found, by whom, when. Never changed, never taken away."""

    class Kind(models.TextChoices):
        NOTE = "note", _("Found out")
        MEASURE = "measure", _("Contained or repaired")
        INTERNAL_REPORT = "internal_report", _("Reported internally, with a first grade")
        AUTHORITY_REPORT = "authority_report", _("Reported to the authority")
        NO_REPORT = "no_report", _("Decided that no report is due")
        PATIENTS_TOLD = "patients_told", _("Told the patients affected")

    STOPS_TRIAGE = (Kind.INTERNAL_REPORT,)
    STOPS_REPORT = (Kind.AUTHORITY_REPORT, Kind.NO_REPORT)

    retention = RetentionClass.AUDIT
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="steps")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind)
    text = models.CharField(max_length=1000)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(name="incident_step_says_something", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.incident_id}"
