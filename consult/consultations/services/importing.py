"""Taking over old talks: each row a patient who does not exist, and a locked record.

The rows are published or anonymised talks, so every one gets an invented person. A batch is one
transaction: what a crash leaves behind is whole batches, and a second run passes over them by
row id. Names, words and departments are sealed, personal numbers covered, as everywhere.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from consult.consultations.choices import Channel, Disposition, Source, Speaker
from consult.consultations.events import ConsultationEvent
from consult.consultations.import_formats import (
    Encoding,
    ImportRow,
    RowError,
    RowKind,
    read_rows,
    survey,
)
from consult.consultations.models import Consultation, Turn
from consult.consultations.services.texts import stored
from crm.patients.invented import People
from crm.patients.models import Patient, PatientClinical, PatientContact
from crm.patients.rules import name_tokens, normalise_phone
from crm.patients.services.guarding import mark_if_minor
from crm.staff.models import Clinic, User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.custody import index_width
from privacy.errors import AccessDenied, DomainError
from privacy.pseudonyms.models import key_scope
from privacy.pseudonyms.services import issue_subjects
from privacy.records import store_many

BATCH = 500
CHANNELS = {
    RowKind.QUESTION: Channel.MESSAGE_BOARD,
    RowKind.DIALOGUE: Channel.WEBSITE_CHAT,
    RowKind.INTAKE: Channel.OTHER,
}
SEALED = ("turn.text", "consultation.note", "consultation.department")


class CannotRead(DomainError):
    """A file that cannot be opened."""


@dataclass(frozen=True, slots=True)
class ImportFile:
    """One file and what a first pass saw of it."""

    path: Path
    lines: int
    encoding: Encoding


@dataclass(slots=True)
class Report:
    """What a run did; all counts."""

    rows: int = 0
    added: int = 0
    known: int = 0
    turns: int = 0
    covered: int = 0
    events: int = 0
    rejected: dict[str, int] = field(default_factory=dict)

    def reject(self, reason: str) -> None:
        self.rejected[reason] = self.rejected.get(reason, 0) + 1


@dataclass(frozen=True, slots=True)
class Plan:
    """Who imports, whose patients they become, and how."""

    staff: User
    clinic: Clinic | None
    dry_run: bool = False
    batch: int = BATCH
    limit: int | None = None


def look_over(paths: Iterable[Path]) -> list[ImportFile]:
    """Every file read once, before anything is written.

    Raises: CannotRead, naming the first file that cannot be read.
    """
    found = []
    for path in paths:
        try:
            seen = survey(path)
        except OSError as error:
            raise CannotRead(f"{path}: {error.strerror}") from error
        found.append(ImportFile(path, seen.lines, seen.encoding))
    return found


def check_importer(staff: User) -> None:
    """Raises: AccessDenied unless the role may import."""
    if not can(staff, Permission.IMPORT_CONSULTATIONS):
        raise AccessDenied(f"{staff.staff_no} may not import consultations")


@transaction.atomic
def receiving_clinic(*, name: str, staff: User) -> Clinic:
    """The clinic that takes the invented patients; made where there is none of that name."""
    return Clinic.objects.get_or_create(name=name)[0] if name else staff.clinic


def import_files(
    *,
    plan: Plan,
    sources: Sequence[ImportFile],
    on_rows: Callable[[int], object],
    on_error: Callable[[Path, RowError], object],
) -> Report:
    """Import all rows that are not in the database yet.

    In: ``on_rows`` is told how many lines are done, ``on_error`` each line that is not taken.
    Raises: AccessDenied for staff who may not import.
    """
    check_importer(plan.staff)
    report = Report()
    if not plan.dry_run:
        _book(ConsultationEvent.IMPORT_STARTED, plan, report, files=len(sources))
    people = People(random.SystemRandom())
    rows = islice(_rows(sources, report, on_rows, on_error), plan.limit)
    while batch := list(islice(rows, plan.batch)):
        if not plan.dry_run:
            index_width.follow_plan(more=len(batch), actor=plan.staff)
        with key_scope():
            done = _count_batch(batch) if plan.dry_run else _import_batch(plan, batch, people)
        report.added += done.added
        report.known += done.known
        report.turns += done.turns
        report.covered += done.covered
        report.events += done.events
        on_rows(len(batch))
    if not plan.dry_run:
        _book(ConsultationEvent.IMPORT_ENDED, plan, report, files=len(sources))
    return report


def _rows(
    sources: Sequence[ImportFile],
    report: Report,
    on_rows: Callable[[int], object],
    on_error: Callable[[Path, RowError], object],
) -> Iterator[ImportRow]:
    for source in sources:
        for row in read_rows(source.path, source.encoding):
            report.rows += 1
            if isinstance(row, RowError):
                report.reject(row.reason.value)
                on_error(source.path, row)
                on_rows(1)
            else:
                yield row


@transaction.atomic
def _book(event: ConsultationEvent, plan: Plan, report: Report, *, files: int) -> None:
    report.events += 1
    detail = {"files": files, "added": report.added, "known": report.known}
    audit.record(
        event,
        actor=plan.staff,
        target=f"clinic:{plan.clinic.pk}" if plan.clinic else "",
        detail=detail | {"rejected": sum(report.rejected.values())},
    )


def _unknown(rows: Sequence[ImportRow]) -> list[ImportRow]:
    """Rows that are not in the database; of two with the same id only the first."""
    ids = {row.row_id: row for row in reversed(rows)}
    known = set(
        Consultation.objects.filter(import_row__in=ids).values_list("import_row", flat=True)
    )
    return [row for row in rows if row.row_id not in known and ids[row.row_id] is row]


def _count_batch(rows: Sequence[ImportRow]) -> Report:
    new = _unknown(rows)
    turns = [stored(turn.text)[1] for row in new for turn in row.turns]
    return Report(added=len(new), known=len(rows) - len(new), turns=len(turns), covered=sum(turns))


@transaction.atomic
def _import_batch(plan: Plan, rows: Sequence[ImportRow], people: People) -> Report:
    """One batch: patients, records, turns, the lock, the event; all or nothing."""
    with connection.cursor() as cursor:  # two imports at once take turns, batch by batch
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('consultation import'))")
    new = _unknown(rows)
    done = Report(added=len(new), known=len(rows) - len(new))
    if not new:
        return done
    patients, marked = _patients(plan, new, people)
    records = [_record(plan, row, patient) for row, patient in zip(new, patients, strict=True)]
    store_many(records)
    turns = [turn for row, record in zip(new, records, strict=True) for turn in _turns(row, record)]
    store_many(turns)
    Consultation.objects.filter(pk__in=[record.pk for record in records]).update(
        status=Consultation.Status.SUBMITTED, submitted_at=timezone.now(), submitted_by=plan.staff
    )
    done.turns, done.covered = len(turns), sum(turn.covered for turn in turns)
    done.events = 1 + marked
    audit.record(
        ConsultationEvent.IMPORTED,
        actor=plan.staff,
        subjects=patients,
        fields=SEALED,
        target=f"clinic:{patients[0].clinic_id}",
        detail={"added": done.added, "known": done.known, "turns": done.turns},
    )
    return done


def _patients(plan: Plan, rows: Sequence[ImportRow], people: People) -> tuple[list[Patient], int]:
    """Invented people, one a row, with their keys; and how many of them may be under 18 by their
    year: these are guarded like everybody else of whom it is known (R18)."""
    subjects = issue_subjects(count=len(rows))
    clinic = plan.clinic or plan.staff.clinic
    patients = [
        Patient(id=subject.pk, subject=subject, clinic=clinic, registered_by=plan.staff)
        for subject in subjects
    ]
    store_many(patients)
    contacts, clinical, years = [], [], []
    for patient, row in zip(patients, rows, strict=True):
        person = people.person()
        contact = PatientContact(patient=patient)
        contact.set_name(person.name, name_tokens(person.name))
        contact.set_phone(normalise_phone(person.phone).value)
        contacts.append(contact)
        years.append(str(person.born.year))
        clinical.append(
            PatientClinical(
                patient=patient,
                chief_complaint=stored(row.title)[0],
                sex="female" if person.female else "male",
                birth_year=years[-1],
            )
        )
    store_many(contacts)
    store_many(clinical)
    marked = sum(
        mark_if_minor(patient=patient, birth_year=year, id_number="")
        for patient, year in zip(patients, years, strict=True)
    )
    return patients, marked


def _record(plan: Plan, row: ImportRow, patient: Patient) -> Consultation:
    return Consultation(
        patient=patient,
        channel=CHANNELS[row.kind],
        source=Source.UNKNOWN,
        disposition=Disposition.UNKNOWN,  # nobody of ours advised anything
        department=stored(row.department)[0],
        note=stored(row.title)[0],
        import_row=row.row_id,
        imported_by=plan.staff,
    )


def _turns(row: ImportRow, record: Consultation) -> Iterator[Turn]:
    for position, turn in enumerate(row.turns):
        text, covered = stored(turn.text)
        yield Turn(
            consultation=record,
            position=position,
            speaker=Speaker(turn.speaker.value),
            text=text,
            covered=min(covered, 32_767),
        )
