"""Files of consultations become rows; a bad line is named and the rest goes on."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult.consultations import import_formats
from consult.consultations.import_formats import (
    Encoding,
    ImportRow,
    ImportTurn,
    Reason,
    RowError,
    RowKind,
    Survey,
    read_rows,
    survey,
)
from consult.consultations.rules import LONGEST_TURN, MOST_TURNS, Speaker
from tests.shared_data import shared

QUESTION = {
    "id": "q-1",
    "department": "妇科",
    "title": "空腹吗",
    "question": "要空腹吗",
    "answer": "要",
}
DIALOGUE = {
    "id": "d-1",
    "department": "男科",
    "turns": [
        {"role": "patient", "text": "在吗"},
        {"role": "doctor", "text": "在"},
        {"role": "robot", "text": "您好"},
        {"role": "patient", "text": "  "},
    ],
}
FORM = {
    "id": "f-1",
    "department": "皮肤科",
    "fields": {"疾病": "湿疹", "患病多久": "半年", "过敏史": ""},
    "doctor_summary": "复查",
}
PATIENT, STAFF = Speaker.PATIENT, Speaker.STAFF


@pytest.fixture
def file(tmp_path):
    """Write lines (objects, text or bytes) to a file and give its path."""

    def write(*lines, encoding="utf-8", prefix=b"") -> Path:
        parts = []
        for line in lines:
            text = json.dumps(line, ensure_ascii=False) if isinstance(line, dict) else line
            parts.append(text if isinstance(text, bytes) else text.encode(encoding))
        path = tmp_path / "rows.jsonl"
        path.write_bytes(prefix + b"\n".join(parts))
        return path

    return write


def errors(path: Path) -> list[tuple[int, str | None, Reason]]:
    return [(e.line_no, e.row_id, e.reason) for e in read_rows(path) if isinstance(e, RowError)]


def test_the_three_shapes(file):
    assert list(read_rows(file(QUESTION, DIALOGUE, "", FORM))) == [
        ImportRow(
            *(1, "q-1", "妇科", "空腹吗", RowKind.QUESTION),
            turns=(ImportTurn(PATIENT, "要空腹吗"), ImportTurn(STAFF, "要")),
        ),
        ImportRow(
            *(2, "d-1", "男科", "在吗", RowKind.DIALOGUE),
            turns=(
                ImportTurn(PATIENT, "在吗"),
                ImportTurn(STAFF, "在"),
                ImportTurn(Speaker.UNKNOWN, "您好"),
            ),
        ),
        ImportRow(
            *(4, "f-1", "皮肤科", "湿疹", RowKind.INTAKE),
            turns=(ImportTurn(PATIENT, "疾病：湿疹\n患病多久：半年"), ImportTurn(STAFF, "复查")),
        ),
    ]


@pytest.mark.parametrize(
    ("encoding", "prefix"),
    [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("gb18030", b"")],
)
def test_encodings(file, encoding, prefix):
    rows = list(
        read_rows(file(QUESTION | {"question": "䶮𬱖？"}, FORM, encoding=encoding, prefix=prefix))
    )

    assert [row.row_id for row in rows] == ["q-1", "f-1"]
    assert rows[0].turns[0].text == "䶮𬱖？"


def test_one_broken_line_does_not_change_the_encoding_of_the_file(file):
    path = file(QUESTION, b'{"id": "q-2", "question": "\xff\xfe\x80"}', FORM, DIALOGUE)

    assert survey(path) == Survey(4, Encoding.UTF_8)
    assert errors(path) == [(2, None, Reason.NOT_TEXT)]


def test_a_utf_16_file_is_named_and_not_guessed_at(file):
    path = file(QUESTION, encoding="utf-16")

    assert errors(path) == [(1, None, Reason.NOT_TEXT)]


def test_lines_are_counted_without_blank_ones(file):
    assert survey(file("", QUESTION, " ", FORM, "")) == Survey(2, Encoding.UTF_8)
    assert survey(file()) == Survey(0, Encoding.UTF_8)
    assert list(read_rows(file(), Encoding.GB18030)) == []


@pytest.mark.parametrize(
    ("line", "row_id", "reason"),
    [
        ("{", None, Reason.NOT_JSON),
        ("<html>", None, Reason.NOT_JSON),
        ("[" * 100_000, None, Reason.NOT_JSON),
        ('{"id": ' + "1" * 5000 + "}", None, Reason.NOT_JSON),
        ("[1]", None, Reason.NOT_AN_OBJECT),
        ("null", None, Reason.NOT_AN_OBJECT),
        ({"question": "好"}, None, Reason.MISSING_ID),
        ({"id": " ", "question": "好"}, None, Reason.MISSING_ID),
        ({"id": True, "question": "好"}, None, Reason.MISSING_ID),
        ({"id": "长" * 101, "question": "好"}, None, Reason.TOO_LONG),
        ({"id": "x"}, "x", Reason.WRONG_SHAPE),
        ({"id": "x", "turns": "在吗"}, "x", Reason.WRONG_SHAPE),
        ({"id": "x", "turns": ["在吗"]}, "x", Reason.WRONG_SHAPE),
        ({"id": "x", "fields": []}, "x", Reason.WRONG_SHAPE),
        ({"id": "x", "question": " ", "answer": "好"}, "x", Reason.EMPTY_TEXT),
        ({"id": "x", "question": 7}, "x", Reason.EMPTY_TEXT),
        ({"id": "x", "turns": []}, "x", Reason.EMPTY_TEXT),
        ({"id": "x", "turns": [{"role": None}]}, "x", Reason.EMPTY_TEXT),
        ({"id": "x", "fields": {}}, "x", Reason.EMPTY_TEXT),
        ({"id": "x", "question": "长" * (LONGEST_TURN + 1)}, "x", Reason.TOO_LONG),
        ({"id": "x", "turns": [{"text": "好"}] * (MOST_TURNS + 1)}, "x", Reason.TOO_LONG),
        ('{"id": "x", "question": "\\u0000"}', "x", Reason.UNSTORABLE),
        ('{"id": "x", "question": "\\ud800"}', "x", Reason.UNSTORABLE),
        ('{"id": "\\ud800", "question": "x"}', "?", Reason.UNSTORABLE),
        (b'"' + b"a" * (import_formats.LONGEST_LINE_BYTES * 3), None, Reason.TOO_LONG),
        ("好" * import_formats.LONGEST_LINE_BYTES, None, Reason.TOO_LONG),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(file, line, row_id, reason):
    path = file(QUESTION, line, FORM)

    assert errors(path) == [(2, row_id, reason)]
    assert [row.row_id for row in read_rows(path) if isinstance(row, ImportRow)] == ["q-1", "f-1"]


def test_an_id_comes_once_in_a_file(file):
    path = file(QUESTION, FORM, QUESTION | {"question": "另一个"}, {"id": 7, "question": "好"})

    assert errors(path) == [(3, "q-1", Reason.DUPLICATE_ID)]
    assert [row.row_id for row in read_rows(path)] == ["q-1", "f-1", "q-1", "7"]


def test_titles_are_one_short_line(file):
    rows = list(read_rows(file({"id": "x", "question": "一\n二" + "长" * 100})))

    assert rows[0].title == "一 二" + "长" * 57


@given(
    st.lists(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)), max_size=8)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_line_of_any_file_is_answered_once(tmp_path, lines):
    path = tmp_path / "any.jsonl"
    path.write_bytes(b"\n".join(line.replace(b"\n", b" ") for line in lines))
    answered = [entry.line_no for entry in read_rows(path)]

    assert answered == sorted(set(answered))
    assert len(answered) == survey(path).lines


@pytest.mark.parametrize(
    ("name", "rows", "kind"),
    [
        ("reproductive_health", 1621, RowKind.QUESTION),
        ("general", 7017, RowKind.QUESTION),
        ("dialogues", 308, RowKind.DIALOGUE),
        ("intake_forms", 99, RowKind.INTAKE),
    ],
)
@pytest.mark.parametrize("encoding", list(Encoding))
def test_the_shared_files(tmp_path, name, rows, kind, encoding):
    path = tmp_path / "rows.jsonl"
    source = shared(f"consultations/{name}.jsonl").read_text(encoding="utf-8")
    path.write_text(source, encoding=encoding.value)
    read = list(read_rows(path))

    assert survey(path) == Survey(rows, encoding)
    assert Counter(type(row) for row in read) == {ImportRow: rows}
    assert {row.kind for row in read} == {kind}
