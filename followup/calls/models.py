"""What came of a follow-up call (W7): one row a try, never changed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from followup.schedules.models import Step
from privacy.records import Record, RetentionClass


class CallResult(Record):
    """The mandatory outcome of one try."""

    class Outcome(models.TextChoices):
        REACHED = "reached", _("Reached, all well")
        LATER = "later", _("Asked to be called later")
        UNREACHABLE = "unreachable", _("Not reached")
        WRONG_NUMBER = "wrong_number", _("Wrong number")
        STOP = "stop", _("Wants no more contact")
        COMPLAINT = "complaint", _("A complaint")
        EMERGENCY = "emergency", _("Needs a doctor now")

    retention = RetentionClass.CONTACT_LOG
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="results")
    number = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    call_again_at = models.DateTimeField(null=True)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_result_per_try", fields=["step", "number"]),
            models.CheckConstraint(
                name="call_later_says_when",
                condition=Q(outcome="later") ^ Q(call_again_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_id} #{self.number}: {self.outcome}"
