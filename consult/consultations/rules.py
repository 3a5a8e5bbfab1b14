"""What makes a consultation record complete, and how much of it we take."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from consult.consultations.chat_export import ChatExport, Turn, read_chat_export
from consult.consultations.speakers import Speaker

__all__ = ["ChatExport", "Speaker", "Turn", "read_chat_export", "read_paste"]

# A long consulting day is some 2,000 messages or 300 kB. 2 MB is more than any one talk and is
# still read in a fraction of a second; whatever is larger is a file and goes to the import.
LARGEST_PASTE_BYTES = 2 * 1024 * 1024
# A page with more turns than this cannot be checked by eye before it is locked.
MOST_TURNS = 3_000
# WeChat cuts a message at 2,048 characters or so; voice transcripts and letters run longer.
LONGEST_TURN = 20_000
# A search phrase or a page's address; notes and addenda are paragraphs.
LONGEST_KEYWORD = 300
LONGEST_NOTE = 4_000
LONGEST_ADDENDUM = 4_000


CONTACT_AGAIN = "contact_again"  # the one next step that is empty without a moment
_MANDATORY = ("channel", "started_at", "source", "worries", "disposition", "next_step")


class Disposition(StrEnum):
    """Where the patient goes from here; mandatory, "unknown" is an honest answer (S37, S38)."""

    REFER_TO_VISIT = "refer_to_visit"
    EMERGENCY = "emergency"
    SELF_CARE = "self_care"
    UNKNOWN = "unknown"


class Problem(StrEnum):
    """Why a record cannot be taken yet; doors put it into words."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    NOT_A_CHOICE = "not_a_choice"
    TOO_MANY_TURNS = "too_many_turns"
    PASTE_TOO_LARGE = "paste_too_large"
    NO_TURNS = "no_turns"
    LEFT_OVER = "left_over"
    IN_THE_PAST = "in_the_past"
    IN_THE_FUTURE = "in_the_future"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: the field it belongs to, the limit that was passed, the turn (from 0)."""

    field: str
    problem: Problem
    limit: int | None = None
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The structured result beside the talk: codes as the lists have them, texts as typed.

    ``unsent`` is a sentence that was typed but not yet put into the talk.
    """

    channel: str = ""
    started_at: datetime | None = None
    source: str = ""
    keyword: str = ""
    need_clarity: str = ""
    worries: Sequence[str] = ()
    explained: Sequence[str] = ()
    disposition: str = ""
    next_step: str = ""
    next_contact_at: datetime | None = None
    note: str = ""
    unsent: str = ""


def read_paste(
    text: str, *, today: date, day: date | None = None, staff_names: Collection[str] = ()
) -> ChatExport | Finding:
    """Recognise a paste, or say why not; the text itself is never changed or cut (S27).

    A paste without turns gives NO_TURNS: the door keeps the text and offers to type turns.
    """
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_PASTE_BYTES:
        return Finding("paste", Problem.PASTE_TOO_LARGE, LARGEST_PASTE_BYTES)
    export = read_chat_export(text, today=today, day=day, staff_names=staff_names)
    return export if export.recognised else Finding("paste", Problem.NO_TURNS)


def submission_findings(turns: Sequence[str], outcome: Outcome, *, now: datetime) -> list[Finding]:
    """All that keeps a draft from being submitted, in the order of the form (S23, S25, S27, S37).

    ``turns`` are the texts of the talk; ``now`` is aware, as are the moments of ``outcome``.
    """
    findings = _turn_findings(turns)
    if outcome.unsent.strip():
        findings.append(Finding("unsent", Problem.LEFT_OVER))
    findings += [
        Finding(name, Problem.MISSING) for name in _MANDATORY if not getattr(outcome, name)
    ]
    if outcome.disposition and outcome.disposition not in set(Disposition):
        findings.append(Finding("disposition", Problem.NOT_A_CHOICE))
    return findings + _moment_findings(outcome, now) + length_findings(outcome)


def _moment_findings(outcome: Outcome, now: datetime) -> list[Finding]:
    findings = []
    if outcome.started_at and outcome.started_at > now:
        findings.append(Finding("started_at", Problem.IN_THE_FUTURE))
    if outcome.next_step == CONTACT_AGAIN and outcome.next_contact_at is None:
        findings.append(Finding("next_contact_at", Problem.MISSING))
    if outcome.next_contact_at and outcome.next_contact_at <= now:
        findings.append(Finding("next_contact_at", Problem.IN_THE_PAST))
    return findings


def length_findings(outcome: Outcome) -> list[Finding]:
    """Texts that are longer than what they stand for; asked of drafts too."""
    limits = {"keyword": LONGEST_KEYWORD, "note": LONGEST_NOTE, "unsent": LONGEST_TURN}
    return [
        Finding(name, Problem.TOO_LONG, limit)
        for name, limit in limits.items()
        if len(getattr(outcome, name)) > limit
    ]


def plain_text(text: str) -> str:
    """``text`` as it can be stored: lone surrogates shown as \ufffd, no NUL, no blank ends.

    Half a surrogate pair comes out of broken exports and JSON; UTF-8 has no bytes for it.
    """
    return (
        text.encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
        .replace("\x00", "")
        .strip()
    )


def addendum_findings(text: str) -> list[Finding]:
    """An addendum says something, and not a book."""
    if not text.strip():
        return [Finding("addendum", Problem.MISSING)]
    if len(text) > LONGEST_ADDENDUM:
        return [Finding("addendum", Problem.TOO_LONG, LONGEST_ADDENDUM)]
    return []


def _turn_findings(turns: Sequence[str]) -> list[Finding]:
    if not any(turn.strip() for turn in turns):
        return [Finding("turns", Problem.MISSING)]
    findings = []
    if len(turns) > MOST_TURNS:
        findings.append(Finding("turns", Problem.TOO_MANY_TURNS, MOST_TURNS))
    findings += [
        Finding("turns", Problem.TOO_LONG, LONGEST_TURN, turn=index)
        for index, turn in enumerate(turns)
        if len(turn) > LONGEST_TURN
    ]
    return findings
