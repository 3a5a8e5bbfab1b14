"""Finding plans and their templates, through the eyes of one viewer."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from crm.messaging.models import MessageTemplate
from crm.staff.models import User
from followup.plans.models import Kind, Plan, PlanTemplate
from privacy.consent.models import Channel, ConsentState, Purpose
from privacy.consent.selectors import state_allows
from privacy.receipts import SubjectRef


def current_templates() -> QuerySet[PlanTemplate]:
    """What may be started today, with the steps."""
    return PlanTemplate.objects.filter(is_current=True).prefetch_related("steps").order_by("code")


def plans_visible_to(staff: User) -> QuerySet[Plan]:
    """The plans that ``staff`` may see, with patient and template."""
    return Plan.objects.visible_to(staff).select_related("patient__subject", "template")


def plans_of(patient: SubjectRef) -> QuerySet[Plan]:
    """A patient's plans with their steps, running ones and then the newest first."""
    return (
        Plan.objects.filter(patient_id=patient.pk)
        .select_related("patient__subject", "template", "created_by")
        .prefetch_related("steps__message")
        .order_by("-created_at", "-pk")
    )


def plan_of_staff(staff: User, plan_id: UUID) -> Plan:
    """One plan. Raises: Plan.DoesNotExist also when ``staff`` may not know it."""
    return plans_visible_to(staff).get(pk=plan_id)


def channels_allowed(patient: SubjectRef) -> frozenset[Channel]:
    """Over which channels the patient agrees to follow-up now. For screens; sending asks again."""
    states = ConsentState.objects.filter(subject_id=patient.pk, purpose=Purpose.FOLLOW_UP)
    return frozenset(Channel(state.channel) for state in states if state_allows(state))


def kinds_of(template: PlanTemplate) -> frozenset[Kind]:
    """The kinds of step in a template."""
    return frozenset(Kind(step.kind) for step in template.steps.all())


def wordings(codes: Collection[str]) -> dict[str, MessageTemplate]:
    """The newest approved wording of each code."""
    approved = MessageTemplate.objects.filter(code__in=codes, approved_at__isnull=False)
    return {one.code: one for one in approved.order_by("version")}
