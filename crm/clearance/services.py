"""Signing, learning, licences; and the one place that writes until when somebody is cleared."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from random import SystemRandom
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.clearance import rules, selectors
from crm.clearance.courses import ALL, RIGHT
from crm.clearance.events import ClearanceEvent
from crm.clearance.models import Document, Licence, Reminder, Signature, Sitting
from crm.clearance.rules import Standing
from crm.clearance.texts import SHIPPED
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import AccessDenied, Conflict, DomainError

_DICE: Final = SystemRandom()


# --- until when --------------------------------------------------------------------------------


def _reckon(people: Iterable[UUID]) -> int:
    """Write ``cleared_until`` anew for these people; how many changed.

    Their rows are locked before the evidence is read: of two steps at once the second sees both.
    """
    rows = list(
        User.objects.select_for_update().filter(pk__in=people, is_active=True).order_by("pk")
    )
    found = selectors.standings(rows)
    changed = 0
    for person in rows:
        until = found[person.pk].cleared_until
        if until != person.cleared_until:
            person.cleared_until = until
            person.save(update_fields=["cleared_until", "updated_at"])
            changed += 1
    return changed


def _reckon_one(person: User) -> None:
    _reckon([person.pk])
    person.refresh_from_db(fields=["cleared_until"])


def _everybody() -> list[UUID]:
    return list(User.objects.filter(is_active=True).values_list("pk", flat=True))


# --- documents ---------------------------------------------------------------------------------


@transaction.atomic
def sign(*, user: User, document: Document, sha256: str, language: str) -> Signature:
    """Sign an edition, or say that a policy was read; twice is once.

    In: ``sha256`` of the words that were on the screen.
    Raises: Conflict if those are not the document's, or a newer edition holds by now.
    """
    newest = rules.in_force(selectors.editions()[document.slug], timezone.localdate())
    if document.sha256 != sha256 or document.number < newest:
        raise Conflict(_("There is a newer edition. Please read that one."))
    held = selectors.signature_of(user, document)
    if held is not None:
        return held
    signature = Signature.objects.create(
        document=document, staff=user, sha256=sha256, language=language
    )
    audit.record(
        ClearanceEvent.SIGNED,
        actor=user,
        target=f"document:{document.slug}",
        detail={"number": document.number, "sha256": sha256, "language": language},
    )
    _reckon_one(user)
    return signature


@transaction.atomic
def publish(
    *, slug: str, titles: tuple[str, str], bodies: tuple[str, str], applies_from: date, actor: User
) -> Document:
    """A new edition, or a new policy; from its day everybody is asked again.

    In: titles and bodies in Chinese and English.
    Raises: DomainError for a day in the past; Conflict if somebody published at the same moment.
    """
    if applies_from < timezone.localdate():
        raise DomainError(_("Choose today or a later day."))
    newest = selectors.editions_of(slug).first()
    try:
        with transaction.atomic():
            document = _lay_down(
                slug=slug,
                kind=slug if slug in {rules.NDA, rules.PLEDGE} else Document.Kind.POLICY,
                number=newest.number + 1 if newest else 1,
                texts=(*titles, *bodies),
                applies_from=applies_from,
                actor=actor,
            )
    except IntegrityError as error:
        raise Conflict(_("Somebody else has just published an edition of it.")) from error
    audit.record(
        ClearanceEvent.PUBLISHED,
        actor=actor,
        target=f"document:{slug}",
        detail={"number": document.number, "from": applies_from.isoformat()},
    )
    _reckon(_everybody())
    return document


def _lay_down(
    *,
    slug: str,
    kind: str,
    number: int,
    texts: tuple[str, str, str, str],
    applies_from: date,
    actor: User | None,
) -> Document:
    title_zh, title_en, body_zh, body_en = texts
    return Document.objects.create(
        slug=slug,
        kind=kind,
        number=number,
        title_zh=title_zh,
        title_en=title_en,
        body_zh=body_zh,
        body_en=body_en,
        sha256=rules.hash_of(*texts),
        applies_from=applies_from,
        published_by=actor,
    )


@transaction.atomic
def ensure_shipped_documents() -> int:
    """Lay down the product's own editions where a document has none; how many were missing."""
    known = set(Document.objects.values_list("slug", flat=True))
    missing = [draft for draft in SHIPPED if draft.slug not in known]
    for draft in missing:
        _lay_down(
            slug=draft.slug,
            kind=draft.kind,
            number=1,
            texts=(draft.title_zh, draft.title_en, draft.body_zh, draft.body_en),
            applies_from=timezone.localdate(),
            actor=None,
        )
    return len(missing)


# --- trainings ---------------------------------------------------------------------------------


@transaction.atomic
def start_test(*, user: User, course: str) -> Sitting:
    """Draw questions and shuffle their answers; an open test goes on, with the questions it has.

    Raises: Conflict within READ_AGAIN of one that was not passed: the questions are not guessed.
    """
    User.objects.select_for_update().get(pk=user.pk)  # two taps at once draw one test
    last = selectors.sittings_of(user).filter(course=course).first()
    if last is not None and last.is_open:
        return last
    if last is not None and last.finished_at is not None and last.valid_until is None:
        _ask_to_read_again(last.finished_at + rules.READ_AGAIN)
    bank = ALL[course].bank
    drawn = []
    for question in _DICE.sample(bank, rules.DRAWN):
        order = list(range(len(question.options)))
        _DICE.shuffle(order)
        drawn.append([question.key, order])
    sitting = Sitting.objects.create(staff=user, course=course, edition=rules.EDITION, drawn=drawn)
    audit.record(ClearanceEvent.TEST_STARTED, actor=user, target=f"course:{course}")
    return sitting


def _ask_to_read_again(until: datetime) -> None:
    if timezone.now() < until:
        clock = timezone.localtime(until).strftime("%H:%M")
        raise Conflict(
            _("Read what there is to know once more. The next test opens at %(time)s.")
            % {"time": clock}
        )


@transaction.atomic
def hand_in(*, user: User, sitting_id: UUID, answers: Mapping[str, int]) -> Sitting:
    """Mark a test; a pass is a certificate for TRAINING_VALID_DAYS.

    In: the chosen option by question, as in the source, whatever order was shown.
    Raises: Sitting.DoesNotExist for another person's; Conflict if it is handed in or too old.
    """
    sitting = Sitting.objects.select_for_update().get(pk=sitting_id, staff=user)
    if not sitting.is_open:
        raise Conflict(_("This test is over. Start another one."))
    keys = [key for key, _order in sitting.drawn]
    points = rules.score(answers, dict.fromkeys(keys, RIGHT))
    passed = rules.is_passed(points, of=len(keys), percent=settings.TRAINING_PASS_PERCENT)
    sitting.answers = {key: answers[key] for key in keys if key in answers}
    sitting.points, sitting.finished_at = points, timezone.now()
    if passed:
        days = timedelta(days=settings.TRAINING_VALID_DAYS)
        sitting.valid_until = timezone.localdate() + days
    sitting.save()
    audit.record(
        ClearanceEvent.TEST_ENDED,
        actor=user,
        target=f"course:{sitting.course}",
        outcome="ok" if passed else "failed",
        detail={"points": points, "of": len(keys)},
    )
    _reckon_one(user)
    return sitting


# --- licences ----------------------------------------------------------------------------------


@transaction.atomic
def record_licence(
    *, staff: User, kind: str, number: str, expires_on: date, actor: User
) -> Licence:
    """Write down a licence that ``actor`` has compared with the original.

    In: ``expires_on`` its last good day.
    Raises: AccessDenied for one's own; DomainError if it has expired.
    """
    if staff.pk == actor.pk:
        raise AccessDenied(_("Somebody else has to check your licence."))
    if expires_on < timezone.localdate():
        raise DomainError(_("This licence has expired."))
    licence = Licence.objects.create(
        staff=staff, kind=kind, number=number, expires_on=expires_on, checked_by=actor
    )
    _book_licence(ClearanceEvent.LICENCE_RECORDED, licence, actor)
    _reckon_one(staff)
    return licence


@transaction.atomic
def withdraw_licence(*, licence: Licence, actor: User) -> None:
    """A licence counts no longer: entered wrongly, revoked, or replaced. The row stays.

    Raises: AccessDenied for one's own.
    """
    if licence.staff_id == actor.pk:
        raise AccessDenied(_("Somebody else has to check your licence."))
    licence = (
        Licence.objects.select_for_update(of=("self",)).select_related("staff").get(pk=licence.pk)
    )
    if licence.withdrawn_at is not None:
        return
    licence.withdrawn_at = timezone.now()
    licence.save(update_fields=["withdrawn_at", "updated_at"])
    _book_licence(ClearanceEvent.LICENCE_WITHDRAWN, licence, actor)
    _reckon_one(licence.staff)


def _book_licence(event: ClearanceEvent, licence: Licence, actor: User) -> None:
    audit.record(
        event,
        actor=actor,
        target=f"staff:{licence.staff.staff_no}",
        detail={"kind": licence.kind, "until": licence.expires_on.isoformat()},
    )


# --- looking after -----------------------------------------------------------------------------


@transaction.atomic
def open_overview(*, viewer: User) -> list[tuple[User, Standing]]:
    """Everybody of the clinic who works here, and where they stand; who lacks something first."""
    staff = list(
        User.objects.filter(clinic_id=viewer.clinic_id, is_active=True).order_by("staff_no")
    )
    found = selectors.standings(staff)
    audit.record(ClearanceEvent.OVERVIEW, actor=viewer, detail={"accounts": len(staff)})
    rows = [(person, found[person.pk]) for person in staff]
    return sorted(rows, key=lambda row: row[1].cleared_until or date.min)


@transaction.atomic
def look_after() -> tuple[int, int]:
    """Every day: clearances reckoned anew, reminders made and dropped (S10).

    Out: (accounts whose clearance changed, new reminders). The gate itself needs no job: it
    compares days with every request.
    """
    changed = _reckon(_everybody())
    made = _remind()
    if changed or made:
        audit.record(
            ClearanceEvent.LOOKED_AFTER,
            process="clearance",
            detail={"changed": changed, "reminders": made},
        )
    return changed, made


def _remind() -> int:
    """Reminders for what lapses within 30 and 7 days; those for what was renewed go."""
    staff = list(User.objects.filter(is_active=True))
    today, made = timezone.localdate(), 0
    due: set[tuple[UUID, str, date]] = set()
    for pk, found in selectors.standings(staff).items():
        for line in found.lines:
            days = rules.reminder(line.until, today)
            if days is None or line.until is None:
                continue
            due.add((pk, line.item, line.until))
            _row, new = Reminder.objects.get_or_create(
                staff_id=pk, item=line.item, lapses_on=line.until, days=days
            )
            made += new
    kept = Reminder.objects.all()
    stale = [row.pk for row in kept if (row.staff_id, row.item, row.lapses_on) not in due]
    Reminder.objects.filter(pk__in=stale).delete()
    return made
