"""What the pages themselves write and forget."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from crm.web.models import ApiAnswer, FormSubmission

KEPT: Final = timedelta(days=2)  # longer than the longest session, so no open form outlives it


def forget_submissions() -> int:
    """Delete keys of forms, and answers of the API, older than two days; returns how many."""
    before = timezone.now() - KEPT
    forms, _per_model = FormSubmission.objects.filter(created_at__lt=before).delete()
    answers, _per_model = ApiAnswer.objects.filter(created_at__lt=before).delete()
    return forms + answers


def forget_answers(*, subject_id: UUID, **_signal: Any) -> None:
    """Delete kept answers about a patient, with the erasure of a zone of theirs.

    They are sealed with one zone's key and may say something of the other.
    """
    ApiAnswer.objects.filter(subject_id=subject_id).delete()
