"""What staff sign, learn and hold. The account itself keeps only until when it is cleared."""

from datetime import date, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.staff.models import Clinic, User
from privacy.records import Record, RetentionClass


class Document(Record):
    """One edition of what staff sign or read (S1, S2): never edited, a change is a new number.

    The operator's own texts: one set for all its sites.
    """

    class Kind(models.TextChoices):
        NDA = "nda", _("Confidentiality agreement")
        PLEDGE = "pledge", _("Ethics pledge")
        POLICY = "policy", _("Policy")

    retention = RetentionClass.STAFF
    slug = models.SlugField(max_length=40)
    kind = models.CharField(max_length=6, choices=Kind)
    number = models.PositiveIntegerField()
    title_zh = models.CharField(max_length=60)
    title_en = models.CharField(max_length=80)
    body_zh = models.TextField()
    body_en = models.TextField()
    sha256 = models.CharField(max_length=64, editable=False)
    applies_from = models.DateField()  # a clinic day
    published_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_document_per_number", fields=["slug", "number"]),
            models.CheckConstraint(
                name="nda_and_pledge_are_their_slugs",
                condition=(Q(kind="policy") & ~Q(slug__in=["nda", "pledge"]))
                | Q(kind__in=["nda", "pledge"], slug=F("kind")),
            ),
            models.CheckConstraint(name="document_number_positive", condition=Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.slug} v{self.number}"

    @property
    def title(self) -> str:
        return self.title_en if get_language() == "en" else self.title_zh

    @property
    def body(self) -> str:
        return self.body_en if get_language() == "en" else self.body_zh


class Signature(Record):
    """Somebody signed, or says they have read, one edition; only ever added."""

    retention = RetentionClass.STAFF
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="signatures")
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="signatures")
    sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=10)  # in which it was read

    class Meta:
        indexes = [models.Index(name="signatures_of_staff", fields=["staff", "created_at"])]

    def __str__(self) -> str:
        return f"{self.document_id} by {self.staff_id}"


class Sitting(Record):
    """One try at the test of a training: what was drawn, what was answered, what came of it."""

    OPEN_FOR: ClassVar[timedelta] = timedelta(hours=12)

    class Course(models.TextChoices):
        """The three rounds of S3, and consent and fees; the same words as ``rules.COURSES``."""

        PRIVACY = "privacy", _("Privacy law")
        SENSITIVE = "sensitive", _("Recognising sensitive data")
        WORDING = "wording", _("Boundaries of a talk")
        CONSENT = "consent", _("Consent and fees")

    retention = RetentionClass.STAFF
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sittings")
    course = models.CharField(max_length=10, choices=Course)
    edition = models.PositiveSmallIntegerField(default=1)  # of the course, when it was drawn
    drawn = models.JSONField()  # [[question, [its options in the order shown]], ...]
    answers = models.JSONField(default=dict)  # question: option
    points = models.PositiveSmallIntegerField(null=True)
    finished_at = models.DateTimeField(null=True)
    valid_until = models.DateField(null=True)  # the certificate's last day; null unless passed

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="sitting_course_is_known",
                condition=Q(course__in=["privacy", "sensitive", "wording", "consent"]),
            ),
            models.CheckConstraint(
                name="sitting_finished_has_points",
                condition=Q(finished_at=None, points=None, valid_until=None)
                | Q(finished_at__isnull=False, points__isnull=False),
            ),
        ]
        indexes = [models.Index(name="sittings_of_staff", fields=["staff", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.course} of {self.staff_id}"

    @property
    def is_open(self) -> bool:
        """Whether answers are still taken."""
        return self.finished_at is None and self.created_at > timezone.now() - self.OPEN_FOR


class Licence(Record):
    """A registration that somebody else has compared with the original (S10)."""

    class Kind(models.TextChoices):
        PHYSICIAN = "physician", _("Physician's practice certificate")
        NURSE = "nurse", _("Nurse's practice certificate")
        OTHER = "other", _("Other registration")

    retention = RetentionClass.STAFF
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="licences")
    kind = models.CharField(max_length=10, choices=Kind)
    number = models.CharField(max_length=40)
    expires_on = models.DateField()  # the last good day
    checked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licence_kind_is_known",
                condition=Q(kind__in=["physician", "nurse", "other"]),
            ),
            models.CheckConstraint(
                name="licence_checked_by_another", condition=~Q(checked_by=F("staff"))
            ),
        ]
        indexes = [models.Index(name="licences_of_staff", fields=["staff", "expires_on"])]

    def __str__(self) -> str:
        return f"{self.kind} of {self.staff_id}"


class ClinicLicence(Record):
    """What the clinic itself may do, compared with the original (S10); renewing is a new row."""

    class Kind(models.TextChoices):
        """The same words as ``rules.CLINIC_LICENCES``."""

        INSTITUTION = "institution", _("Medical institution practice licence")
        INTERNET = "internet", _("Permit for internet diagnosis and treatment")

    retention = RetentionClass.SETTINGS
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="licences")
    kind = models.CharField(max_length=12, choices=Kind)
    number = models.CharField(max_length=60)
    issuer = models.CharField(max_length=80)
    valid_from = models.DateField()
    valid_until = models.DateField()  # the last good day
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="clinic_licence_kind_is_known",
                condition=Q(kind__in=["institution", "internet"]),
            ),
            models.CheckConstraint(
                name="clinic_licence_says_what_it_is", condition=~Q(number="") & ~Q(issuer="")
            ),
            models.CheckConstraint(
                name="clinic_licence_ends_after_it_begins",
                condition=Q(valid_until__gte=F("valid_from")),
            ),
            models.UniqueConstraint(
                name="one_clinic_licence_at_a_time",
                fields=["clinic", "kind", "number", "valid_from"],
                condition=Q(withdrawn_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.clinic_id}"

    @property
    def last_day(self) -> date:
        """The last good clinic day: the one before it was withdrawn, if that is sooner."""
        if self.withdrawn_at is None:
            return self.valid_until
        return min(self.valid_until, timezone.localdate(self.withdrawn_at) - timedelta(days=1))

    @property
    def target(self) -> str:
        """How the trail names it."""
        return f"clinic_licence:{self.pk}"


class Reminder(Record):
    """A task for one person: something lapses in 30 or 7 days. Gone once it no longer does."""

    retention = RetentionClass.STAFF
    staff = models.ForeignKey(User, on_delete=models.CASCADE, related_name="clearance_reminders")
    item = models.CharField(max_length=50)  # rules.Line.item
    lapses_on = models.DateField()  # the last good day
    days = models.PositiveSmallIntegerField()  # 30 or 7

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_clearance_reminder", fields=["staff", "item", "lapses_on", "days"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.item} of {self.staff_id}"
