"""/api/v1/patients/{code}/plans/: the same services, guards and trail as the pages."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from crm.patients.api import OfStaff
from crm.patients.models import Patient
from crm.web.repeats import KEY_PARAMETER, repeatable
from followup.plans.models import Plan, PlanTemplate
from followup.plans.selectors import current_templates, plans_of
from followup.reminders import services, viewing
from followup.reminders.forms import PAUSES, STOPS
from followup.schedules.models import Step
from followup.schedules.services import start_plan
from privacy.access.policy import Permission
from privacy.audit.events import AccessEvent
from privacy.audit.services import record_denial


class StepSerializer(serializers.ModelSerializer[Step]):
    note = serializers.ChoiceField(choices=Step.Note.choices, allow_blank=True, read_only=True)

    class Meta:
        model = Step
        fields: ClassVar[list[str]] = [
            "position",
            "title",
            "kind",
            "due_at",
            "state",
            "note",
            "tries",
        ]
        read_only_fields = fields


class PlanSerializer(serializers.ModelSerializer[Plan]):
    """A plan as it stands."""

    template = serializers.CharField(source="template.code")
    reason = serializers.ChoiceField(choices=Plan.Reason.choices, allow_blank=True, read_only=True)
    steps = StepSerializer(many=True)

    class Meta:
        model = Plan
        fields: ClassVar[list[str]] = [
            "id", "template", "anchor_on", "state", "reason", "state_since", "version", "steps",
        ]  # fmt: skip
        read_only_fields = fields


class TemplateField(serializers.SlugRelatedField[PlanTemplate]):
    """A plan's template by its code, which is a text like any other: the database takes no NUL."""

    def to_internal_value(self, data: Any) -> PlanTemplate:
        return super().to_internal_value(serializers.CharField().run_validation(data))


class NewPlanSerializer(serializers.Serializer[Any]):
    """What a new plan is made of; ``template`` by its code."""

    template = TemplateField(slug_field="code", queryset=current_templates())
    anchor_on = serializers.DateField()
    skip_past = serializers.BooleanField(default=False)
    only_propose = serializers.BooleanField(default=False)


class VersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1)


class PauseSerializer(VersionSerializer):
    reason = serializers.ChoiceField(choices=[one.value for one in PAUSES])


class StopSerializer(VersionSerializer):
    reason = serializers.ChoiceField(choices=[one.value for one in STOPS])


class PlanViewSet(OfStaff, viewsets.GenericViewSet[Plan]):
    """A patient's follow-up plans, newest first."""

    serializer_class = PlanSerializer
    lookup_value_regex = "[0-9a-f-]{36}"
    pagination_class = None  # all plans at once; a patient has few
    required_permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.VIEW_PLANS,
        "create": Permission.MANAGE_PLANS,
        "pause": Permission.MANAGE_PLANS,
        "resume": Permission.MANAGE_PLANS,
        "stop": Permission.MANAGE_PLANS,
    }

    @cached_property
    def of_address(self) -> Patient:
        """The patient of the address, if in reach."""
        return self.patient(self.kwargs["code"])

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The guard first, then the patient: nothing is said about a body sent past somebody."""
        super().initial(request, *args, **kwargs)
        _ = self.of_address

    def get_queryset(self) -> QuerySet[Plan]:
        if getattr(self, "swagger_fake_view", False):  # the schema has no patient
            return Plan.objects.none()
        return plans_of(self.of_address)

    def get_object(self) -> Plan:
        """Raises: Http404, booked as on the pages, for a plan of somebody else too."""
        try:
            return super().get_object()
        except Http404:
            target = f"plan:{self.kwargs['pk']}"
            record_denial(actor=self.staff, target=target, event=AccessEvent.NOT_FOUND)
            raise

    @extend_schema(responses=PlanSerializer(many=True))
    def list(self, request: Request, code: str) -> Response:
        """All plans of the patient with their steps."""
        shown = viewing.open_plans_of(patient=self.of_address, staff=self.staff, language="zh-hans")
        return Response(PlanSerializer(shown.plans, many=True).data)

    @extend_schema(
        request=NewPlanSerializer, responses={201: PlanSerializer}, parameters=[KEY_PARAMETER]
    )
    @repeatable
    def create(self, request: Request, code: str) -> Response:
        """Make a plan and start it, or only note it down."""
        asked = NewPlanSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        plan = start_plan(patient=self.of_address, actor=self.staff, **asked.validated_data)
        return self._shown(plan, status=HTTP_201_CREATED)

    @extend_schema(request=PauseSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, code: str, pk: str) -> Response:
        """Let a plan rest."""
        plan = self.get_object()
        data = _valid(PauseSerializer(data=request.data))
        return self._shown(services.pause_plan(plan=plan, actor=self.staff, **data))

    @extend_schema(request=VersionSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, code: str, pk: str) -> Response:
        """Let a paused plan go on."""
        plan = self.get_object()
        data = _valid(VersionSerializer(data=request.data))
        return self._shown(services.resume_plan(plan=plan, actor=self.staff, **data))

    @extend_schema(request=StopSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, code: str, pk: str) -> Response:
        """End a plan for good."""
        plan = self.get_object()
        data = _valid(StopSerializer(data=request.data))
        return self._shown(services.stop_plan(plan=plan, actor=self.staff, **data))

    def _shown(self, plan: Plan, *, status: int = 200) -> Response:
        fresh = plans_of(self.of_address).get(pk=plan.pk)
        return Response(PlanSerializer(fresh).data, status=status)


def _valid(asked: VersionSerializer) -> dict[str, Any]:
    asked.is_valid(raise_exception=True)
    data: dict[str, Any] = asked.validated_data
    return data
