"""Giving, refusing, pausing, resuming, withdrawing. Each binds from its commit (R7)."""

from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.consent.events import ConsentTrailEvent
from privacy.consent.models import (
    Channel,
    ConsentEntry,
    ConsentState,
    ConsentText,
    Manner,
    Purpose,
)
from privacy.consent.rules import ENDED, Answer, after, may_follow, resumes
from privacy.consent.selectors import outdated
from privacy.consent.signals import consent_changed
from privacy.consent.texts import TEXTS
from privacy.errors import Conflict, DomainError
from privacy.receipts import SubjectRef

TEXTS_PROCESS: Final = "consent-texts"
_EVENTS = {
    Answer.GRANTED: ConsentTrailEvent.GRANTED,
    Answer.REFUSED: ConsentTrailEvent.REFUSED,
    Answer.WITHDRAWN: ConsentTrailEvent.WITHDRAWN,
    Answer.PAUSED: ConsentTrailEvent.PAUSED,
}


class AnswerOutOfOrder(DomainError):
    """The ledger cannot go from the present answer to this one."""


class TextMissing(DomainError):
    """A grant without the text it was given on, or on the text of another purpose."""


@transaction.atomic
def record_answer(  # noqa: PLR0913 - one argument a column of the ledger, all by keyword
    *,
    subject: SubjectRef,
    purpose: Purpose,
    channel: Channel,
    answer: Answer,
    actor: Actor | None,
    manner: Manner = Manner.SPOKEN,
    text: ConsentText | None = None,
    paused_until: datetime | None = None,
    unasked: bool = False,
) -> ConsentState:
    """Write one answer to the ledger and make it the present one.

    In: ``text`` is what the patient was shown; a grant must name it (R5), except that resuming
    a paused consent keeps the text it was given on, and its end. ``paused_until`` is an aware
    moment, or None for "until the patient says otherwise". ``actor`` None: the patient.
    ``unasked``: a yes that nobody asked for (R8).
    Raises: AnswerOutOfOrder if the present answer does not allow this one; TextMissing if a
        grant names no text of this purpose; Conflict if two people answered for the same patient
        at the same moment.
    Source: PIPL 14-16; R4-R7; S74.
    """
    states = ConsentState.objects.select_for_update()
    state = states.filter(subject_id=subject.pk, purpose=purpose, channel=channel).first()
    before = Answer(state.status) if state else None
    if not may_follow(before, answer):
        raise AnswerOutOfOrder(_("This does not follow from the present answer of the patient."))
    resumed = answer == Answer.GRANTED and _can_resume(state)
    if answer == Answer.GRANTED:
        text = text or _text_given_on(state)
        if text is None or text.purpose != purpose:
            raise TextMissing(_("A consent names the text that the patient was shown."))
    entry = ConsentEntry.objects.create(
        subject_id=subject.pk,
        purpose=purpose,
        channel=channel,
        answer=answer,
        paused_until=paused_until if answer == Answer.PAUSED else None,
        text=text,
        text_sha256=text.sha256 if text else "",
        manner=manner,
        unasked=unasked and answer == Answer.GRANTED,
        operator_id=actor.pk if actor else None,
    )
    state = _project(state, entry)
    _book(entry, subject, actor, resumed=resumed)
    consent_changed.send(sender=ConsentState, state=state)
    return state


def _can_resume(state: ConsentState | None) -> bool:
    """Paused, and not ended by itself in the meantime: then it has to be asked for anew."""
    return resumes(state.standing if state else None, timezone.now())


def _text_given_on(state: ConsentState | None) -> ConsentText | None:
    """The text of the consent that is being resumed; None if there is none to resume."""
    if state is None or not _can_resume(state):
        return None
    granted = ConsentEntry.objects.filter(
        subject_id=state.subject_id,
        purpose=state.purpose,
        channel=state.channel,
        answer=Answer.GRANTED,
    ).select_related("text")
    last = granted.order_by("created_at", "pk").last()
    return last.text if last else None


def _book(entry: ConsentEntry, subject: SubjectRef, actor: Actor | None, *, resumed: bool) -> None:
    audit.record(
        ConsentTrailEvent.RESUMED if resumed else _EVENTS[Answer(entry.answer)],
        actor=actor,
        process="" if actor else "patient",
        subjects=[subject],
        purpose=entry.purpose,
        target=f"consent:{entry.purpose}/{entry.channel}",
        detail={"manner": entry.manner, "text": entry.text_sha256[:16]}
        | ({"unasked": 1} if entry.unasked else {}),
    )


def _project(state: ConsentState | None, entry: ConsentEntry) -> ConsentState:
    """The present answer, by the rule that the nightly comparison folds the ledger with."""
    now = after(
        state.standing if state else None,
        purpose=entry.purpose,
        line=entry.answer,
        paused_until=entry.paused_until,
        at=entry.created_at,
    )
    if state is None:
        state = ConsentState(
            subject_id=entry.subject_id, purpose=entry.purpose, channel=entry.channel
        )
    state.status, state.paused_until = now.status, now.paused_until
    state.expires_at = now.expires_at
    try:
        with transaction.atomic():
            state.save()
    except IntegrityError as error:
        raise Conflict(_("Somebody else has just recorded this answer. Please look again.")) from (
            error
        )
    return state


@transaction.atomic
def end_consent(*, subject: SubjectRef, state: ConsentState, process: str) -> ConsentState:
    """End a consent because what its text promised as its end has come. Nobody withdraws it.

    In: ``state`` under the caller's lock, a consent that stands. Messages are not told: they ask
    the cell when they leave.
    """
    entry = ConsentEntry.objects.create(
        subject_id=subject.pk, purpose=state.purpose, channel=state.channel, answer=ENDED
    )
    state = _project(state, entry)
    audit.record(
        ConsentTrailEvent.ENDED,
        process=process,
        subjects=[subject],
        purpose=entry.purpose,
        target=f"consent:{entry.purpose}/{entry.channel}",
    )
    return state


def end_outdated(limit: int) -> int:
    """End what was agreed to in words that mean something else now (R6). Returns how many.

    The dispatcher does not wait for this; screens and calls see it from here on.
    """
    count = 0
    for key in list(outdated().values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            cells = outdated().select_for_update(skip_locked=True, of=("self",))
            # None of them if somebody answers just now.
            for state in cells.select_related("subject").filter(pk=key):
                end_consent(subject=state.subject, state=state, process=TEXTS_PROCESS)
                count += 1
    return count


@transaction.atomic
def stop_all_contact(*, subject: SubjectRef, actor: Actor | None, pause: bool = False) -> int:
    """One tap: withdraw (or pause) every consent to contact that stands (S74).

    Pausing takes in pauses that have an end, or have reached it: contact would begin again.

    Returns: how many cells changed. Care itself is not touched (R3).
    """
    standing = Q(status=Answer.GRANTED)
    standing |= Q(status=Answer.PAUSED, **({"paused_until__isnull": False} if pause else {}))
    states = (
        ConsentState.objects.select_for_update()
        .filter(standing, subject_id=subject.pk)
        .exclude(channel=Channel.NONE)
        .order_by("pk")
    )
    cells = [(Purpose(state.purpose), Channel(state.channel)) for state in states]
    for purpose, channel in cells:
        record_answer(
            subject=subject,
            purpose=purpose,
            channel=channel,
            answer=Answer.PAUSED if pause else Answer.WITHDRAWN,
            actor=actor,
        )
    return len(cells)


@transaction.atomic
def ensure_consent_texts() -> int:
    """Lay down every text of ``texts.TEXTS`` that the database does not hold yet.

    Returns: how many were added. A version once laid down is never changed here (R5).
    """
    added = 0
    for purpose, language, version, body in TEXTS:
        _text, made = ConsentText.objects.get_or_create(
            purpose=purpose, language=language, version=version, defaults={"body": body}
        )
        added += made
    return added
