"""Submitting locks for ever; what comes later stands beside it."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consult.consultations import rules
from consult.consultations.events import ConsultationEvent
from consult.consultations.models import Addendum, Consultation
from consult.consultations.services.drafts import (
    OUTCOME_FIELDS,
    check_writer,
    lock_draft,
    put_outcome,
    refuse_stale,
    start_draft,
)
from consult.consultations.services.reading import asks_of
from consult.consultations.services.talk import TALK_FIELDS
from consult.consultations.services.texts import NewTurn, stored
from crm.patients.models import Patient
from crm.patients.services.care import advance_stage
from crm.patients.services.collecting import remember_noes
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import DomainError
from privacy.pseudonyms.models import Subject


class NotComplete(DomainError):
    """The record lacks something; it was kept as a draft. ``findings`` in the order of the form."""

    def __init__(self, findings: Sequence[rules.Finding], draft: Consultation) -> None:
        super().__init__(_("The record is not complete yet. It was kept as a draft."))
        self.findings, self.draft = findings, draft


def submit(
    *, draft: Consultation, actor: User, version: int, talk_version: int, outcome: rules.Outcome
) -> Consultation:
    """Lock the record; nobody can change it afterwards, the database sees to it (S27, S37).

    Raises: NotComplete if something is missing: what was typed is saved in the draft;
        Conflict if the result or the talk changed since the versions given.
    """
    found, findings = _submit(draft, actor, (version, talk_version), outcome)
    if findings:  # raised here, outside the transaction, so that the draft stays saved
        raise NotComplete(findings, found)
    return found


@transaction.atomic
def record_whole(
    *, patient: Patient, actor: User, turns: Sequence[NewTurn], outcome: rules.Outcome
) -> Consultation:
    """A record that arrives complete, such as from a program: begun and locked in one go.

    Raises: NotComplete if something is missing; then nothing is kept.
    """
    draft = start_draft(
        patient=patient,
        actor=actor,
        channel=outcome.channel,
        started_at=outcome.started_at,
        turns=turns,
    )
    whole = replace(outcome, started_at=draft.started_at)
    return submit(
        draft=draft,
        actor=actor,
        version=draft.version,
        talk_version=draft.talk_version,
        outcome=whole,
    )


@transaction.atomic
def _submit(
    draft: Consultation, actor: User, versions: tuple[int, int], outcome: rules.Outcome
) -> tuple[Consultation, list[rules.Finding]]:
    # The patient first, as whoever erases does; of two talks the second sees the first's no.
    Subject.objects.select_for_update(no_key=True).get(pk=draft.patient_id)
    found = lock_draft(draft, actor=actor)
    if (found.version, found.talk_version) != versions:
        refuse_stale(found, actor=actor)
    findings = _findings(found, outcome)
    if any(finding.problem is rules.Problem.TOO_LONG for finding in findings):
        return found, findings
    put_outcome(found, outcome, actor=actor)
    event = ConsultationEvent.DRAFT_SAVED if findings else ConsultationEvent.SUBMITTED
    if not findings:
        _count_asks(found, actor)
        found.status = Consultation.Status.SUBMITTED
        found.submitted_at, found.submitted_by = timezone.now(), actor
        found.save()
    audit.record(
        event,
        actor=actor,
        subjects=[found.patient],
        fields=[*OUTCOME_FIELDS, *TALK_FIELDS],
        target=found.target,
        detail={
            "version": found.version,
            "findings": len(findings),
            "asks": found.contact_asks or 0,
            "asks_after_refusal": found.asks_after_refusal,
            "asks_before": found.asks_before,
        },
    )
    if not findings:
        talking = Patient.Stage.IN_CONVERSATION
        advance_stage(patient=found.patient, to=talking, actor=actor, target=found.target)
    return found, findings


def _count_asks(found: Consultation, actor: User) -> None:
    """Put beside the record how often it asks for name or phone: quality control reads it (U15).

    What the patient declined is remembered: it rests in the next talk as well (R8).
    """
    receipt = audit.record(
        ConsultationEvent.ASKS_COUNTED,
        process="asking",
        clinic=found.patient.clinic_id,
        subjects=[found.patient],
        fields=["turn.text"],
        target=found.target,
    )
    asking = asks_of(found, found.turns.all(), receipt).asking
    found.contact_asks, found.asks_after_refusal = asking.times, asking.after_refusal
    found.asks_before = asking.before
    remember_noes(
        patient=found.patient,
        facts=asking.declined,
        at=found.started_at or timezone.now(),
        actor=actor,
        target=found.target,
    )


def _findings(draft: Consultation, outcome: rules.Outcome) -> list[rules.Finding]:
    # A stored turn is never empty nor too long, by constraint and service: count, do not open.
    turns = ["…"] * draft.turns.count()
    return rules.submission_findings(turns, outcome, now=timezone.now())


@transaction.atomic
def add_to(*, consultation: Consultation, actor: User, kind: str, text: str) -> Addendum:
    """Add to a locked record, or say that it was wrong; the record itself stays (S27).

    Raises: DomainError for an empty or too long text, or while the record is still a draft.
    """
    check_writer(actor)
    if consultation.is_draft:
        raise DomainError(_("This is still a draft: change it there."))
    for finding in rules.addendum_findings(text):
        if finding.problem is rules.Problem.MISSING:
            raise DomainError(_("Write what is to be added."))
        raise DomainError(
            _("An addendum holds %(limit)d characters at most.") % {"limit": finding.limit}
        )
    words, covered = stored(text)
    row = Addendum(
        consultation=consultation,
        author=actor,
        kind=kind,
        text=words,
        covered=min(covered, 32_767),
    )
    row.clean_fields(exclude=["consultation", "author"])
    row.save()
    audit.record(
        ConsultationEvent.ADDED_TO,
        actor=actor,
        subjects=[consultation.patient],
        fields=["addendum.text"],
        target=consultation.target,
        detail={"kind": kind, "covered": covered},
    )
    return row
