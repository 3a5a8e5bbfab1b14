"""Setting a recorded talk right before it is locked: who spoke, what was said, in which order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from consult.consultations import rules
from consult.consultations.choices import Speaker
from consult.consultations.events import ConsultationEvent
from consult.consultations.models import Consultation, Turn
from consult.consultations.services.drafts import append, lock_draft, touch
from consult.consultations.services.texts import NewTurn, hand_written
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import Conflict, DomainError
from privacy.receipts import Receipt

TALK_FIELDS = ("turn.text", "turn.label")
_PARTS = re.compile(r"\n[^\S\n]*\n\s*")


class TurnChanged(Conflict):
    """Somebody changed (``is_there``) or removed this very turn.

    It carries no words and no receipt: the event of the attempt is rolled back with it, so who
    shows the other person's words opens the turn anew, and that look is booked.
    """

    def __init__(self, text: str, *, is_there: bool) -> None:
        super().__init__(text)
        self.is_there = is_there


@dataclass(frozen=True, slots=True)
class Talk:
    """A talk after a change, and the leave to show it.

    ``shown``: turns that are new or different; the last ``news`` of them are new rows.
    """

    draft: Consultation
    receipt: Receipt
    shown: Sequence[Turn]
    news: int = 0
    gone: Sequence[UUID] = ()

    @property
    def redrawn(self) -> Sequence[Turn]:
        return self.shown[: len(self.shown) - self.news]

    @property
    def inserted(self) -> Sequence[Turn]:
        """New rows behind the last redrawn one."""
        return self.shown[len(self.shown) - self.news :]


def _open(draft: Consultation, *, actor: User, act: str) -> tuple[Consultation, Receipt]:
    found = lock_draft(draft, actor=actor)
    receipt = audit.record(
        ConsultationEvent.TALK_CHANGED,
        actor=actor,
        subjects=[found.patient],
        fields=TALK_FIELDS,
        target=found.target,
        detail={"act": act},
    )
    return found, receipt


def _close(draft: Consultation, *, actor: User) -> None:
    draft.talk_version += 1
    touch(draft, actor=actor)
    draft.save(update_fields=["talk_version", "edited_by", "edited_at", "updated_at"])


def _turn(draft: Consultation, turn_id: UUID, seen: datetime) -> Turn:
    """One turn of the locked talk, if it still stands as it was ``seen``."""
    found = draft.turns.filter(pk=turn_id).first()
    if found is None:
        gone = _("This message was removed by somebody else. Your text is still here.")
        raise TurnChanged(gone, is_there=False)
    if found.updated_at != seen:
        changed = _("%(name)s changed this message meanwhile. Compare, then save again.")
        raise TurnChanged(changed % {"name": draft.edited_by}, is_there=True)
    return found


@transaction.atomic
def add_turns(
    *, draft: Consultation, actor: User, turns: Sequence[NewTurn], from_unsent: bool = False
) -> Talk:
    """Put turns at the end of the talk; two people adding at once both succeed.

    ``from_unsent``: the words were the draft's unsent sentence, which is thereby used up.
    """
    found, receipt = _open(draft, actor=actor, act="add")
    rows = append(found, turns)
    if from_unsent:
        found.unsent = None
        found.save(update_fields=["unsent"])
    _close(found, actor=actor)
    return Talk(found, receipt, rows, news=len(rows))


@transaction.atomic
def edit_turn(
    *, draft: Consultation, actor: User, turn_id: UUID, seen: datetime, speaker: str, text: str
) -> Talk:
    """Correct one turn's words or side.

    Raises: TurnChanged if it is not as ``seen``; DomainError for an empty or too long text.
    """
    found, receipt = _open(draft, actor=actor, act="edit")
    turn = _turn(found, turn_id, seen)
    _put(turn, hand_written(speaker=speaker, text=text))
    turn.save()
    _close(found, actor=actor)
    return Talk(found, receipt, [turn])


def _put(turn: Turn, words: NewTurn) -> None:
    turn.speaker, turn.text = words.speaker, words.text
    turn.covered += words.covered
    if words.speaker == Speaker.PATIENT:
        turn.label = None


@transaction.atomic
def split_turn(
    *, draft: Consultation, actor: User, turn_id: UUID, seen: datetime, speaker: str, text: str
) -> Talk:
    """Make several turns of one, cut where ``text`` has an empty line.

    Raises: DomainError if there is no empty line; TurnChanged if it is not as ``seen``.
    """
    found, receipt = _open(draft, actor=actor, act="split")
    turn = _turn(found, turn_id, seen)
    parts = [part for part in _PARTS.split(rules.plain_text(text.replace("\r\n", "\n"))) if part]
    if len(parts) <= 1:
        raise DomainError(_("Put an empty line where the message should be split."))
    label = turn.label.reveal(receipt) if turn.label else ""
    later = found.turns.filter(position__gt=turn.position)
    later.update(position=F("position") + len(parts) - 1)
    _put(turn, hand_written(speaker=speaker, text=parts[0]))
    turn.save()
    words = [
        hand_written(speaker=speaker, text=part, said_at=turn.said_at, label=label)
        for part in parts[1:]
    ]
    rows = [
        Turn(
            consultation=found, position=position, speaker=one.speaker, said_at=one.said_at,
            label=one.label, text=one.text, covered=one.covered,
        )
        for position, one in enumerate(words, turn.position + 1)
    ]  # fmt: skip
    Turn.objects.bulk_create(rows)
    _close(found, actor=actor)
    return Talk(found, receipt, [turn, *rows], news=len(rows))


@transaction.atomic
def merge_turn(*, draft: Consultation, actor: User, turn_id: UUID, seen: datetime) -> Talk:
    """Join a turn to the one before it; the earlier one's side and time are kept.

    Raises: DomainError for the first turn; TurnChanged if it is not as ``seen``.
    """
    found, receipt = _open(draft, actor=actor, act="merge")
    turn = _turn(found, turn_id, seen)
    before = found.turns.filter(position__lt=turn.position).last()
    if before is None or before.text is None or turn.text is None:
        raise DomainError(_("There is no message before this one."))
    joined = f"{before.text.reveal(receipt)}\n{turn.text.reveal(receipt)}"
    _put(before, hand_written(speaker=before.speaker, text=joined))
    before.covered += turn.covered
    turn.delete()
    before.save()
    _close(found, actor=actor)
    return Talk(found, receipt, [before], gone=[turn_id])


@transaction.atomic
def remove_turn(*, draft: Consultation, actor: User, turn_id: UUID, seen: datetime) -> Talk:
    """Take a turn out of the draft, such as a system line of the export.

    Raises: TurnChanged if it is not as ``seen``.
    """
    found, receipt = _open(draft, actor=actor, act="remove")
    _turn(found, turn_id, seen).delete()
    _close(found, actor=actor)
    return Talk(found, receipt, [], gone=[turn_id])


@transaction.atomic
def name_speaker(*, draft: Consultation, actor: User, turn_id: UUID, speaker: str) -> Talk:
    """Say which side a name of the paste is on: all turns under the same name follow.

    Raises: TurnChanged if the turn that shows the name is gone.
    """
    found, receipt = _open(draft, actor=actor, act="name")
    turns = list(found.turns.all())
    asked = next((turn for turn in turns if turn.pk == turn_id), None)
    if asked is None:
        raise TurnChanged(_("This message was removed by somebody else."), is_there=False)
    name = asked.label.reveal(receipt) if asked.label else None
    same = [asked] if name is None else [
        turn for turn in turns if turn.label is not None and turn.label.reveal(receipt) == name
    ]  # fmt: skip
    for turn in same:
        turn.speaker = speaker
        if speaker == Speaker.PATIENT:
            turn.label = None
        turn.save(update_fields=["speaker", "label", "updated_at"])
    _close(found, actor=actor)
    return Talk(found, receipt, same)
