"""What the first reading was led past is raised within the hour, and a night without its checks."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from crm.alerts import services, watching
from crm.alerts.models import Alert, TrailPlace
from crm.alerts.tasks import look_again
from crm.honey.models import HoneyRecord
from crm.honey.services import plant
from crm.patients.events import PatientEvent
from crm.patients.models import Patient
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.models import AuditEvent
from privacy.audit.row_changes import RowEvent
from privacy.custody import reconciling
from tests.crm.alerts.test_watch_trail import mismatch, refuse
from tests.factories.people import PatientFactory

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@transaction.atomic
def lead_past() -> None:
    """Both places where the server's counter stands now, as the app's own role may set them."""
    TrailPlace.locked(watching.PROCESS)
    TrailPlace.locked(watching.HONEY)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_trailplace SET xid = pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        )


def book(event: RowEvent | AuditTrailEvent, process: str, outcome: str = "ok") -> None:
    with transaction.atomic():
        audit.record(event, process=process, outcome=outcome, target="crm_room:1")


def told() -> dict[str, int]:
    return {f"{one.kind} {one.target}": one.times for one in Alert.objects.all()}


def test_what_a_place_was_moved_past_is_raised_once() -> None:
    book(RowEvent.UNATTRIBUTED, "rows")
    lead_past()
    assert watching.watch() == 0
    assert told() == {}
    assert watching.look_again() == 1
    assert told() == {"unattributed crm_room": 1}
    look_again()
    assert told() == {"unattributed crm_room": 1}


def test_what_was_raised_in_time_is_not_told_again(carer, colleague, keeper, patient) -> None:
    book(RowEvent.UNATTRIBUTED, "rows")
    refuse(carer, 12, subjects=[patient])
    refuse(colleague, 1, reason="cap_reached", subjects=[patient])
    mismatch(patient)
    watching.watch()
    services.close(
        alert_id=Alert.objects.get(kind="unattributed").pk, note="夜间维护，有工单", actor=keeper
    )
    before = told(), {one.pk: one.state for one in Alert.objects.all()}
    assert len(before[0]) == 4
    assert watching.look_again() == 0
    assert (told(), {one.pk: one.state for one in Alert.objects.all()}) == before


def test_a_burst_of_refusals_that_was_passed_by(carer, patient) -> None:
    refuse(carer, 10)
    lead_past()
    assert watching.watch() == 0
    assert [watching.look_again(), watching.look_again()] == [1, 0]
    assert told() == {f"denials staff:{carer.pk}": 1}


def test_a_touch_of_honey_that_was_passed_by(keeper, carer) -> None:
    plant(number=1, actor=keeper)
    code = HoneyRecord.objects.get().plain_code()
    invented = Patient.objects.get(subject__code=code)
    for _ in range(2):
        with transaction.atomic():
            audit.record(PatientEvent.FACTS_VIEWED, actor=carer, subjects=[invented.subject])
        lead_past()
        assert watching.watch() == 0
    assert [watching.look_again(), watching.look_again()] == [1, 0]
    (alert,) = Alert.objects.filter(kind=Alert.Kind.HONEY)
    assert (alert.staff, alert.codes, alert.times) == (carer, [code], 2)


def test_a_sign_about_another_patient_is_added_to_the_alert(clinic, patient) -> None:
    other = PatientFactory.create(clinic=clinic)
    mismatch(other)
    lead_past()
    mismatch(patient)
    watching.look_again()
    (alert,) = Alert.objects.all()
    assert alert.codes == sorted([patient.code, other.code])


def test_a_comparison_that_found_something_is_a_sign() -> None:
    book(RowEvent.RECONCILED, "reconcile_rows", "failed")
    watching.watch()
    assert told() == {"mismatch crm_room:1": 1}


class TestNights:
    """A night without its checks is told once a day."""

    @pytest.fixture(autouse=True)
    def _opened(self, db: None) -> None:
        book(RowEvent.NOTES_READ, "row_notes")

    def missing(self) -> list[str]:
        watching.look_again()
        return [one.partition(":")[0] for one in told() if one.startswith("missed")]

    def test_none_is_missed_by_a_clinic_of_today(self, time_machine) -> None:
        assert self.missing() == []
        time_machine.move_to(timezone.now() + 25 * HOUR)
        assert self.missing() == []

    def test_both_are_missed_once_a_day(self, time_machine) -> None:
        time_machine.move_to(timezone.now() + 27 * HOUR)
        assert sorted(self.missing()) == ["missed audit.verified", "missed rows.reconciled"]
        assert watching.look_again() == 0
        assert {times for one, times in told().items() if one.startswith("missed")} == {1}
        time_machine.move_to(timezone.now() + 24 * HOUR)
        assert watching.look_again() == 2

    def test_what_went_well_is_not_missed(self, time_machine) -> None:
        time_machine.move_to(timezone.now() + 27 * HOUR)
        list(reconciling.reconcile(reconciling.open_run(), process="reconcile_rows"))
        book(AuditTrailEvent.VERIFIED, "verify_nightly", "failed")
        assert self.missing() == ["missed audit.verified"]

    def test_an_event_without_its_mac_says_nothing(self, time_machine) -> None:
        time_machine.move_to(timezone.now() + 27 * HOUR)
        book(AuditTrailEvent.VERIFIED, "verify_nightly")
        AuditEvent.objects.bulk_create([forged()])
        assert self.missing() == ["missed rows.reconciled"]


def forged() -> AuditEvent:
    """Such an event as the app's own role may write by SQL."""
    return AuditEvent(
        at=timezone.now(), kind="system", action="rows.reconciled", outcome="ok", role="",
        process="reconcile_rows", agent="", codes=[], fields=[], purpose="", reason="", target="",
        count=0, detail={}, digest=bytes(32), mac=bytes(32),
    )  # fmt: skip
