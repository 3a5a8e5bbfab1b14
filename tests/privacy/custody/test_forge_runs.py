"""A run's place and counts are the product's own, or the night says so (ADR 0021)."""

import pytest
from django.utils import timezone

from crm.patients.models import Patient
from privacy.custody import reconciling
from privacy.custody.models import Reconciliation
from privacy.custody.reconciling import Verdict
from tests.privacy.custody.test_reconcile_rows import box_of, compare, unseen

pytestmark = pytest.mark.django_db(transaction=True)

FORGED = {"table": "zzz", "phase": "rows", "rows": 60_000, "boxes": 40_000}


@pytest.mark.parametrize("forged", [FORGED, {"findings": 200}, {}])
def test_a_run_that_somebody_wrote_by_sql_is_not_taken_up(
    patient: Patient, forged: dict[str, object], booked
) -> None:
    old = box_of(patient.contact)
    patient.contact.set_phone("+8613900139000")
    patient.contact.save()
    with unseen("crm_patientcontact") as owner:
        owner.execute("UPDATE crm_patientcontact SET phone = %s", [old])
    slipped_in = Reconciliation.objects.create(**forged)  # by the app's own role

    found = {(one.target, one.verdict) for one in compare()}
    assert found == {
        (f"privacy_reconciliation:{slipped_in.pk}", Verdict.FORGED),
        (f"crm_patientcontact:{patient.contact.pk}", Verdict.CHANGED),
    }
    assert {one.target for one in booked("rows.mismatch")} == {target for target, _ in found}
    (end,) = booked("rows.reconciled")
    assert (end.outcome, end.detail["findings"]) == ("failed", 2)
    assert 0 < end.detail["rows"] < 60_000
    assert [one.verdict for one in compare()] == [Verdict.CHANGED], "told of once"


@pytest.mark.parametrize(
    "change", [{"table": "zzz"}, {"findings": 200}, {"finished_at": timezone.now()}]
)
@pytest.mark.parametrize("steps", [0, 3])
def test_a_run_that_is_changed_under_its_hands_ends_there(
    patient: Patient, change: dict[str, object], steps: int, booked
) -> None:
    run = reconciling.open_run()
    going = reconciling.reconcile(run, process="test")
    for _ in range(steps):
        next(going)
    Reconciliation.objects.filter(pk=run.pk).update(**change)

    (last,) = going
    assert [one.verdict for one in last.findings] == [Verdict.FORGED]
    assert [one.target for one in booked("rows.mismatch")] == [f"privacy_reconciliation:{run.pk}"]
    (end,) = booked("rows.reconciled")
    assert (end.outcome, end.detail["findings"], end.detail["rows"]) == ("failed", 1, 0)
    assert compare() == []
