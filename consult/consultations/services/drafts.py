"""Drafts: begun, saved every few seconds, shared by colleagues without losing a word."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from consult.consultations import rules
from consult.consultations.events import ConsultationEvent
from consult.consultations.models import Consultation, Turn
from consult.consultations.notices import CURRENT
from consult.consultations.services.texts import NewTurn, stored
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.pseudonyms.models import key_scope

OUTCOME_FIELDS = ("consultation.keyword", "consultation.note", "consultation.unsent")
CODES = (
    "channel", "started_at", "source", "need_clarity", "disposition", "next_step",
    "next_contact_at",
)  # fmt: skip


def check_writer(actor: User) -> None:
    """Raises: AccessDenied unless the role may write consultations."""
    if not can(actor, Permission.WRITE_CONSULTATION):
        raise AccessDenied(_("Your role does not write consultations."))


@transaction.atomic
def start_draft(
    *,
    patient: Patient,
    actor: User,
    channel: str,
    started_at: datetime | None = None,
    turns: Sequence[NewTurn] = (),
    notice: bool = False,
) -> Consultation:
    """Begin a record; ``started_at`` (aware) defaults to the first message's time, then to now.

    In: ``notice`` whether the patient was told at the start that the talk is confidential; the
    edition in force is kept beside the record (S18).

    Raises: AccessDenied for roles that do not write consultations.
    """
    check_writer(actor)
    first = next((turn.said_at for turn in turns if turn.said_at), None)
    draft = Consultation(
        patient=patient,
        consultant=actor,
        channel=channel,
        started_at=started_at or first or timezone.now(),
        notice_version=CURRENT.version if notice else None,
        edited_by=actor,
        edited_at=timezone.now(),
    )
    draft.clean_fields(exclude=["patient", "consultant", "edited_by"])
    draft.save()
    append(draft, turns)
    audit.record(
        ConsultationEvent.DRAFT_STARTED,
        actor=actor,
        subjects=[patient],
        fields=["turn.text", "turn.label"] if turns else [],
        target=draft.target,
        detail={
            "turns": len(turns),
            "covered": sum(turn.covered for turn in turns),
            "notice": draft.notice_version or 0,
        },
    )
    return draft


def append(draft: Consultation, turns: Sequence[NewTurn]) -> list[Turn]:
    """Put turns at the end of the talk; the caller holds the draft's lock.

    Raises: DomainError if the talk would pass MOST_TURNS.
    """
    last = draft.turns.aggregate(last=Max("position"))["last"]
    start = 0 if last is None else last + 1
    if start + len(turns) > rules.MOST_TURNS:
        raise DomainError(
            _("A record holds %(limit)d messages at most. Begin a second record for the rest.")
            % {"limit": rules.MOST_TURNS}
        )
    rows = [
        Turn(
            consultation=draft,
            position=position,
            speaker=turn.speaker,
            said_at=turn.said_at,
            label=turn.label,
            text=turn.text,
            covered=turn.covered,
        )
        for position, turn in enumerate(turns, start)
    ]
    with key_scope():
        return Turn.objects.bulk_create(rows, batch_size=500)


def lock_draft(draft: Consultation, *, actor: User) -> Consultation:
    """The draft as it is now, locked until the transaction ends.

    Raises: AccessDenied for roles that do not write; Conflict if it was submitted or discarded.
    """
    check_writer(actor)
    found = (
        Consultation.objects.select_for_update(of=("self",))
        .select_related("patient__subject", "edited_by")
        .filter(pk=draft.pk)
        .first()
    )
    if found is None:
        raise Conflict(_("This draft was discarded meanwhile. Copy what you typed before leaving."))
    if not found.is_draft:
        raise Conflict(
            _("This record was submitted meanwhile. Add what is missing as an addendum.")
        )
    return found


def refuse_stale(draft: Consultation, *, actor: User) -> None:
    """Raises: Conflict that says who changed the draft, and when (clinic time)."""
    clock = timezone.localtime(draft.edited_at).strftime("%H:%M") if draft.edited_at else ""
    if draft.edited_by_id == actor.pk:
        raise Conflict(
            _("You changed this draft at %(clock)s in another window.") % {"clock": clock}
        )
    raise Conflict(
        _("%(name)s changed this draft at %(clock)s.") % {"name": draft.edited_by, "clock": clock}
    )


def touch(draft: Consultation, *, actor: User) -> None:
    """Note who edited last; the caller saves."""
    draft.edited_by, draft.edited_at = actor, timezone.now()


@transaction.atomic
def save_outcome(
    *, draft: Consultation, actor: User, version: int, outcome: rules.Outcome
) -> Consultation:
    """Keep the structured result as far as it is filled in; the talk is not touched.

    Out: the draft with its new version.
    Raises: Conflict if somebody saved since ``version``: nothing is overwritten.
    """
    found = lock_draft(draft, actor=actor)
    if found.version != version:
        refuse_stale(found, actor=actor)
    put_outcome(found, outcome, actor=actor)
    audit.record(
        ConsultationEvent.DRAFT_SAVED,
        actor=actor,
        subjects=[found.patient],
        fields=OUTCOME_FIELDS,
        target=found.target,
        detail={"version": found.version},
    )
    return found


def put_outcome(draft: Consultation, outcome: rules.Outcome, *, actor: User) -> None:
    """Write the result into a locked draft, texts covered, and count the version up.

    Raises: DomainError if a text is longer than its field takes.
    """
    if rules.length_findings(outcome):
        raise DomainError(_("A text is too long to be saved."))
    for name in CODES:
        setattr(draft, name, getattr(outcome, name))
    draft.channel = outcome.channel or draft.channel
    draft.worries, draft.explained = list(outcome.worries), list(outcome.explained)
    draft.keyword = stored(outcome.keyword)[0]
    draft.note = stored(outcome.note)[0]
    draft.unsent = stored(outcome.unsent)[0]
    draft.version += 1
    touch(draft, actor=actor)
    draft.save()


@transaction.atomic
def discard_draft(*, draft: Consultation, actor: User) -> None:
    """Throw a draft away, such as one begun for the wrong patient. Only its author may.

    Raises: AccessDenied for others; Conflict if it was submitted meanwhile.
    """
    found = lock_draft(draft, actor=actor)
    if found.consultant_id != actor.pk:
        raise AccessDenied(_("Only the person who began a draft may discard it."))
    count = found.turns.count()
    audit.record(
        ConsultationEvent.DRAFT_DISCARDED,
        actor=actor,
        subjects=[found.patient],
        target=found.target,
        detail={"turns": count},
    )
    found.delete()
