"""Planting invented patients that look like any other, and retiring them."""

import random
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.honey import rules, selectors
from crm.honey.events import HoneyEvent
from crm.honey.models import HoneyRecord, mark_of
from crm.patients.invented import People
from crm.patients.models import Patient, PatientClinical, PatientContact
from crm.patients.rules import name_tokens, normalise_phone
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.pseudonyms.services import issue_seeming_subject
from privacy.records import keys_of

COMPLAINTS: Final = (
    "备孕一年未果，想了解检查安排",
    "月经不规律，咨询调理",
    "复查结果想请医生看看",
    "想了解生育力评估",
)
YOUNGEST, OLDEST = timedelta(days=20), timedelta(days=400)  # how long ago they seem to have come


@transaction.atomic
def plant(*, number: int, actor: User) -> int:
    """Invent ``number`` (1 to 20) patients of the actor's clinic; out: how many.

    They are inactive and closed, agreed to nothing, come on no day and are in nobody's care: no
    figure of the desk counts them, nothing is ever sent to them, and nobody has a reason to open
    them. The event says how many, never which.
    Raises: AccessDenied for other roles; DomainError for another number.
    """
    if not can(actor, Permission.PLANT_HONEY):
        raise AccessDenied(_("The security administrator plants honey records."))
    if not 1 <= number <= rules.MOST_AT_ONCE:
        raise DomainError(_("Plant one to twenty at a time."))
    chance = random.SystemRandom()
    people = People(chance)
    patients = [_invent(people, actor, chance) for _one in range(number)]
    today = timezone.localdate()
    HoneyRecord.objects.bulk_create(
        HoneyRecord(
            clinic_id=actor.clinic_id,
            mark=mark_of(one.code),
            code=one.code,
            planted_on=today,
            planted_by=actor,
        )
        for one in patients
    )
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    HoneyRecord.objects.filter(mark__in=[mark_of(one.code) for one in patients]).update(
        created_at=midnight, updated_at=midnight
    )
    audit.record(HoneyEvent.PLANTED, actor=actor, detail={"n": number})
    return number


def _invent(people: People, actor: User, chance: random.Random) -> Patient:
    """One of them; its rows and their keys say that they were made long ago."""
    ago = chance.uniform(YOUNGEST.total_seconds(), OLDEST.total_seconds())
    seems = timezone.now() - timedelta(seconds=ago)
    subject = issue_seeming_subject(since=seems)
    person = people.person()
    patient = Patient.objects.create(
        pk=subject.pk,
        subject=subject,
        clinic_id=actor.clinic_id,
        status=Patient.Status.INACTIVE,
        stage=Patient.Stage.CLOSED,
    )
    with keys_of(seems):
        contact = PatientContact(patient=patient)
        clinical = PatientClinical(
            patient=patient,
            chief_complaint=chance.choice(COMPLAINTS),
            sex="female" if person.female else "male",
            birth_year=str(person.born.year),
        )
    contact.set_name(person.name, name_tokens(person.name))
    contact.set_phone(normalise_phone(person.phone).value)
    for row in (contact, clinical):
        row.save(force_insert=True)
    stamps = {"created_at": seems, "updated_at": seems}
    Patient.objects.filter(pk=patient.pk).update(**stamps)
    PatientContact.objects.filter(pk=contact.pk).update(**stamps)
    PatientClinical.objects.filter(pk=clinical.pk).update(**stamps)
    return patient


@transaction.atomic
def retire(*, record_id: UUID, actor: User) -> HoneyRecord:
    """Have a record watch no longer; the invented patient stays, like any closed file.

    Raises: AccessDenied for other roles; HoneyRecord.DoesNotExist for another clinic's; Conflict
        if it is retired already.
    """
    if not can(actor, Permission.PLANT_HONEY):
        raise AccessDenied(_("The security administrator plants honey records."))
    rows = HoneyRecord.objects.visible_to(actor).select_for_update(of=("self",))
    held = rows.get(pk=record_id)
    if held.retired_on is not None:
        raise Conflict(_("This record is retired already."))
    held.retired_on, held.retired_by = timezone.localdate(), actor
    held.save(update_fields=["retired_on", "retired_by"])
    audit.record(HoneyEvent.RETIRED, actor=actor, target=f"honey:{held.pk}")
    return held


@transaction.atomic
def open_list(*, viewer: User) -> list[selectors.Watch]:
    """The clinic's honey records; the look is an event that names none of them."""
    audit.record(HoneyEvent.LISTED, actor=viewer)
    return selectors.watches_of(viewer)
