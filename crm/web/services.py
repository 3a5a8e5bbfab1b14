"""What the pages themselves write and forget."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from crm.web.models import FormSubmission

KEPT: Final = timedelta(days=2)  # longer than the longest session, so no open form outlives it


def forget_submissions() -> int:
    """Delete keys older than two days; returns how many."""
    deleted, _per_model = FormSubmission.objects.filter(
        created_at__lt=timezone.now() - KEPT
    ).delete()
    return deleted
