"""Making a plan and putting its steps on the calendar (S74, S77)."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.messaging.models import MessageTemplate
from crm.messaging.rules import QuietHours
from crm.patients.models import Patient
from crm.patients.services.care import advance_stage
from crm.staff.models import User
from followup.plans.events import PlanEvent
from followup.plans.models import Kind, Plan, PlanTemplate
from followup.plans.rules import PlanState
from followup.plans.selectors import channels_allowed, kinds_of, wordings
from followup.plans.services import locked_plan, move_plan
from followup.plans.shipped import stage_of
from followup.schedules import rules
from followup.schedules.models import Step
from privacy.audit import services as audit
from privacy.errors import ConsentMissing, DomainError


class StepsInPast(DomainError):
    """Some steps lie in the past: say explicitly that they are skipped, or choose another day."""

    def __init__(self, count: int) -> None:
        self.count = count
        text = ngettext(
            "%(n)d step of this plan lies in the past. Choose to skip it, or another date.",
            "%(n)d steps of this plan lie in the past. Choose to skip them, or another date.",
            count,
        )
        super().__init__(text % {"n": count})


class AnchorRefused(DomainError):
    """No plan can hang on this day."""


class AlreadyRuns(DomainError):
    """The patient has this plan."""


def preview(template: PlanTemplate, anchor: date, *, now: datetime) -> list[rules.DatedStep]:
    """The template's steps as they would fall. Writes nothing."""
    steps = [
        rules.Step(step.offset_days, step.at, rules.StepKind(step.kind), step.title)
        for step in template.steps.all()
    ]
    return rules.date_steps(steps, anchor=anchor, now=now, quiet=QuietHours())


@transaction.atomic
def start_plan(
    *,
    patient: Patient,
    template: PlanTemplate,
    anchor_on: date,
    actor: User,
    skip_past: bool = False,
    only_propose: bool = False,
) -> Plan:
    """Make a plan and, unless it is only proposed, start it.

    In: ``anchor_on`` a day of the clinic's calendar; ``skip_past`` says that steps in the past
    are to be left out. Steps over a channel without consent are skipped and stay visible.
    Raises: ConsentMissing without any consent to follow-up; StepsInPast; AnchorRefused;
        AlreadyRuns. Source: S74, "consent comes before any follow-up"; S77.
    """
    _check_anchor(template, anchor_on, skip_past=skip_past)
    plan = Plan(
        patient=patient,
        template=template,
        anchor_on=anchor_on,
        state_since=timezone.now(),
        created_by=actor,
    )
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyRuns(_("This plan is already there for this patient.")) from error
    audit.record(
        PlanEvent.PROPOSED,
        actor=actor,
        subjects=[patient],
        target=f"plan:{plan.pk}",
        detail={"template": template.code, "anchor": anchor_on.isoformat()},
    )
    if only_propose:
        return plan
    return activate_plan(plan=plan, actor=actor, skip_past=skip_past)


@transaction.atomic
def activate_plan(
    *, plan: Plan, actor: User, skip_past: bool = False, version: int | None = None
) -> Plan:
    """Start a proposed plan: date its steps from the anchor, if the patient agrees.

    Raises: ConsentMissing, StepsInPast, AnchorRefused; Conflict; PlanCannot.
    """
    plan = locked_plan(plan.pk, version=version)
    allowed = channels_allowed(plan.patient)
    if not any(kind.channel in allowed for kind in kinds_of(plan.template)):
        raise ConsentMissing(
            _("The patient has not agreed to follow-up. Ask at the consent desk first.")
        )
    dated = _check_anchor(plan.template, plan.anchor_on, skip_past=skip_past)
    plan = move_plan(plan=plan, state=PlanState.ACTIVE, actor=actor, event=PlanEvent.ACTIVATED)
    may = frozenset(kind for kind in Kind if kind.channel in allowed)
    Step.objects.bulk_create(_steps(plan, dated, may))
    advance_stage(
        patient=plan.patient,
        to=stage_of(plan.template.code),
        actor=actor,
        target=f"plan:{plan.pk}",
    )
    return plan


def _check_anchor(
    template: PlanTemplate, anchor: date, *, skip_past: bool
) -> list[rules.DatedStep]:
    now = timezone.now()
    findings = rules.anchor_findings(anchor, today=timezone.localdate(now))
    if findings:
        raise AnchorRefused(_("This date is too far away for a plan."))
    dated = preview(template, anchor, now=now)
    if rules.schedule_findings(dated):
        raise AnchorRefused(_("Every step of this plan lies in the past. Choose another date."))
    past = sum(step.outcome is rules.Outcome.SKIPPED_PAST for step in dated)
    if past and not skip_past:
        raise StepsInPast(past)
    return dated


def _steps(plan: Plan, dated: Sequence[rules.DatedStep], may: frozenset[Kind]) -> list[Step]:
    codes = {step.position: step.message_code for step in plan.template.steps.all()}
    by_place = {
        (step.offset_days, step.at, step.title): step.position for step in plan.template.steps.all()
    }
    texts = wordings(set(codes.values()) - {""})
    made: list[Step] = []
    for one in dated:
        position = by_place[one.step.offset_days, one.step.at, one.step.title]
        made.append(_step(plan, position, one, may, _text(texts, codes[position])))
    return made


def _text(texts: dict[str, MessageTemplate], code: str) -> MessageTemplate | None:
    if not code:
        return None
    if code not in texts:
        raise DomainError(_("The wording %(code)s is not approved.") % {"code": code})
    return texts[code]


def _step(
    plan: Plan,
    position: int,
    dated: rules.DatedStep,
    may: frozenset[Kind],
    text: MessageTemplate | None,
) -> Step:
    kind = Kind(dated.step.kind.value)
    note = ""
    if dated.outcome is rules.Outcome.SKIPPED_PAST:
        note = Step.Note.PAST
    elif kind not in may:
        note = Step.Note.NO_CONSENT
    return Step(
        plan=plan,
        position=position,
        kind=kind,
        title=dated.step.title,
        due_at=dated.due_at,
        message_template=text,
        state=Step.State.SKIPPED if note else Step.State.DUE,
        note=note,
        settled_at=timezone.now() if note else None,
    )
