"""What people typed or pasted, on its way to being stored: personal numbers are covered first.

No raw text leaves this module towards the database; whoever stores words takes them from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from consult.consultations import rules
from consult.consultations.choices import Speaker
from crm.staff.models import User
from crm.staff.selectors import colleagues_of
from privacy.errors import DomainError
from privacy.minimisation.finding import find
from privacy.minimisation.rules import cover
from privacy.minimisation.spans import Kind

NAMING = frozenset({Kind.NAME, Kind.ADDRESS})
LOOKED_THROUGH, MOST_NAMED = 20_000, 12  # characters; so many names make a hint, not a list


class PasteRefused(DomainError):
    """A paste that cannot be taken as it is; ``no_turns`` if it may be kept as one turn."""

    def __init__(self, text: str, *, no_turns: bool = False) -> None:
        super().__init__(text)
        self.no_turns = no_turns


@dataclass(frozen=True, slots=True)
class NewTurn:
    """Words ready to be stored: covered, with how many numbers were hidden."""

    speaker: str
    text: str
    label: str = ""
    said_at: datetime | None = None
    covered: int = 0


def stored(text: str) -> tuple[str, int]:
    """``text`` as it may be stored, and how many personal numbers were covered in it (S12)."""
    done = cover(rules.plain_text(text))
    return done.text, sum(done.counts.values())


def found_in(text: str) -> Mapping[Kind, int]:
    """How many personal numbers of each kind would be covered; nothing is stored."""
    return cover(rules.plain_text(text)).counts


def people_in(text: str) -> list[str]:
    """Names and addresses in ``text`` as they are written, each once; nothing is stored.

    They are left as they are, for a name may be a doctor's: whoever types decides. Only the
    beginning of a long text is looked through.
    """
    words = rules.plain_text(text[:LOOKED_THROUGH])
    found = (words[one.start : one.end] for one in find(words) if one.type in NAMING)
    return list(dict.fromkeys(found))[:MOST_NAMED]


def hand_written(
    *, speaker: str, text: str, said_at: datetime | None = None, label: str = ""
) -> NewTurn:
    """One turn as somebody typed it.

    Raises: DomainError if it is empty or longer than LONGEST_TURN.
    """
    words, covered = stored(text)
    if not words:
        raise DomainError(_("Write what was said."))
    if len(words) > rules.LONGEST_TURN:
        raise DomainError(
            _("One message holds %(limit)d characters at most. Split it in two.")
            % {"limit": rules.LONGEST_TURN}
        )
    name = "" if speaker == Speaker.PATIENT else stored(label)[0]
    return NewTurn(speaker, words, name, said_at, min(covered, 32_767))


def one_turn(text: str) -> list[NewTurn]:
    """A paste kept as it is, in as few turns as its length allows."""
    _check_size(text)
    return _in_pieces(text, speaker=Speaker.UNKNOWN)


def _in_pieces(
    text: str, *, speaker: str, said_at: datetime | None = None, label: str = ""
) -> list[NewTurn]:
    """One turn, or several where the text is longer than one may be.

    Covered as a whole before it is cut: a number across the cut would be none in either half.
    """
    words, covered = stored(text)
    pieces = [
        words[at : at + rules.LONGEST_TURN] for at in range(0, len(words), rules.LONGEST_TURN)
    ]
    turns = [
        hand_written(speaker=speaker, text=piece, said_at=said_at, label=label)
        for piece in pieces
        if piece.strip()
    ]
    if turns:
        total = turns[0].covered + covered
        turns[0] = replace(turns[0], covered=min(total, 32_767))
    return turns


def read_talk(text: str, *, staff: User, day: date | None) -> list[NewTurn]:
    """The turns of a pasted chat, covered (S21, S27). Times are taken as clinic time.

    In: ``day`` of the talk where the paste shows only clock times; None: today.
    Raises: PasteRefused if it is too large, or no turns are recognised.
    """
    today = timezone.localdate()
    names = [one.display_name for one in colleagues_of(staff)]
    found = rules.read_paste(text, today=today, day=day or today, staff_names=names)
    if isinstance(found, rules.Finding):
        _check_size(text)
        raise PasteRefused(
            _("No messages were recognised: no line looks like a name and a time."),
            no_turns=bool(text.strip()),
        )
    if len(found.turns) >= rules.MOST_TURNS:
        raise PasteRefused(
            _("This holds more than %(limit)d messages. Paste the talk in parts.")
            % {"limit": rules.MOST_TURNS}
        )
    turns = one_turn(found.leftover) if found.leftover else []
    for turn in found.turns:
        turns += _turn_pieces(turn)
    return turns


def _turn_pieces(turn: rules.Turn) -> list[NewTurn]:
    """A message as one turn, or as several where it is longer than one may be."""
    moment = timezone.make_aware(turn.moment) if turn.moment else None
    return _in_pieces(turn.text, speaker=turn.speaker.value, said_at=moment, label=turn.label)


def _check_size(text: str) -> None:
    if len(text.encode("utf-8", "surrogatepass")) > rules.LARGEST_PASTE_BYTES:
        raise PasteRefused(
            _("This paste is larger than 2 MB. Paste the talk in parts; nothing was stored.")
        )
