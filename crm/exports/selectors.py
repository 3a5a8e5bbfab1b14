"""Which rows an export holds: counted before it is asked for, and again when it is built."""

from datetime import date, datetime, time
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from crm.exports.datasets import DATASETS, Field
from crm.patients.models import Patient
from crm.staff.models import User
from crm.web.numbers import day_after
from privacy.access.policy import Permission, can
from privacy.audit.events import Kind
from privacy.audit.selectors import trail_of
from privacy.consent.models import Channel, Purpose
from privacy.consent.selectors import subjects_allowing
from privacy.custody.selectors import erased_subjects
from privacy.exports.models import Export


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def patients_for(staff: User, *, purpose: str, stage: str) -> QuerySet[Patient]:
    """Whose data may leave: the requester's own patients, nothing of them erased, not restricted;
    for research and teaching those who agree to it now (R4, R15).

    Whom one sees for a time, or by break-glass, leaves in no file: that is for looking only.
    """
    found = (
        Patient.objects.cared_for_by(staff)
        .exclude(status=Patient.Status.RESTRICTED)
        .exclude(pk__in=erased_subjects())
    )
    if purpose == Export.Purpose.RESEARCH:
        found = found.filter(pk__in=subjects_allowing(Purpose.RESEARCH, Channel.NONE))
    return found.filter(stage=stage) if stage else found


def rows_for(
    staff: User,
    *,
    dataset: str,
    purpose: str,
    stage: str,
    since: date | None,
    until: date | None,
    before: datetime | None = None,
) -> QuerySet[Any]:
    """The rows themselves. Days are clinic days, both included; ``before`` cuts off what came
    after the export was asked for."""
    kind = DATASETS[dataset]
    rows = kind.rows(patients_for(staff, purpose=purpose, stage=stage)).order_by()
    if since:
        rows = rows.filter(**{f"{kind.moment}__gte": _midnight(since)})
    if until:
        rows = rows.filter(**{f"{kind.moment}__lt": _midnight(day_after(until))})
    return rows.filter(**{f"{kind.moment}__lte": before}) if before else rows


def rows_of(export: Export) -> QuerySet[Any]:
    """What an export holds at this moment: never a row from after it was asked for."""
    return rows_for(
        export.requester,
        dataset=export.dataset,
        purpose=export.purpose,
        stage=export.stage,
        since=export.since,
        until=export.until,
        before=export.asked_at,
    )


def fields_of(export: Export) -> list[Field]:
    """The columns, in order."""
    kind = DATASETS.get(export.dataset)
    return kind.chosen(export.fields) if kind else []


def may_still(export: Export) -> bool:
    """Whether the requester is still somebody who may export these fields, cleared and all."""
    staff = export.requester
    open_now = {one.code for one in DATASETS[export.dataset].open_to(staff)}
    same_role = staff.role == export.requester_side
    return same_role and can(staff, Permission.REQUEST_EXPORT) and open_now >= set(export.fields)


def exports_that_held(staff: User, patient: Patient, *, limit: int = 20) -> list[str]:
    """Codes of exports that were built with a patient in them, newest first, out of the trail."""
    events = trail_of(patient, kinds=[Kind.EXPORT], without=[], limit=limit)
    targets = [
        one.target.removeprefix("export:") for one in events if one.clinic == staff.clinic_id
    ]
    return list(dict.fromkeys(targets))
