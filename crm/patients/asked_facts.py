"""What the patient was asked after registration, and what they would rather not say (R8)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.patients.collecting import Fact
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.records import Record, RetentionClass


class AskedFact(Record):
    """That a fact was told, or that the patient would rather not: the day, never the value (R8)."""

    class Answer(models.TextChoices):
        GIVEN = "given", _("Told")
        DECLINED = "declined", _("Declined")

    class CameBack(models.TextChoices):
        """How the patient came back to something they had declined."""

        ASKED = "asked", _("The patient asked for it to be added")
        NEEDS = "needs", _("The patient needs it for a paper of their own")
        PHONED = "phoned", _("The patient called or wrote about it")

    retention = RetentionClass.CLINICAL
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="asked_facts")
    fact = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Fact])
    answer = models.CharField(max_length=8, choices=Answer)
    asked_on = models.DateField()  # clinic time
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, blank=True)
    came_back = models.CharField(max_length=6, choices=CameBack, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="asked_fact_has_an_answer", condition=Q(answer__in=["given", "declined"])
            ),
        ]
        indexes = [models.Index(name="asked_of_patient", fields=["patient", "fact"])]

    def __str__(self) -> str:
        return f"{self.fact} of {self.patient_id}: {self.answer}"
