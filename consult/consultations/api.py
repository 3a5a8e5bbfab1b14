"""Programs at the consultations' door: the pages' services, guards, covering and trail."""

from typing import Any, ClassVar, Final
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from consult.consultations import rules, selectors, services
from consult.consultations.choices import (
    Channel,
    Disposition,
    Explained,
    NeedClarity,
    NextStep,
    Source,
    Speaker,
    Worry,
)
from consult.consultations.forms import finding_words
from consult.consultations.models import Addendum, Consultation, Turn
from crm.patients.api import OfStaff
from crm.web.api import PageNumberPagination
from crm.web.repeats import KEY_PARAMETER, repeatable
from privacy.access.policy import Permission
from privacy.receipts import Receipt

Body = dict[str, Any]
YEARS: Final = range(1970, 2200)


class MomentField(serializers.DateTimeField):
    """A moment of a talk. In other centuries the clinic's zone is no whole number of minutes off,
    which no program could read back; and nobody talked then."""

    default_error_messages: ClassVar[dict[str, Any]] = {"never": _("This moment cannot be right.")}

    def to_internal_value(self, value: Any) -> Any:
        """Raises: ValidationError outside the years 1970 to 2199 too."""
        moment = super().to_internal_value(value)
        if moment.year not in YEARS:
            self.fail("never")
        return moment


class TurnBody(serializers.Serializer[Body]):
    """One message. Personal numbers in it are covered before it is stored."""

    speaker = serializers.ChoiceField(choices=Speaker.choices)
    text = serializers.CharField(max_length=rules.LONGEST_TURN)
    said_at = MomentField(required=False, allow_null=True)
    covered = serializers.IntegerField(read_only=True)


class AddendumMade(serializers.Serializer[Body]):
    """What was added to a locked record; its text is opened with the record."""

    kind = serializers.ChoiceField(choices=Addendum.Kind.choices)
    author = serializers.CharField(read_only=True)
    at = serializers.DateTimeField(read_only=True)


class AddendumBody(AddendumMade):
    """What stands beside a locked record."""

    text = serializers.CharField(max_length=rules.LONGEST_ADDENDUM)


class ConsultationRow(serializers.Serializer[Body]):
    """A record in a list: codes only, nothing sealed is opened. Drafts have blanks; a blank that
    is sent in is refused by the rules, as on the page."""

    id = serializers.UUIDField(read_only=True)
    status = serializers.ChoiceField(choices=Consultation.Status.choices, read_only=True)
    channel = serializers.ChoiceField(choices=Channel.choices)
    started_at = MomentField(required=False, allow_null=True)
    source = serializers.ChoiceField(choices=Source.choices, allow_blank=True)  # type: ignore[assignment]  # a declared field, not Field.source
    worries = serializers.ListField(child=serializers.ChoiceField(choices=Worry.choices))
    disposition = serializers.ChoiceField(choices=Disposition.choices, allow_blank=True)
    next_step = serializers.ChoiceField(choices=NextStep.choices, allow_blank=True)
    next_contact_at = MomentField(required=False, allow_null=True)
    submitted_at = serializers.DateTimeField(read_only=True, allow_null=True)


class ConsultationBody(ConsultationRow):
    """A whole record."""

    need_clarity = serializers.ChoiceField(
        choices=NeedClarity.choices, required=False, allow_blank=True
    )
    explained = serializers.ListField(
        child=serializers.ChoiceField(choices=Explained.choices), required=False
    )
    keyword = serializers.CharField(
        max_length=rules.LONGEST_KEYWORD, required=False, allow_blank=True
    )
    note = serializers.CharField(max_length=rules.LONGEST_NOTE, required=False, allow_blank=True)
    turns = TurnBody(many=True)
    addenda = AddendumBody(many=True, read_only=True)


@extend_schema_serializer(many=False)  # a list of pages has one page
class ConsultationPage(serializers.Serializer[Body]):
    """One page of a patient's records."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = ConsultationRow(many=True)


class ConsultationViewSet(OfStaff):
    """/api/v1/patients/{code}/consultations/: list, one, submit one, add to one."""

    lookup_field = "consultation_id"
    lookup_value_regex = "[0-9a-f-]{36}"
    required_permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.VIEW_CONSULTATIONS,
        "retrieve": Permission.VIEW_CONSULTATIONS,
        "create": Permission.WRITE_CONSULTATION,
        "addenda": Permission.WRITE_CONSULTATION,
    }

    @extend_schema(responses=ConsultationPage)
    def list(self, request: Request, code: str) -> Response:
        """The patient's records, newest first."""
        rows = selectors.consultations_visible_to(self.staff).filter(patient=self.patient(code))
        pages = PageNumberPagination()
        page = pages.paginate_queryset(rows, request, view=self) or []
        services.book_listing(rows=page, actor=self.staff)
        return pages.get_paginated_response([ConsultationRow(_row(one)).data for one in page])

    @extend_schema(responses=ConsultationBody)
    def retrieve(self, request: Request, code: str, consultation_id: str) -> Response:
        """One record with its talk and addenda."""
        return Response(self._whole(self._record(code, consultation_id)))

    @extend_schema(
        request=ConsultationBody, responses={201: ConsultationBody}, parameters=[KEY_PARAMETER]
    )
    @repeatable
    def create(self, request: Request, code: str) -> Response:
        """Take a complete record and lock it at once."""
        patient = self.patient(code)
        given = ConsultationBody(data=request.data)
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        turns = [services.hand_written(**one) for one in facts.pop("turns")]
        try:
            record = services.record_whole(
                patient=patient, actor=self.staff, turns=turns, outcome=rules.Outcome(**facts)
            )
        except services.NotComplete as error:
            found = {one.field: [finding_words(one)] for one in error.findings}
            raise ValidationError(found) from error
        return Response(self._whole(record), status=status.HTTP_201_CREATED)

    @extend_schema(request=AddendumBody, responses={201: AddendumMade}, parameters=[KEY_PARAMETER])
    @action(detail=True, methods=["post"])
    @repeatable
    def addenda(self, request: Request, code: str, consultation_id: str) -> Response:
        """Add to a locked record."""
        record = self._record(code, consultation_id)
        given = AddendumBody(data=request.data)
        given.is_valid(raise_exception=True)
        row = services.add_to(consultation=record, actor=self.staff, **given.validated_data)
        body = {"kind": row.kind, "author": str(row.author), "at": row.created_at}
        return Response(AddendumMade(body).data, status=status.HTTP_201_CREATED)

    def _record(self, code: str, consultation_id: str) -> Consultation:
        patient = self.patient(code)
        try:
            key = UUID(consultation_id)
        except ValueError as error:
            raise Http404 from error
        try:
            return selectors.opened_by(self.staff).filter(patient=patient).get(pk=key)
        except Consultation.DoesNotExist as error:
            services.book_out_of_reach(actor=self.staff, consultation_id=key)
            raise Http404 from error

    def _whole(self, record: Consultation) -> Body:
        opened = services.open_consultation(consultation=record, actor=self.staff)
        outcome = opened.outcome()
        body = _row(record) | {
            "need_clarity": outcome.need_clarity,
            "explained": outcome.explained,
            "keyword": outcome.keyword,
            "note": outcome.note,
            "turns": [_turn(one, opened.receipt) for one in opened.turns],
            "addenda": [_addendum(one, opened.receipt) for one in opened.addenda],
        }
        whole: Body = ConsultationBody(body).data
        return whole


def _row(record: Consultation) -> Body:
    names = (
        "id", "status", "channel", "started_at", "source", "worries", "disposition", "next_step",
        "next_contact_at", "submitted_at",
    )  # fmt: skip
    return {name: getattr(record, name) for name in names}


def _turn(turn: Turn, receipt: Receipt) -> Body:
    text = turn.text.reveal(receipt) if turn.text else ""
    facts = {"speaker": turn.speaker, "said_at": turn.said_at, "covered": turn.covered}
    return {**facts, "text": text}


def _addendum(row: Addendum, receipt: Receipt) -> Body:
    text = row.text.reveal(receipt) if row.text else ""
    return {"kind": row.kind, "author": str(row.author), "at": row.created_at, "text": text}
