"""Consents to follow-up end with the plan, as their text promises (R5, S74)."""

from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from crm.messaging.models import Message
from crm.messaging.rules import Status
from crm.patients.models import Patient
from followup.plans.models import Plan
from followup.plans.services import PROCESS
from privacy.consent.models import ConsentEntry, ConsentState, Purpose
from privacy.consent.rules import Answer
from privacy.consent.services import end_consent

# A proposal that was dropped never began (it has no steps), and one made by mistake is not the
# plan that the patient agreed to.
_ENDED: Final = Q(steps__isnull=False) & (
    Q(state=Plan.State.COMPLETED) | Q(state=Plan.State.STOPPED) & ~Q(reason=Plan.Reason.MISTAKE)
)


def end_consents(limit: int) -> int:
    """End what was agreed to before a plan that is over, if no other plan lives. Returns how many.

    What was agreed to after the plan's end is for the next one. A message that waits is still of
    the plan: "we could not reach you" goes out before.
    """
    patients = _over().values_list("subject_id", flat=True).distinct()
    return sum(_end_of(patient_id) for patient_id in list(patients[:limit]))


def _over() -> QuerySet[ConsentState]:
    """Consents to follow-up that stand, and whose plan is over."""
    plans = Plan.objects.filter(patient_id=OuterRef("subject_id"))
    waiting = Message.objects.filter(
        patient_id=OuterRef("subject_id"), purpose=Purpose.FOLLOW_UP, state=Status.QUEUED
    )
    grants = ConsentEntry.objects.filter(
        subject_id=OuterRef("subject_id"),
        purpose=Purpose.FOLLOW_UP,
        channel=OuterRef("channel"),
        answer=Answer.GRANTED,
    )
    given_at = Subquery(grants.order_by("-created_at").values("created_at")[:1])
    standing = ConsentState.objects.filter(
        purpose=Purpose.FOLLOW_UP,
        status__in=[Answer.GRANTED, Answer.PAUSED],
        expires_at__isnull=True,
    )
    return standing.annotate(given_at=given_at).filter(
        Exists(plans.filter(_ENDED, state_since__gt=OuterRef("given_at"))),
        ~Exists(plans.live()),
        ~Exists(waiting),
    )


@transaction.atomic
def _end_of(patient_id: UUID) -> int:
    """Patient, then cells, as everywhere; whoever holds one of them is left for the next time.

    The patient's whole row, not its values alone: a plan that begins now refers to it, so it is
    seen here, or it waits and sees here what has ended.
    """
    patients = Patient.objects.select_for_update(skip_locked=True, of=("self",))
    patient = patients.select_related("subject").filter(pk=patient_id).first()
    if patient is None:
        return 0
    cells = _over().filter(subject_id=patient_id).order_by("pk")
    locked = list(cells.select_for_update(skip_locked=True, of=("self",)))
    for state in locked:
        end_consent(subject=patient, state=state, process=PROCESS)
    return len(locked)
