"""Work on keys changes many rows; the second net finds an event beside every one of them."""

from pathlib import Path

import pytest

from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.audit.row_changes import RowEvent
from privacy.audit.row_sealing import seal_row_changes
from privacy.audit.verification import verify
from privacy.custody import erasure, escrow, ledger_file, resealing, rewrapping, rotation
from privacy.encryption.canaries import plant
from tests.factories.whole import whole_patient
from tests.privacy.custody.test_reencrypt_patient import let_time_pass

pytestmark = pytest.mark.django_db(transaction=True)


def alarms() -> list[str]:
    seal_row_changes()
    with acting_as(READER):
        found = AuditEvent.objects.filter(action=RowEvent.UNATTRIBUTED.value)
        return sorted(found.values_list("target", flat=True))


def test_none_of_it_goes_unanswered_for(settings, tmp_path: Path) -> None:
    settings.ERASURE_LEDGER_FILE = str(tmp_path / "erasures.log")
    ledger_file.lay()
    plant()
    patient = whole_patient()
    before = alarms()

    rotation.rotate(zone="contact", process="test")
    list(rewrapping.rewrap(process="test"))
    rotation.retire_unused(process="test")
    rotation.give_up_retired(process="test", at_once="the copies are destroyed")
    for zone in rotation.ZONES:
        resealing.reencrypt(subject=patient.subject, zone=zone, process="test")
    escrow.print_shares(folder=tmp_path, process="test")
    erasure.shred(subject=patient, zone="contact", reason="requested", process="test")
    assert alarms() == before

    let_time_pass(patient)  # by hand, and told of
    expected = len(alarms())
    resealing.finish(subject=patient.subject, zone="clinical", process="test")
    assert len(alarms()) == expected
    assert verify().whole
