"""What the pages themselves remember."""

from django.conf import settings
from django.db import models

from privacy.encryption.fields import SealedField, Zone
from privacy.pseudonyms.models import Subject
from privacy.records import Record, RetentionClass


class FormSubmission(Record):
    """A form that was carried out: its key and where the answer led, never what it said."""

    retention = RetentionClass.SETTINGS
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField()
    path = models.CharField(max_length=200)
    location = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_submission_per_key", fields=["user", "key"])
        ]
        indexes = [models.Index(name="old_submissions", fields=["created_at"])]

    def __str__(self) -> str:
        return str(self.key)


class ApiAnswer(Record):
    """What a call of the API was answered, for giving it once more when the call is repeated.

    ``call`` is a keyed hash of method, path and body; ``body`` the answer, sealed with the key of
    the patient it is about.
    """

    retention = RetentionClass.SETTINGS
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField()
    call = models.BinaryField(max_length=32)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    status = models.PositiveSmallIntegerField()
    body = SealedField(zone=Zone.CLINICAL, owner="subject_id", pad=256)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_answer_per_key", fields=["user", "key"])]
        indexes = [models.Index(name="old_answers", fields=["created_at"])]

    def __str__(self) -> str:
        return str(self.key)
