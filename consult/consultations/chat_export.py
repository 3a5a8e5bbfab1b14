"""Recognise a pasted chat export as turns, losing nothing.

Forms met: WeCom and WeChat copies, 商务通-like web chat, QQ, "[time] name: text",
"name time" with the text below, "name: text"; Chinese and English (S21, S27).

Promise: leftovers, then every turn's heading and text in order, spell the paste again (white
space aside). Time is linear in the paste: one bounded match per line, two passes.
"""

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from consult.consultations.chat_lines import Heading, Shape, Stamp, read_heading, shadow_of
from consult.consultations.speakers import Speaker, guess, names_a_speaker

TWICE = 2  # a name seen twice as a heading is a speaker; once may be chance
HALF_A_DAY = timedelta(hours=12)  # 23:58 then 00:03 is the next day; 09:05 then 09:04 is disorder


@dataclass(frozen=True, slots=True)
class Turn:
    """One person's message.

    ``label``: the name as it stood there. ``moment``: naive clinic-local time, None when no
    date is known. ``heading``: the raw part of the paste that was read as name and time.
    """

    label: str
    speaker: Speaker
    moment: datetime | None
    text: str
    heading: str


@dataclass(frozen=True, slots=True)
class ChatExport:
    """What was recognised. ``leftover`` is the text before the first turn (all of it if none)."""

    turns: tuple[Turn, ...]
    leftover: str
    without_moment: int = 0
    out_of_order: int = 0

    @property
    def recognised(self) -> bool:
        return bool(self.turns)

    @property
    def unknown_labels(self) -> tuple[str, ...]:
        """Names whose side is not known, in order of appearance; staff are asked about these."""
        return tuple(dict.fromkeys(t.label for t in self.turns if t.speaker is Speaker.UNKNOWN))


@dataclass(slots=True)
class _Draft:
    """A turn while its lines are being gathered."""

    heading: list[str]
    label: str = ""
    stamps: list[Stamp] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def read_chat_export(
    text: str, *, today: date, day: date | None = None, staff_names: Collection[str] = ()
) -> ChatExport:
    """Turn a paste into turns.

    ``today`` resolves 昨天 and dates without a year; ``day`` is the day of the talk where the
    headings show only a time. ``staff_names`` help to tell the sides apart. Never raises;
    a paste without recognisable turns comes back whole in ``leftover``.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    lines, shadows = plain.split("\n"), shadow_of(plain).split("\n")
    candidates = [read_heading(line, shadow) for line, shadow in zip(lines, shadows, strict=True)]
    headings = _accepted(lines, candidates, staff_names)
    gatherer = _Gatherer(headings)
    for line, heading in zip(lines, headings, strict=True):
        gatherer.take(line, heading)
    gatherer.finish()
    drafts = gatherer.drafts
    moments = _moments(drafts, today=today, day=day)
    sides = _sides(dict.fromkeys(draft.label for draft in drafts), staff_names)
    turns = tuple(
        Turn(draft.label, sides[draft.label], moment, _joined(draft.lines), _joined(draft.heading))
        for draft, moment in zip(drafts, moments, strict=True)
    )
    known = [moment for moment in moments if moment is not None]
    return ChatExport(
        turns=turns,
        leftover=_joined(gatherer.leftover),
        without_moment=len(moments) - len(known),
        out_of_order=sum(later < earlier for earlier, later in itertools.pairwise(known)),
    )


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip()


def _accepted(
    lines: Sequence[str], candidates: Sequence[Heading | None], staff_names: Collection[str]
) -> list[Heading | None]:
    """Keep the candidates that are headings; the rest is text that only looks like one."""
    counted = Counter(heading.label for heading in candidates if heading and heading.timed)
    written = Counter(c.label for c in candidates if c and c.shape is Shape.COLON)
    labels = counted.keys() | written.keys()
    trusted = {label for label in labels if names_a_speaker(label, staff_names)}
    sided = {label for label in labels if guess(label, staff_names) is not Speaker.UNKNOWN}
    repeated = {label for label, count in written.items() if count >= TWICE}
    talkers = trusted | (repeated if trusted & written.keys() or len(repeated) >= TWICE else set())
    timed = trusted | {label for label, count in counted.items() if count >= TWICE}
    bodies = _bodies(lines, candidates)
    accepted: list[Heading | None] = []
    seen_time = False
    for heading, body in zip(candidates, bodies, strict=True):
        keep = heading is not None and _is_heading(
            heading, body=body, timed=timed | sided, trusted=trusted
        )
        if heading is not None and heading.shape is Shape.COLON:
            keep = not seen_time and heading.label in talkers
        seen_time = seen_time or (keep and heading is not None and heading.timed)
        accepted.append(heading if keep else None)
    return accepted


def _bodies(lines: Sequence[str], candidates: Sequence[Heading | None]) -> list[bool]:
    """For each line: is the next line that is not blank a plain one, so a message could follow?"""
    bodies = [False] * len(lines)
    plain_follows = False
    for index in range(len(lines) - 1, -1, -1):
        bodies[index] = plain_follows
        if lines[index].strip():
            candidate = candidates[index]
            plain_follows = candidate is None or candidate.shape is Shape.COLON
    return bodies


def _is_heading(
    heading: Heading, *, body: bool, timed: Collection[str], trusted: Collection[str]
) -> bool:
    """Whether a timed candidate is a heading.

    A full date with a message below it convinces by itself; a time alone ("我约了 09:00") only
    beside a name that is known or comes again. Text right behind the time needs a sure name.
    """
    if heading.shape is Shape.STAMP:
        return True
    if heading.shape is Shape.RUN_ON:
        return heading.label in trusted
    dated = heading.stamp is not None and heading.stamp.dated
    if heading.label in timed:
        return True
    return dated and (body or heading.shape is Shape.INLINE)


class _Gatherer:
    """Shares the lines out to turns, in order."""

    def __init__(self, headings: Sequence[Heading | None]) -> None:
        stamped = [h.stamp for h in headings if h and h.timed and h.stamp]
        self._timed = bool(stamped)
        self._dated = any(stamp.dated for stamp in stamped)
        self.leftover: list[str] = []
        self.drafts: list[_Draft] = []
        self._waiting: list[str] = []
        self._stamps: list[Stamp] = []

    def take(self, line: str, heading: Heading | None) -> None:
        """Give one line its place."""
        if heading is None or (heading.shape is Shape.STAMP and self._is_text(heading)):
            self._take_text(line)
        elif heading.shape is Shape.STAMP:
            self._waiting.append(line)
            self._stamps.extend([heading.stamp] if heading.stamp else [])
        else:
            own = [*self._stamps, *([heading.stamp] if heading.stamp else [])]
            draft = _Draft([*self._waiting, line[: heading.end]], heading.label, own)
            draft.lines.append(line[heading.end :])
            self.drafts.append(draft)
            self._waiting, self._stamps = [], []

    def finish(self) -> None:
        """A date at the very end belongs to nobody's heading: it is text."""
        self._here.extend(self._waiting)

    @property
    def _here(self) -> list[str]:
        return self.drafts[-1].lines if self.drafts else self.leftover

    def _is_text(self, heading: Heading) -> bool:
        """Whether a lonely date or time is an answer ("几点方便？" "14:30") and not a divider.

        It is when it would be all that its turn says, or when headings bring their own times.
        """
        if self.drafts and not _joined(self.drafts[-1].lines):
            return True
        dated = heading.stamp is not None and heading.stamp.dated
        return self._dated or (self._timed and not dated)

    def _take_text(self, line: str) -> None:
        if self._waiting and not line.strip():
            self._waiting.append(line)
            return
        self._here.extend([*self._waiting, line])
        self._waiting = []


def _moments(drafts: Iterable[_Draft], *, today: date, day: date | None) -> list[datetime | None]:
    """The moment of each turn; a date once read holds until the next, midnight moves it on."""
    moments: list[datetime | None] = []
    current, last = day, None
    for draft in drafts:
        at: time | None = None
        fresh = False
        for stamp in draft.stamps:
            named = stamp.on(today)
            current, fresh = (named, True) if named else (current, fresh)
            at = stamp.at or at
        if current is None or at is None:
            moments.append(None)
            continue
        moment = datetime.combine(current, at)
        if not fresh and last is not None and last - moment > HALF_A_DAY:
            moment += timedelta(days=1)
            current = moment.date()
        last = moment
        moments.append(moment)
    return moments


def _sides(labels: Iterable[str], staff_names: Collection[str]) -> dict[str, Speaker]:
    """The side of each name; of two names one of which is known, the other is the other side."""
    sides = {label: guess(label, staff_names) for label in labels}
    unknown = [label for label, side in sides.items() if side is Speaker.UNKNOWN]
    known = set(sides.values()) - {Speaker.UNKNOWN}
    if len(unknown) == 1 and len(known) == 1:
        other = {Speaker.STAFF: Speaker.PATIENT, Speaker.PATIENT: Speaker.STAFF}
        sides[unknown[0]] = other[known.pop()]
    return sides
