"""Drawing up estimates, issuing them, and what the patient said to them."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consult.fees import lifecycle, rules, selectors
from consult.fees.events import FeeEvent
from consult.fees.lifecycle import State
from consult.fees.models import Estimate, EstimateLine, EstimateSeries, EstimateVersion
from consult.fees.problems import NotAnEstimate
from consult.fees.rules import Finding, Line, Problem
from consult.fees.selectors import VERSION_FIELDS, OpenedEstimate
from crm.patients.models import Patient
from crm.patients.services.care import advance_stage
from crm.staff.models import Clinic, User
from privacy.audit import services as audit
from privacy.errors import Conflict, DomainError
from privacy.minimisation.reasons import has_numbers
from privacy.receipts import Receipt

LONGEST_TITLE: Final = 60
LONGEST_REASON: Final = 1000


class StaleDraft(Conflict):
    """Somebody saved the draft after it was opened here."""


class NotADraft(Conflict):
    """The version was issued meanwhile; its content is fixed."""


class NoSuchStep(DomainError):
    """A version does not move that way."""


class DraftInTheWay(Conflict):
    """There is a draft already; one estimate has one at most."""


STEP_EVENTS: Final = {
    State.EXPLAINED: FeeEvent.EXPLAINED,
    State.ACCEPTED: FeeEvent.ACCEPTED,
    State.DECLINED: FeeEvent.DECLINED,
}


@transaction.atomic
def create_estimate(
    *, patient: Patient, title: str, lines: Sequence[Line], actor: User
) -> EstimateVersion:
    """Open a new estimate with the first draft of it; a draft may still be without lines.

    Units: prices in CNY. Raises: NotAnEstimate for texts or numbers out of bounds.
    Source: S67, the full course at the first visit, in four categories.
    """
    _check(title=title, reason="", lines=lines)
    estimate = Estimate(
        patient=patient,
        clinic_id=patient.clinic_id,
        number=_next_number(patient.clinic, timezone.localdate().year),
        title=title,
        created_by=actor,
    )
    estimate.save()
    version = EstimateVersion(estimate=estimate, created_by=actor, saved_by=actor)
    version.save()
    _write_lines(version, lines)
    _book(FeeEvent.CREATED, version, actor, fields=VERSION_FIELDS, lines=len(lines))
    return version


def _next_number(clinic: Clinic, year: int) -> str:
    """E-2026-0001 and on: the row's lock makes it unique, its rollback leaves no gap."""
    EstimateSeries.objects.get_or_create(clinic=clinic, year=year)
    series = EstimateSeries.objects.select_for_update().get(clinic=clinic, year=year)
    series.last += 1
    series.save(update_fields=["last", "updated_at"])
    return f"E-{year}-{series.last:04d}"


@transaction.atomic
def save_draft(
    *,
    version: EstimateVersion,
    revision: int,
    title: str | None,
    reason: str,
    lines: Sequence[Line],
    actor: User,
) -> EstimateVersion:
    """Replace the content of a draft, if nobody has saved it since ``revision``.

    ``title`` belongs to the first version and is None for later ones: it is fixed by then.
    Raises: StaleDraft, NotADraft, NotAnEstimate; nothing is written then.
    """
    _check(title=title, reason=reason, lines=lines)
    held = _lock(version)
    _expect_draft(held, revision)
    if title is not None and held.number == 1:
        held.estimate.title = title
        held.estimate.save(update_fields=["title", "updated_at"])
    held.reason = reason
    held.revision += 1
    held.saved_by = actor
    held.save(update_fields=["reason", "revision", "saved_by", "updated_at"])
    held.lines.all().delete()
    _write_lines(held, lines)
    _book(FeeEvent.SAVED, held, actor, fields=VERSION_FIELDS, lines=len(lines))
    return held


@transaction.atomic
def issue_version(*, version: EstimateVersion, revision: int, actor: User) -> EstimateVersion:
    """Fix a draft for ever and offer it; older open versions make room.

    Raises: StaleDraft if it is not the draft that was looked at; NotADraft; NotAnEstimate
        without lines, or without the reason that a change needs (S68).
    """
    held = _lock(version)
    _expect_draft(held, revision)
    count = held.lines.count()
    findings = [] if count else [(0, Finding("lines", Problem.MISSING))]
    if held.number > 1 and held.reason is None:
        findings.append((0, Finding("reason", Problem.MISSING)))
    if findings:
        raise NotAnEstimate(findings)
    held.issued_at, held.issued_by = timezone.now(), actor
    _move(held, State.ISSUED, ["issued_at", "issued_by"])
    _book(FeeEvent.ISSUED, held, actor, lines=count)
    advance_stage(
        patient=held.estimate.patient,
        to=Patient.Stage.ESTIMATE_GIVEN,
        actor=actor,
        target=f"estimate:{held.estimate_id}",
    )
    return held


@transaction.atomic
def record_step(*, version: EstimateVersion, step: State, actor: User) -> EstimateVersion:
    """Record that a version was explained in person, accepted or declined, by whom and when.

    Raises: NoSuchStep if the version does not move that way: nothing is accepted that was not
        explained (S66), and an answer is not taken back.
    """
    held = _lock(version)
    event = STEP_EVENTS.get(step)
    if event is None or not lifecycle.may_become(held.state, step):
        raise NoSuchStep(_("This version cannot take that step any more. Look at its state."))
    stamp = "explained" if step == State.EXPLAINED else "answered"
    setattr(held, f"{stamp}_at", timezone.now())
    setattr(held, f"{stamp}_by", actor)
    _move(held, step, [f"{stamp}_at", f"{stamp}_by"])
    _book(event, held, actor)
    return held


@transaction.atomic
def revise_estimate(*, estimate: Estimate, actor: User) -> EstimateVersion:
    """Start the next version as a copy of the newest; prices stay as they were agreed.

    Raises: DraftInTheWay if the newest is still a draft.
    """
    estimate = Estimate.objects.select_for_update(of=("self",)).get(pk=estimate.pk)
    newest = estimate.versions.order_by("number").last()
    if newest is None or newest.is_draft:
        raise DraftInTheWay(_("There is a draft of this estimate already. Continue with that one."))
    receipt = _book(FeeEvent.REVISED, newest, actor, fields=VERSION_FIELDS)
    copied = selectors.lines_of(newest, receipt)
    version = EstimateVersion(
        estimate=estimate, number=newest.number + 1, created_by=actor, saved_by=actor
    )
    version.save()
    _write_lines(version, copied)
    _mirror(version)
    return version


@transaction.atomic
def print_version(*, version: EstimateVersion, actor: User) -> tuple[OpenedEstimate, int, datetime]:
    """Open an issued version for paper: books the print and counts the copy.

    Out: the opened estimate, the running number of this copy, the moment of printing (UTC).
    Raises: DomainError for a draft: only what is issued leaves the clinic.
    """
    held = _lock(version)
    if held.is_draft:
        raise DomainError(_("A draft is not printed. Issue it first."))
    held.copies += 1
    held.save(update_fields=["copies", "updated_at"])
    opened = selectors.open_version(
        version=held, staff=actor, event=FeeEvent.PRINTED, detail={"copy": held.copies}
    )
    return opened, held.copies, timezone.now()


def _check(*, title: str | None, reason: str, lines: Sequence[Line]) -> None:
    findings: list[tuple[int, Finding]] = []
    for name, text, limit in (
        ("title", title or "", LONGEST_TITLE),
        ("reason", reason, LONGEST_REASON),
    ):
        if len(text) > limit:
            findings.append((0, Finding(name, Problem.TOO_LONG, str(limit))))
    findings += [
        (number, Finding(name, Problem.OF_A_PERSON))
        for number, name, text in _texts(title or "", reason, lines)
        if has_numbers(text)
    ]
    if title is not None and not title.strip():
        findings.append((0, Finding("title", Problem.MISSING)))
    if lines:
        findings += [(0, finding) for finding in rules.estimate_findings(lines)]
    for number, line in enumerate(lines, start=1):
        findings += [(number, finding) for finding in rules.line_findings(line)]
    if findings:
        raise NotAnEstimate(findings)


def _texts(title: str, reason: str, lines: Sequence[Line]) -> Iterator[tuple[int, str, str]]:
    """Every text with its line's number (0: the whole) and field."""
    yield from ((0, "title", title), (0, "reason", reason))
    for number, line in enumerate(lines, start=1):
        for name in ("item", "unit", "insurance"):
            yield number, name, str(getattr(line, name))


def _lock(version: EstimateVersion) -> EstimateVersion:
    """The version as it is now, its estimate locked: steps of one estimate go one by one."""
    estimate = (
        Estimate.objects.select_for_update(of=("self",))
        .select_related("patient__subject")
        .get(pk=version.estimate_id)
    )
    held = EstimateVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    held.estimate = estimate
    return held


def _expect_draft(version: EstimateVersion, revision: int) -> None:
    if not version.is_draft:
        raise NotADraft(_("This version has been issued meanwhile and is fixed."))
    if version.revision != revision:
        raise StaleDraft(
            _("Somebody else has saved this draft meanwhile. Nothing was overwritten.")
        )


def _write_lines(version: EstimateVersion, lines: Sequence[Line]) -> None:
    EstimateLine.objects.bulk_create(
        EstimateLine(
            version=version,
            key=uuid.UUID(line.key) if line.key else uuid.uuid4(),
            category=line.category.value,
            position=position,
            item=line.item,
            unit=line.unit,
            quantity=line.quantity,
            price_low=line.low,
            price_high=line.high,
            insurance=line.coverage,
            insurance_note=line.insurance,
            is_optional=line.optional,
            by_occurrence=line.by_occurrence,
        )
        for position, line in enumerate(lines, start=1)
    )


def _move(version: EstimateVersion, step: State, stamps: list[str]) -> None:
    older = EstimateVersion.objects.filter(
        estimate=version.estimate,
        number__lt=version.number,
        state__in=lifecycle.replaced_by(step),
    )
    older.update(state=State.SUPERSEDED.value, updated_at=timezone.now())
    version.state = step.value
    version.save(update_fields=["state", "updated_at", *stamps])
    _mirror(version)


def _mirror(version: EstimateVersion) -> None:
    """Keep what lists show of an estimate in step with its newest version."""
    estimate = version.estimate
    if version.number < estimate.newest:
        return
    estimate.newest, estimate.state = version.number, version.state
    estimate.save(update_fields=["newest", "state", "updated_at"])


def _book(
    event: FeeEvent,
    version: EstimateVersion,
    actor: User,
    *,
    fields: Sequence[str] = (),
    **detail: int,
) -> Receipt:
    return audit.record(
        event,
        actor=actor,
        subjects=[version.estimate.patient],
        fields=fields,
        target=f"estimate:{version.estimate_id}",
        detail={"number": version.estimate.number, "version": version.number, **detail},
    )
