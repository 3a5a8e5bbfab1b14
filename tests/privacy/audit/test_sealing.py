"""The trail: written with the act, sealed without a gap, and every tampering found."""

import json
from pathlib import Path

import pytest
from django.db import ProgrammingError, connection, transaction

from crm.staff.models import User
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.audit.sealing import seal_once
from privacy.audit.verification import verify
from tests.privacy.audit.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def anchor(settings, tmp_path) -> Path:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    return tmp_path / "anchors.jsonl"


def write(actor: User, count: int = 5) -> None:
    for number in range(count):
        with transaction.atomic():
            audit.record(AuditTrailEvent.VIEWED, actor=actor, detail={"n": number})


def test_a_sealed_trail_verifies(carer, anchor) -> None:
    write(carer)
    assert seal_once().events == 5
    write(carer, 2)
    assert seal_once().events == 2

    report = verify()

    assert report.whole
    assert (report.events, report.checkpoints, report.unsealed) == (7, 2, 0)
    assert json.loads(anchor.read_text().splitlines()[-1])["number"] == 2


def test_nothing_to_seal_makes_no_checkpoint(carer, anchor) -> None:
    write(carer, 1)
    seal_once()
    assert seal_once().checkpoint is None


def test_an_event_needs_the_transaction_of_its_act(carer) -> None:
    with pytest.raises(RuntimeError):
        audit.record(AuditTrailEvent.VIEWED, actor=carer)


def test_the_app_can_neither_read_nor_change_the_trail(carer) -> None:
    write(carer, 1)
    for statement in (
        "SELECT * FROM privacy_auditevent",
        "UPDATE privacy_auditevent SET reason = 'x'",
        "DELETE FROM privacy_auditevent",
        "TRUNCATE privacy_auditevent",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


FOURTH = "(SELECT event_id FROM privacy_auditseal WHERE seq = 4)"


@pytest.mark.parametrize(
    ("statements", "seq"),
    [
        ([f"UPDATE privacy_auditevent SET reason = 'x' WHERE id = {FOURTH}"], 4),
        ([f"DELETE FROM privacy_auditevent WHERE id = {FOURTH}"], 4),
        (["DELETE FROM privacy_auditseal WHERE seq = 4"], 4),
        (["DELETE FROM privacy_auditcheckpoint WHERE number = 2"], 4),
        (["UPDATE privacy_auditcheckpoint SET count = count - 1 WHERE number = 2"], 4),
    ],
)
def test_tampering_is_found_and_the_first_bad_event_named(carer, anchor, statements, seq) -> None:
    write(carer, 3)
    seal_once()
    write(carer, 3)
    seal_once()

    tamper(*statements)

    report = verify()
    assert not report.whole
    assert report.first_bad.seq == seq


def test_reading_comes_back_to_the_apps_own_role(carer) -> None:
    write(carer, 1)
    with acting_as(READER):
        assert AuditEvent.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("suian_app",)
