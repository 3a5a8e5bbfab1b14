"""The digest of a report of security figures stands in the trail."""

import hashlib
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


def test_the_digest_is_an_event(tmp_path: Path, booked) -> None:
    report, out = tmp_path / "report.json", StringIO()
    report.write_text(json.dumps({"size": "full", "measures": [{"reached": 1}, {"reached": 0}]}))
    call_command("record_assurance", str(report), stdout=out)

    digest = hashlib.sha256(report.read_bytes()).hexdigest()
    (event,) = booked("audit.assured")
    assert (event.process, event.outcome) == ("record_assurance", "failed")
    assert event.detail == {"sha256": digest, "size": "full", "measures": 2, "reached": 1}
    assert digest in out.getvalue()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"size": "big", "measures": []}'])
def test_another_file_is_refused(tmp_path: Path, booked, text: str) -> None:
    report = tmp_path / "report.json"
    report.write_text(text)
    with pytest.raises(CommandError, match="no report"):
        call_command("record_assurance", str(report))
    assert booked("audit.assured") == []
