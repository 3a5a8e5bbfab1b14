"""A person as the ground floor knows them: by code alone."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from privacy.encryption import canaries, keyring
from privacy.encryption.models import SubjectKey
from privacy.records import Record, RetentionClass, store_many

key_scope = keyring.scope  # for doors: keys fetched for writing are kept for one request only
key_faults = canaries.faults  # for readiness: zones whose roots are not this database's


class SubjectManager(models.Manager["Subject"]):
    def with_keys(self, codes: list[str]) -> list["Subject"]:
        """Create one subject a code, each with its two data keys."""
        subjects = [Subject(code=code) for code in codes]
        store_many(subjects)
        keys = SubjectKey.issue(one.pk for one in subjects)
        store_many(keys)
        keyring.remember(keys)
        return subjects

    def stamp(self, subject: "Subject", moment: datetime) -> None:
        """Have a subject's row and its keys say that they are of ``moment`` (aware)."""
        for rows in (
            self.filter(pk=subject.pk),
            SubjectKey.objects.filter(subject_id=subject.pk),
        ):
            rows.update(created_at=moment, updated_at=moment)


class Subject(Record):
    """A person whose data is held. The code is random: it tells neither order nor volume."""

    retention = RetentionClass.CLINICAL
    code = models.CharField(max_length=8, unique=True)

    objects = SubjectManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="subject_code_form", condition=Q(code__regex=r"^[0-9A-Z]{8}$")
            )
        ]

    def __str__(self) -> str:
        return self.code


class VisitCode(Record):
    """What is called in the waiting room on one day: B-001 (S53). Tells nothing the next day."""

    retention = RetentionClass.CONTACT_LOG
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="visit_codes")
    site = models.UUIDField()  # the clinic, known here only by its id
    day = models.DateField()
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_visit_number_per_day", fields=["site", "day", "number"]
            ),
            models.UniqueConstraint(
                name="one_visit_code_per_patient_and_day", fields=["site", "day", "subject"]
            ),
            models.CheckConstraint(name="visit_number_positive", condition=Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"B-{self.number:03d}"
