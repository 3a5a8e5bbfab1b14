"""Moving a plan from state to state; what that does to steps and messages is the floor above's."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.patients.models import Patient
from crm.staff.models import User
from followup.plans.events import PlanEvent
from followup.plans.models import Plan, PlanTemplate, TemplateStep
from followup.plans.rules import PlanState, may_become
from followup.plans.shipped import TEMPLATES, TemplateDraft
from privacy.audit import services as audit
from privacy.errors import Conflict, DomainError

PROCESS: Final = "follow-up"
_EVENTS: Final[Mapping[PlanState, PlanEvent]] = {
    PlanState.PAUSED: PlanEvent.PAUSED,
    PlanState.STOPPED: PlanEvent.STOPPED,
    PlanState.COMPLETED: PlanEvent.COMPLETED,
}


class PlanCannot(DomainError):
    """The plan's state does not allow this."""


def locked_plan(plan_id: UUID, *, version: int | None = None) -> Plan:
    """The plan under lock, for a service's transaction.

    In: ``version`` as the page showed it, None where nobody looked at a page.
    Raises: Conflict if somebody changed the plan since.
    """
    plan = (
        Plan.objects.select_for_update(of=("self",))
        .select_related("patient__subject", "template")
        .get(pk=plan_id)
    )
    if version is not None and plan.version != version:
        raise Conflict(_("Somebody else has changed this plan. Please look again."))
    return plan


@transaction.atomic
def move_plan(
    *,
    plan: Plan,
    state: PlanState,
    actor: User | None,
    reason: str = "",
    event: PlanEvent | None = None,
) -> Plan:
    """Move a locked plan on. ``actor`` None: a job, or the patient's own act.

    Raises: PlanCannot if the rules do not lead there, or the number is known to be wrong.
    """
    if not may_become(PlanState(plan.state), state):
        raise PlanCannot(_("The plan is in a state that does not allow this."))
    if state is PlanState.ACTIVE:
        _refuse_wrong_number(plan.patient)
    plan.state = state.value
    plan.reason = reason
    plan.state_since = timezone.now()
    plan.version += 1
    plan.save(update_fields=["state", "reason", "state_since", "version", "updated_at"])
    audit.record(
        event or _EVENTS[state],
        actor=actor,
        process="" if actor else PROCESS,
        subjects=[plan.patient],
        reason=reason,
        target=f"plan:{plan.pk}",
        detail={"template": str(plan.template.code), "version": plan.version},
    )
    return plan


def _refuse_wrong_number(patient: Patient) -> None:
    """While a plan rests because the number was wrong, and the contact is as it was then."""
    resting = Plan.objects.filter(
        patient=patient,
        state=Plan.State.PAUSED,
        reason=Plan.Reason.WRONG_NUMBER,
        state_since__gte=F("patient__contact__updated_at"),
    )
    if resting.exists():
        raise PlanCannot(
            _("A call found this patient's number to be wrong. Correct or confirm it first.")
        )


@transaction.atomic
def ensure_shipped_plan_templates() -> int:
    """Add the product's own plan templates that are not there yet. Returns how many."""
    known = set(PlanTemplate.objects.values_list("code", "version"))
    missing = [draft for draft in TEMPLATES if (draft.code, draft.version) not in known]
    for draft in missing:
        _add(draft)
    return len(missing)


def _add(draft: TemplateDraft) -> None:
    PlanTemplate.objects.filter(code=draft.code, is_current=True).update(is_current=False)
    template = PlanTemplate.objects.create(
        code=draft.code, version=draft.version, name=draft.name, anchor_label=draft.anchor_label
    )
    TemplateStep.objects.bulk_create(
        TemplateStep(
            template=template,
            position=position,
            offset_days=step.offset_days,
            at=step.at,
            kind=step.kind,
            title=step.title,
            message_code=step.message_code,
        )
        for position, step in enumerate(draft.steps)
    )
