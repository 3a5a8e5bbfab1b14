"""Programs at the estimates' door: the same forms, services, guards and trail as the pages."""

import dataclasses
from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from consult.fees import rules, selectors, services
from consult.fees.forms import TEXTS, WORDED, DraftForm, RowData, empty_row
from consult.fees.models import Category, Estimate, EstimateVersion, Insurance
from consult.fees.selectors import OpenedEstimate
from crm.patients.api import OfStaff
from crm.patients.models import Patient
from crm.web.plain_text import TICK
from crm.web.repeats import KEY_PARAMETER, repeatable
from privacy.access.policy import Permission

Json = dict[str, Any]


class AmountOut(serializers.Serializer[Json]):
    """From ``low`` to ``high`` CNY; equal where the sum is certain."""

    low = serializers.DecimalField(max_digits=16, decimal_places=2)
    high = serializers.DecimalField(max_digits=16, decimal_places=2)


class LineOut(serializers.Serializer[Json]):
    """One line. ``key`` is the same over versions; ``low`` and ``high`` are unit prices in CNY."""

    key = serializers.UUIDField()
    category = serializers.ChoiceField(choices=Category.choices)
    item = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.DecimalField(max_digits=7, decimal_places=2)
    low = serializers.DecimalField(max_digits=12, decimal_places=2)
    high = serializers.DecimalField(max_digits=12, decimal_places=2)
    amount = AmountOut()
    coverage = serializers.ChoiceField(choices=Insurance.choices)
    insurance = serializers.CharField()
    optional = serializers.BooleanField()
    by_occurrence = serializers.BooleanField()


class EstimateOut(serializers.Serializer[Json]):
    """An estimate in its newest version."""

    number = serializers.CharField()
    title = serializers.CharField()
    version = serializers.IntegerField()
    revision = serializers.IntegerField(help_text="Send it back when issuing this draft.")
    state = serializers.ChoiceField(choices=Estimate.STATES)
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()
    issued_at = serializers.DateTimeField(allow_null=True)
    explained_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    lines = LineOut(many=True)
    by_category = serializers.DictField(child=AmountOut())
    total = AmountOut()


class EstimateRowOut(serializers.Serializer[Json]):
    """One row of a patient's list, with the sums of the newest version."""

    number = serializers.CharField()
    title = serializers.CharField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Estimate.STATES)
    created_at = serializers.DateTimeField()
    total = AmountOut()


class LineIn(serializers.Serializer[Json]):
    """One line: numbers may be strings, so that no cent is lost on the way."""

    category = serializers.ChoiceField(choices=Category.choices)
    item = serializers.CharField(max_length=rules.LONGEST_ITEM)
    unit = serializers.CharField(max_length=rules.LONGEST_UNIT)
    quantity = serializers.CharField(max_length=40)
    low = serializers.CharField(max_length=40)
    high = serializers.CharField(max_length=40, required=False, allow_blank=True)
    coverage = serializers.ChoiceField(choices=Insurance.choices, required=False)
    insurance = serializers.CharField(
        max_length=rules.LONGEST_NOTE, required=False, allow_blank=True
    )
    optional = serializers.BooleanField(default=False)
    by_occurrence = serializers.BooleanField(default=False)


class EstimateIn(serializers.Serializer[Json]):
    """What draws up an estimate."""

    title = serializers.CharField(max_length=services.LONGEST_TITLE)
    lines = LineIn(many=True)


class IssueIn(serializers.Serializer[Json]):
    """The revision of the draft that was looked at."""

    revision = serializers.IntegerField(min_value=1)


class EstimateViewSet(OfStaff):
    """/api/v1/patients/{code}/estimates/: list, one, draw up a draft, issue it."""

    lookup_field = "number"
    lookup_value_regex = "E-[0-9]{4}-[0-9]{4,8}"
    required_permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.VIEW_ESTIMATES,
        "retrieve": Permission.VIEW_ESTIMATES,
        "create": Permission.EDIT_ESTIMATE,
        "issue": Permission.EDIT_ESTIMATE,
    }

    @extend_schema(responses=EstimateRowOut(many=True))
    def list(self, request: Request, code: str) -> Response:
        """All estimates of a patient, newest first."""
        rows = list(selectors.estimates_of(self.patient(code)))
        receipt = selectors.show_list(staff=self.staff, estimates=rows, titles=True)
        body = [
            {
                "number": one.number,
                "title": one.title.reveal(receipt),
                "version": one.newest,
                "state": one.state,
                "created_at": one.created_at,
                "total": _amount(selectors.total_of(one)),
            }
            for one in rows
        ]
        return Response([EstimateRowOut(row).data for row in body])

    @extend_schema(responses=EstimateOut)
    def retrieve(self, request: Request, code: str, number: str) -> Response:
        """One estimate in its newest version."""
        return self._shown(self._newest(self.patient(code), number))

    @extend_schema(request=EstimateIn, responses={201: EstimateOut}, parameters=[KEY_PARAMETER])
    @repeatable
    def create(self, request: Request, code: str) -> Response:
        """Draw up an estimate: a draft with its number."""
        patient = self.patient(code)
        given = EstimateIn(data=request.data)
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        texts = {"title": facts["title"], f"title_{TICK}": "on"}  # a program cannot be asked
        form = DraftForm(texts, [_row(one) for one in facts["lines"]], judged=True)
        if not form.is_valid():
            raise ValidationError(_problems(form))
        version = services.create_estimate(
            patient=patient,
            title=form.cleaned_data["title"],
            lines=form.lines,
            actor=self.staff,
        )
        return self._shown(version, status.HTTP_201_CREATED)

    @extend_schema(request=IssueIn, responses=EstimateOut)
    @action(detail=True, methods=["post"])
    def issue(self, request: Request, code: str, number: str) -> Response:
        """Fix the newest draft for ever; 409 if it is not the one that was looked at."""
        held = self._newest(self.patient(code), number)
        given = IssueIn(data=request.data)
        given.is_valid(raise_exception=True)
        issued = services.issue_version(
            version=held, revision=given.validated_data["revision"], actor=self.staff
        )
        return self._shown(issued)

    def _newest(self, patient: Patient, number: str) -> EstimateVersion:
        try:
            return selectors.newest_version(patient, number)
        except Estimate.DoesNotExist as error:
            selectors.book_out_of_reach(staff=self.staff, number=number)
            raise Http404 from error

    def _shown(self, version: EstimateVersion, code: int = status.HTTP_200_OK) -> Response:
        opened = selectors.open_version(version=version, staff=self.staff, against=0)
        return Response(EstimateOut(_out(opened)).data, status=code)


def _row(line: Json) -> RowData:
    row = empty_row(line["category"]) | {name: line[name] for name in TEXTS if line.get(name)}
    row.pop("by_occurrence", None)
    marks = [name for name in ("optional", "by_occurrence") if line[name]]
    return row | dict.fromkeys([*marks, *(f"{name}_{TICK}" for name in WORDED)], "on")


def _problems(form: DraftForm) -> Json:
    by_line = {
        str(row.index): {name: [str(one) for one in errors] for name, errors in row.errors.items()}
        for row in form.rows
        if row.errors
    }
    own = {name: errors for name, errors in form.errors.items() if name != "__all__"}
    return {**own, "lines": by_line or form.non_field_errors()}


def _amount(amount: rules.Amount) -> Json:
    return {"low": amount.low, "high": amount.high}


def _out(opened: OpenedEstimate) -> Json:
    current, version = opened.current, opened.current.version
    totals = rules.totals(current.lines)
    lines = [{**dataclasses.asdict(line), "amount": _amount(line.amount)} for line in current.lines]
    return {
        "number": opened.estimate.number,
        "title": current.title,
        "version": version.number,
        "revision": version.revision,
        "state": version.state,
        "reason": current.reason,
        "created_at": opened.estimate.created_at,
        "issued_at": version.issued_at,
        "explained_at": version.explained_at,
        "answered_at": version.answered_at,
        "lines": lines,
        "by_category": {part.value: _amount(totals.by_category[part]) for part in rules.Category},
        "total": _amount(totals.overall),
    }
