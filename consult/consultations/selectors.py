"""Reading consultations, always through the eyes of one viewer. Nothing here opens a box."""

from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from consult.consultations.models import Consultation
from crm.patients.collecting import COOL_OFF
from crm.patients.models import Patient
from crm.patients.reach import Holds, on_team
from crm.patients.selectors import cared_for_alone_by
from crm.patients.team_models import CareTeamMember
from crm.staff.models import User

BESIDE = 5  # earlier talks shown beside a form
MOST_COUNTED = 32_767  # what the column holds
OF_PATIENT = 50  # talks on a patient's page


def consultations_visible_to(staff: User) -> QuerySet[Consultation]:
    """All records that ``staff`` may open, newest first, with what a row of a list shows."""
    return (
        Consultation.objects.visible_to(staff)
        .select_related("patient__subject", "consultant")
        .defer("keyword", "note", "unsent", "department")
        .order_by("-id")
    )


def opened_by(staff: User) -> QuerySet[Consultation]:
    """The same records with their sealed values, for opening one."""
    return Consultation.objects.visible_to(staff).select_related(
        "patient__subject", "consultant", "edited_by", "submitted_by", "imported_by"
    )


def drafts_of(staff: User) -> QuerySet[Consultation]:
    """Drafts that ``staff`` may work on."""
    return opened_by(staff).filter(status=Consultation.Status.DRAFT)


def of_patient(patient: Patient, staff: User) -> list[Consultation]:
    """One patient's records, newest first."""
    rows = opened_by(staff).filter(patient=patient).order_by("-id")[:OF_PATIENT]
    return list(rows)


def earlier_than(consultation: Consultation, staff: User) -> list[Consultation]:
    """The last submitted talks of the same patient, for the person who talks next (S20)."""
    rows = (
        opened_by(staff)
        .filter(patient=consultation.patient, status=Consultation.Status.SUBMITTED)
        .exclude(pk=consultation.pk)
        .order_by("-id")[:BESIDE]
    )
    return list(rows)


def asked_before(consultation: Consultation) -> int:
    """How often the patient's other locked talks of the 90 days up to this one asked for name or
    phone (S17, R8), whoever talked: a number, nothing of what was said."""
    moment = consultation.started_at or timezone.now()
    others = Consultation.objects.filter(
        patient=consultation.patient_id,
        status=Consultation.Status.SUBMITTED,
        started_at__gt=moment - COOL_OFF,
        started_at__lte=moment,
    ).exclude(pk=consultation.pk)
    return min(others.aggregate(asks=Sum("contact_asks"))["asks"] or 0, MOST_COUNTED)


def own_draft_of(patient: Patient, staff: User) -> Consultation | None:
    """The newest draft that ``staff`` has begun for this patient and not finished."""
    return (
        Consultation.objects.visible_to(staff)
        .filter(patient=patient, consultant=staff, status=Consultation.Status.DRAFT)
        .order_by("-id")
        .first()
    )


def count_drafts_of(staff: User, *, alone: bool = False) -> int:
    """Drafts that ``staff`` has begun; ``alone``: of patients whom nobody else cares for."""
    drafts = Consultation.objects.filter(consultant=staff, status=Consultation.Status.DRAFT)
    return (drafts.filter(patient__in=cared_for_alone_by(staff)) if alone else drafts).count()


def _promises(rows: QuerySet[Consultation], staff: User) -> QuerySet[Consultation]:
    """Of these, the promised call-backs that stand and are for ``staff`` to keep (S32).

    A promise is the consultant's who made it, as long as they care for the patient; then it is
    everybody's who does, so it moves with the care team. A later talk keeps or renews it; of whom
    the clinic no longer contacts it is nobody's.
    """
    later = Consultation.objects.filter(
        patient=OuterRef("patient"),
        status=Consultation.Status.SUBMITTED,
        started_at__gt=Coalesce(OuterRef("started_at"), OuterRef("submitted_at")),
    )
    promiser = CareTeamMember.objects.live().filter(
        patient=OuterRef("patient"), staff=OuterRef("consultant"), staff__is_active=True
    )
    return (
        rows.filter(
            Holds(on_team(staff), key="patient_id"),
            Q(consultant=staff) | ~Exists(promiser),
            status=Consultation.Status.SUBMITTED,
            next_contact_at__isnull=False,
        )
        .exclude(patient__status__in=Patient.NO_CONTACT)
        .exclude(Exists(later))
    )


def call_backs_due(staff: User) -> QuerySet[Consultation]:
    """Promised call-backs to be kept today, or overdue, the most urgent first."""
    tomorrow = timezone.localdate() + timedelta(days=1)
    midnight = timezone.make_aware(datetime.combine(tomorrow, time.min))
    rows = _promises(consultations_visible_to(staff), staff).filter(next_contact_at__lt=midnight)
    return rows.order_by("next_contact_at", "pk")


def count_call_backs_of(staff: User, *, alone: bool = False) -> int:
    """Promised call-backs whenever due; ``alone``: to patients whom nobody else cares for."""
    rows = _promises(Consultation.objects.all(), staff)
    return (rows.filter(patient__in=cared_for_alone_by(staff)) if alone else rows).count()


def beyond_reach(consultation_id: UUID) -> Consultation | None:
    """The record whoever may see it: only for booking that somebody asked for it in vain."""
    return (
        Consultation.objects.filter(pk=consultation_id)
        .select_related("patient__subject")
        .defer("keyword", "note", "unsent", "department")
        .first()
    )
