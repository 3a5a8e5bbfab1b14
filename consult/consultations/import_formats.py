"""Read consultation files: one JSON object a line, UTF-8 or GB18030.

Three shapes: a question with its answer, a dialogue with turns, an intake form with fields. A
bad line becomes a RowError and the rest goes on. Memory does not grow with the file but for
eight bytes or so of each row id, kept to find duplicates.
"""

import codecs
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from consult.consultations.rules import LONGEST_TURN, MOST_TURNS, Speaker

# The longest real dialogue is some 30 kB; a line of a megabyte is not a consultation.
LONGEST_LINE_BYTES = 1024 * 1024
LONGEST_ROW_ID = 100
LONGEST_TITLE = 60
LONGEST_DEPARTMENT = 40
_CHUNK = 1024 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Encoding(StrEnum):
    """How a file is written; the values are Python's codec names."""

    UTF_8 = "utf-8"
    GB18030 = "gb18030"


class RowKind(StrEnum):
    """The shape a row came in."""

    QUESTION = "question"
    DIALOGUE = "dialogue"
    INTAKE = "intake"


class Reason(StrEnum):
    """Why a line was not taken."""

    NOT_TEXT = "not_text"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_ID = "missing_id"
    DUPLICATE_ID = "duplicate_id"
    WRONG_SHAPE = "wrong_shape"
    EMPTY_TEXT = "empty_text"
    TOO_LONG = "too_long"
    UNSTORABLE = "unstorable"


@dataclass(frozen=True, slots=True)
class Survey:
    """What a first pass saw: ``lines`` that are not blank, and the encoding of most of them."""

    lines: int
    encoding: Encoding


@dataclass(frozen=True, slots=True)
class ImportTurn:
    """One message of an imported consultation; imports carry no times."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One consultation. ``line_no`` counts from 1, ``row_id`` is the file's own."""

    line_no: int
    row_id: str
    department: str
    title: str
    kind: RowKind
    turns: tuple[ImportTurn, ...]


@dataclass(frozen=True, slots=True)
class RowError:
    """One line that was not taken; it holds none of the line's text."""

    line_no: int
    row_id: str | None
    reason: Reason


class _Refused(Exception):
    """Carries the reason out of a reader."""

    def __init__(self, reason: Reason, row_id: str | None = None) -> None:
        super().__init__(reason.value)
        self.reason, self.row_id = reason, row_id


def survey(path: Path) -> Survey:
    """Count the lines and tell the encoding, in one pass.

    Each line with non-ASCII bytes votes: UTF-8 if it decodes as such, else GB18030. One broken
    line in a UTF-8 file therefore does not turn the whole file into another language.
    """
    lines = utf8 = other = 0
    with path.open("rb") as handle:
        for line in _lines(handle):
            text = line.strip()
            lines += bool(text)
            if not text.isascii():
                valid = _decodes_as_utf8(text)
                utf8 += valid
                other += not valid
    return Survey(lines, Encoding.UTF_8 if utf8 >= other else Encoding.GB18030)


def read_rows(path: Path, encoding: Encoding | None = None) -> Iterator[ImportRow | RowError]:
    """Every line of the file as a row or an error, in order; blank lines are passed over.

    ``encoding``: from ``survey``, which is run here when it is not given.
    """
    chosen = encoding or survey(path).encoding
    seen: set[bytes] = set()
    with path.open("rb") as handle:
        for line_no, line in enumerate(_lines(handle), start=1):
            if not line.strip():
                continue
            try:
                row = _read_line(line_no, line, chosen)
            except _Refused as refusal:
                yield RowError(line_no, refusal.row_id, refusal.reason)
                continue
            digest = blake2b(row.row_id.encode(), digest_size=8).digest()
            if digest in seen:
                yield RowError(line_no, row.row_id, Reason.DUPLICATE_ID)
            else:
                seen.add(digest)
                yield row


def _lines(handle: BinaryIO) -> Iterator[bytes]:
    """The lines without a byte order mark; of an overlong one only the first part.

    No trail byte of GB18030 is a line feed, so splitting bytes is safe. A UTF-16 file comes out
    as one part with its mark, which then fails as text.
    """
    first = True
    while line := handle.readline(LONGEST_LINE_BYTES + 1):
        if len(line) > LONGEST_LINE_BYTES:
            _skip_line(handle, line)
        if first and line.startswith(_UTF16):
            yield line[:2]
            return
        yield line.removeprefix(codecs.BOM_UTF8) if first else line
        first = False


def _skip_line(handle: BinaryIO, part: bytes) -> None:
    while part and not part.endswith(b"\n"):
        part = handle.readline(_CHUNK)


def _decodes_as_utf8(line: bytes) -> bool:
    # A part of an overlong line may end inside a character; that is not its fault.
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(line, final=len(line) < LONGEST_LINE_BYTES)
    except UnicodeDecodeError:
        return False
    return True


def _read_line(line_no: int, line: bytes, encoding: Encoding) -> ImportRow:
    if len(line) > LONGEST_LINE_BYTES:
        raise _Refused(Reason.TOO_LONG)
    record = _record(line, encoding)
    row_id = _row_id(record)
    try:
        kind, turns = _content(record)
        _check(turns)
        department = _text(record.get("department"))[:LONGEST_DEPARTMENT]
        title = _title(record, turns)
        _check_storable(row_id + department + title)
    except _Refused as refusal:
        storable = row_id.encode("utf-8", "replace").decode()
        raise _Refused(refusal.reason, storable) from refusal
    return ImportRow(line_no, row_id, department, title, kind, turns)


def _record(line: bytes, encoding: Encoding) -> Mapping[str, object]:
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError as error:
        raise _Refused(Reason.NOT_TEXT) from error
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:  # numbers and nesting without end, too
        raise _Refused(Reason.NOT_JSON) from error
    if not isinstance(record, dict):
        raise _Refused(Reason.NOT_AN_OBJECT)
    return record


def _row_id(record: Mapping[str, object]) -> str:
    value = record.get("id")
    row_id = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)
    if not row_id:
        raise _Refused(Reason.MISSING_ID)
    if len(row_id) > LONGEST_ROW_ID:
        raise _Refused(Reason.TOO_LONG)
    return row_id


def _content(record: Mapping[str, object]) -> tuple[RowKind, tuple[ImportTurn, ...]]:
    if "turns" in record:
        return RowKind.DIALOGUE, _dialogue(record["turns"])
    if "fields" in record:
        return RowKind.INTAKE, _intake(record)
    if "question" in record:
        question = _text(record["question"])
        if not question:
            raise _Refused(Reason.EMPTY_TEXT)
        return RowKind.QUESTION, _spoken(question, _text(record.get("answer")))
    raise _Refused(Reason.WRONG_SHAPE)


_SPEAKERS = {
    "patient": Speaker.PATIENT,
    "user": Speaker.PATIENT,
    "doctor": Speaker.STAFF,
    "staff": Speaker.STAFF,
    "assistant": Speaker.STAFF,
}


def _dialogue(turns: object) -> tuple[ImportTurn, ...]:
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise _Refused(Reason.WRONG_SHAPE)
    return tuple(
        ImportTurn(_SPEAKERS.get(_text(turn.get("role")).lower(), Speaker.UNKNOWN), text)
        for turn in turns
        if (text := _text(turn.get("text")))
    )


def _intake(record: Mapping[str, object]) -> tuple[ImportTurn, ...]:
    """The form as the patient's words, one "label：answer" a line; the summary is staff's."""
    fields = record["fields"]
    if not isinstance(fields, dict):
        raise _Refused(Reason.WRONG_SHAPE)
    answers = ((label.strip(), _text(answer)) for label, answer in fields.items())
    form = "\n".join(f"{label}：{answer}" for label, answer in answers if answer)
    return _spoken(form, _text(record.get("doctor_summary")))


def _spoken(patient: str, staff: str) -> tuple[ImportTurn, ...]:
    said = ((Speaker.PATIENT, patient), (Speaker.STAFF, staff))
    return tuple(ImportTurn(speaker, text) for speaker, text in said if text)


def _title(record: Mapping[str, object], turns: tuple[ImportTurn, ...]) -> str:
    """The row's own title, the form's illness, or the first words said; one line, cut to fit."""
    fields = record.get("fields")
    named = _text(fields.get("疾病")) if isinstance(fields, dict) else _text(record.get("title"))
    return " ".join((named or turns[0].text).split())[:LONGEST_TITLE]


def _check(turns: tuple[ImportTurn, ...]) -> None:
    if not turns:
        raise _Refused(Reason.EMPTY_TEXT)
    if len(turns) > MOST_TURNS or any(len(turn.text) > LONGEST_TURN for turn in turns):
        raise _Refused(Reason.TOO_LONG)
    for turn in turns:
        _check_storable(turn.text)


def _check_storable(text: str) -> None:
    """A NUL or half a surrogate pair: no database and no UTF-8 can hold it."""
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise _Refused(Reason.UNSTORABLE)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
