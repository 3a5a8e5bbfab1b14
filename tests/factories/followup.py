"""Follow-up plans and their steps, for tests."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from followup.plans.models import Kind, Plan, PlanTemplate
from followup.schedules.models import Step
from privacy.access.policy import Role
from tests.factories.messages import MessageTemplateFactory, agreeing_patient
from tests.factories.people import UserFactory


class PlanTemplateFactory(DjangoModelFactory[PlanTemplate]):
    class Meta:
        model = PlanTemplate

    code = factory.Sequence(lambda n: f"line-{n}")
    name = "首诊后 7 天"
    anchor_label = "首诊日"


class PlanFactory(DjangoModelFactory[Plan]):
    """A running plan of a patient who agreed; add steps to it."""

    class Meta:
        model = Plan

    patient = factory.LazyFunction(agreeing_patient)
    template = factory.SubFactory(PlanTemplateFactory)
    anchor_on = factory.LazyFunction(timezone.localdate)
    state = Plan.State.ACTIVE
    state_since = factory.LazyFunction(timezone.now)
    created_by = factory.LazyAttribute(
        lambda plan: UserFactory.create(clinic=plan.patient.clinic, role=Role.NURSE)
    )


class StepFactory(DjangoModelFactory[Step]):
    """An SMS step that is due now; ``call=True`` for a call."""

    class Meta:
        model = Step

    class Params:
        call = factory.Trait(kind=Kind.CALL, message_template=None)

    plan = factory.SubFactory(PlanFactory)
    position = factory.Sequence(lambda n: n)
    kind = Kind.SMS
    title = "首诊后第 1 天"
    due_at = factory.LazyFunction(lambda: timezone.now() - timedelta(minutes=1))
    message_template = factory.SubFactory(MessageTemplateFactory)

    @classmethod
    def _create(cls, model_class: type[Step], *args: Any, **kwargs: Any) -> Step:
        if kwargs.get("state") not in (None, *Step.OPEN):
            kwargs.setdefault("settled_at", timezone.now())
        return super()._create(model_class, *args, **kwargs)
