"""``manage.py find_personal_data``: a line out for a line in, and bad lines are told."""

import io
import json
import subprocess
import sys

import pytest
from django.core.management import call_command

COMMAND = "find_personal_data"


class Input(io.StringIO):
    """Standard input as a terminal or a pipe gives it: text, with the bytes beneath."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.buffer = io.BytesIO(data)


def run(monkeypatch, stdin) -> tuple[list[dict], list[str], int]:
    monkeypatch.setattr("sys.stdin", stdin)
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command(COMMAND, stdout=out, stderr=err)
    except SystemExit as end:
        code = end.code
    return (
        [json.loads(line) for line in out.getvalue().splitlines()],
        err.getvalue().splitlines(),
        code,
    )


def test_a_row_out_for_a_row_in(monkeypatch):
    rows = [{"id": "甲", "text": "😀我叫王丽华，电话13800138000"}, {"id": 2, "text": "高血压"}]
    data = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n\n"

    out, err, code = run(monkeypatch, Input(data.encode()))

    assert out == [
        {"id": "甲", "spans": [
            {"start": 3, "end": 6, "type": "name"}, {"start": 9, "end": 20, "type": "phone"},
        ]},
        {"id": 2, "spans": []},
    ]  # fmt: skip
    assert (err, code) == ([], 0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"nonsense", "row 1: not JSON (character 0)"),
        (b"[" * 200_000, "row 1: not JSON"),
        (b"\xff\xfe", "row 1: not UTF-8 (byte 0)"),
        (b"[1]", "row 1: not a JSON object"),
        (b'{"text": "a"}', 'row 1: no "id"'),
        (b'{"id": 1, "text": 5}', 'row 1: no "text", or it is not a string'),
    ],
)
def test_a_bad_row_is_told_and_the_others_go_through(monkeypatch, line, said):
    data = line + b'\n{"id": "\\ud83d", "text": "13800138000"}\n'

    out, err, code = run(monkeypatch, Input(data))

    assert [len(row["spans"]) for row in out] == [1]
    assert err[0].startswith(said)
    assert err[1:] == ["1 row could not be read"]
    assert code == 1
    assert "nonsense" not in "".join(err)


def test_a_stream_without_bytes_beneath_is_read(monkeypatch):
    out, _err, code = run(monkeypatch, io.StringIO('{"id": 1, "text": ""}'))

    assert (out, code) == ([{"id": 1, "spans": []}], 0)


def test_rows_come_out_while_more_are_awaited():
    line = [sys.executable, "manage.py", COMMAND]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(b'{"id": 1, "text": "13800138000"}\n')
        process.stdin.flush()
        first = process.stdout.readline()
        process.stdin.close()
        assert json.loads(first)["id"] == 1
        assert process.wait() == 0
