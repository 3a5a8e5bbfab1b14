"""Programs at the registry's door: the pages' services, guards and trail; codes and masks only."""

from dataclasses import replace
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers, status, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from crm.patients import rules, words
from crm.patients.finding import found_by_code
from crm.patients.forms import FilterForm, RegistrationForm
from crm.patients.models import Patient, SealedText
from crm.patients.selectors import CAP, Row, visit_code_today
from crm.patients.services import consents, viewing
from crm.patients.services.off_hours import check_said_why
from crm.patients.services.registration import Doubles, register_or_warn
from crm.patients.services.writing import check_may_write
from crm.staff.models import User
from crm.staff.selectors import staff_member
from crm.web.api import PROBLEM
from crm.web.numbers import natural
from crm.web.plain_text import TICK
from crm.web.repeats import KEY_PARAMETER, repeatable
from privacy.access.policy import Permission, is_cleared
from privacy.audit.services import record_crypto_failure
from privacy.consent.models import Manner
from privacy.consent.rules import Answer
from privacy.errors import Unreadable
from privacy.receipts import Receipt

SIZE = 50


class PatientOut(serializers.Serializer[dict[str, Any]]):
    """A patient by code. ``name`` is masked, null where the role sees none or it does not open;
    then ``unreadable`` has the code of the failure. Stage and status are blank to who is not
    cleared."""

    code = serializers.CharField()
    visit_code = serializers.CharField(allow_blank=True)
    stage = serializers.ChoiceField(choices=Patient.Stage.choices, allow_blank=True)
    status = serializers.ChoiceField(choices=Patient.Status.choices, allow_blank=True)
    name = serializers.CharField(allow_null=True)
    unreadable = serializers.CharField(allow_blank=True)
    registered_at = serializers.DateTimeField()


@extend_schema_serializer(many=False)  # a list of pages has one page
class PatientPageOut(serializers.Serializer[dict[str, Any]]):
    """A page of patients; ``count`` stops at 10,000, ``more`` says there are others."""

    count = serializers.IntegerField()
    more = serializers.BooleanField()
    page = serializers.IntegerField()
    results = PatientOut(many=True)


class PatientIn(serializers.Serializer[dict[str, Any]]):
    """What registers a patient: these keys and no others."""

    name = serializers.CharField(max_length=rules.LONGEST_NAME)
    phone = serializers.CharField(
        max_length=rules.LONGEST_PHONE_INPUT, required=False, allow_blank=True
    )
    no_phone = serializers.BooleanField(default=False)
    chief_complaint = serializers.CharField(max_length=rules.LONGEST_COMPLAINT)
    sex = serializers.ChoiceField(choices=[key for key in words.SEX if key], required=False)
    birth_year = serializers.CharField(max_length=8, required=False)
    marital_status = serializers.ChoiceField(
        choices=[key for key in words.MARITAL_STATUS if key], required=False
    )
    id_number = serializers.CharField(max_length=rules.LONGEST_ID_INPUT, required=False)
    id_purpose = serializers.ChoiceField(
        choices=[key for key in words.ID_PURPOSES if key], required=False
    )
    same_sex_staff = serializers.BooleanField(default=False)
    set_aside = serializers.ListField(
        child=serializers.RegexField("^[0-9A-Z]{8}$"), required=False, max_length=200
    )
    set_aside_reason = serializers.ChoiceField(
        choices=list(words.SET_ASIDE_REASONS), required=False
    )


class ConsentOut(serializers.Serializer[dict[str, Any]]):
    """One question, its present answer, and the text to show before asking."""

    purpose = serializers.CharField()
    channel = serializers.CharField()
    answer = serializers.CharField(allow_null=True)
    paused_until = serializers.DateTimeField(allow_null=True)
    allows = serializers.BooleanField()
    rests = serializers.BooleanField(
        help_text="The patient said no: do not ask. They may come back to it by themselves."
    )
    ask_again_from = serializers.DateField(
        allow_null=True, help_text="First day on which a no may be asked about once more."
    )
    text = serializers.CharField(allow_null=True)
    text_version = serializers.IntegerField(allow_null=True)
    text_sha256 = serializers.CharField(allow_null=True)


class ConsentIn(serializers.Serializer[dict[str, Any]]):
    """One answer: ``text_sha256`` names the words the patient was shown."""

    cell = serializers.RegexField("^[a-z_]+-[a-z_]+$", max_length=40)
    answer = serializers.ChoiceField(choices=[one.value for one in Answer])
    manner = serializers.ChoiceField(choices=Manner.choices)
    text_sha256 = serializers.CharField(max_length=64, required=False, allow_blank=True)
    until = serializers.DateField(required=False, allow_null=True)
    unasked = serializers.BooleanField(
        default=False, help_text="The patient agrees by themselves while a no of theirs rests."
    )


class OfStaff(viewsets.ViewSet):
    """What the viewsets share: who asks, and the patient of the address."""

    required_permissions: ClassVar[dict[str, Permission]] = {}

    @property
    def staff(self) -> User:
        return staff_member(self.request.user)

    def patient(self, code: str, *, restricted: bool = False) -> Patient:
        """Raises: Http404 for strangers too, AccessDenied for a call that writes from somebody who
        sees the patient for a time only, Restricted but for what a restriction leaves open
        (``restricted``); all are booked. ReasonAsked as the pages do: the reason is given there."""
        patient = found_by_code(self.staff, code, restricted=restricted)
        sends = self.request.method not in SAFE_METHODS
        if sends:
            check_may_write(staff=self.staff, patient=patient, restricted=restricted)
        page = reverse("patients:say-why", args=[patient.code])
        check_said_why(staff=self.staff, patient=patient, sends=sends, page=page)
        return patient


class PatientViewSet(OfStaff):
    """/api/v1/patients/: list, register, one patient."""

    lookup_field = "code"
    lookup_value_regex = "[0-9A-Z]{8}"
    required_permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.VIEW_PATIENTS,
        "retrieve": Permission.VIEW_PATIENTS,
        "create": Permission.REGISTER_PATIENT,
    }

    @extend_schema(
        responses=PatientPageOut,
        parameters=[
            OpenApiParameter("page", int),
            OpenApiParameter("stage", enum=Patient.Stage.values),
            OpenApiParameter("status", enum=Patient.Status.values),
        ],
    )
    def list(self, request: Request) -> Response:
        """Fifty patients a page, newest first."""
        number = natural(request.query_params.get("page"), otherwise=1)
        listing = viewing.list_patients(
            staff=self.staff,
            filters=replace(
                FilterForm(request.query_params, staff=self.staff).filters(), open_only=True
            ),
            number=number,
            size=SIZE,
        )
        rows = [_out(row, row.visit_code, row.name, listing.receipt) for row in listing.rows]
        body = {
            "count": min(listing.total, CAP),
            "more": listing.capped,
            "page": listing.number,
            "results": rows,
        }
        return Response(PatientPageOut(body).data)

    @extend_schema(responses=PatientOut)
    def retrieve(self, request: Request, code: str) -> Response:
        """One patient by code."""
        opened = viewing.open_patient(staff=self.staff, patient=self.patient(code))
        name = opened.contact.name if opened.contact else None
        body = _out(opened.patient, opened.visit_code, name, opened.receipt)
        if not is_cleared(self.staff):
            body |= {"stage": "", "status": ""}
        return Response(PatientOut(body).data)

    @extend_schema(request=PatientIn, responses={201: PatientOut}, parameters=[KEY_PARAMETER])
    @repeatable
    def create(self, request: Request) -> Response:
        """Register a patient; 409 with codes and reasons if somebody similar is not set aside."""
        given = PatientIn(data=request.data)
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        set_aside, reason = facts.pop("set_aside", []), facts.pop("set_aside_reason", "")
        if facts.get("birth_year") == rules.DECLINED:
            facts |= {"birth_year": "", "birth_year_declined": True}
        facts[f"chief_complaint_{TICK}"] = "on"  # a program cannot be asked
        form = RegistrationForm(facts, staff=self.staff)
        if not form.is_valid():
            raise ValidationError(
                {name: [str(one) for one in errors] for name, errors in form.errors.items()}
            )
        outcome = register_or_warn(
            registration=form.registration(), actor=self.staff, set_aside=set_aside, reason=reason
        )
        if outcome.patient is None:
            return _doubles(outcome.doubles)
        today = visit_code_today(outcome.patient, self.staff)
        body = _out(outcome.patient, today, None, None)
        return Response(PatientOut(body).data, status=status.HTTP_201_CREATED)


class ConsentViewSet(OfStaff):
    """/api/v1/patients/{code}/consents/: every question, and one answer at a time."""

    required_permissions: ClassVar[dict[str, Permission]] = {
        "list": Permission.VIEW_CONSENTS,
        "create": Permission.RECORD_CONSENT,
    }

    @extend_schema(responses=ConsentOut(many=True))
    def list(self, request: Request, code: str) -> Response:
        """All questions with their present answers."""
        patient = self.patient(code, restricted=True)
        desk = consents.open_desk(patient=patient, actor=self.staff)
        return Response([ConsentOut(_cell(cell)).data for cell in desk.cells])

    @extend_schema(request=ConsentIn, responses={201: ConsentOut}, parameters=[KEY_PARAMETER])
    @repeatable
    def create(self, request: Request, code: str) -> Response:
        """Write one answer to the ledger."""
        patient = self.patient(code, restricted=True)
        given = ConsentIn(data=request.data)
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        consents.answer(
            patient=patient,
            cell=consents.cell_of(patient, facts["cell"]),
            given=Answer(facts["answer"]),
            manner=Manner(facts["manner"]),
            actor=self.staff,
            text_shown=facts.get("text_sha256", ""),
            pause_until=facts.get("until"),
            unasked=facts["unasked"],
        )
        fresh = _cell(consents.cell_of(patient, facts["cell"]))
        return Response(ConsentOut(fresh).data, status=status.HTTP_201_CREATED)


def _out(
    patient: Patient | Row, visit_code: str, sealed: SealedText, receipt: Receipt | None
) -> dict[str, Any]:
    name, unreadable = None, ""
    if sealed is not None and receipt is not None:
        try:
            name = rules.mask_name(sealed.reveal(receipt))
        except Unreadable as error:
            unreadable = str(error)
            record_crypto_failure(path=sealed.path, code=unreadable)
    return {
        "code": patient.code,
        "visit_code": visit_code,
        "stage": patient.stage,
        "status": patient.status,
        "name": name,
        "unreadable": unreadable,
        "registered_at": patient.created_at,
    }


def _doubles(doubles: Doubles) -> Response:
    body = {
        "code": "likely-double",
        "detail": _("Perhaps registered already"),
        "doubles": [
            {"code": one.patient.code, "reasons": [reason.value for reason in one.likeness.reasons]}
            for one in doubles.found
        ],
    }
    return Response(body, status=status.HTTP_409_CONFLICT, content_type=PROBLEM)


def _cell(cell: consents.Question) -> dict[str, Any]:
    return {
        "purpose": cell.purpose.value,
        "channel": cell.channel.value,
        "answer": cell.state.status if cell.state else None,
        "paused_until": cell.state.paused_until if cell.state else None,
        "allows": cell.allows,
        "rests": cell.rests,
        "ask_again_from": cell.leave.again_from,
        "text": cell.text.body if cell.text else None,
        "text_version": cell.text.version if cell.text else None,
        "text_sha256": cell.text.sha256 if cell.text else None,
    }
