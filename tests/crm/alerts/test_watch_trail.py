"""From events to alerts: once each, however often they come (R23)."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crm.alerts import rules, services, watching
from crm.alerts.models import Alert, TrailPlace
from crm.alerts.selectors import count_open
from crm.alerts.tasks import watch
from crm.staff.events import StaffEvent
from crm.staff.models import User
from privacy.access.policy import Role
from privacy.audit import services as audit
from privacy.audit.context import Origin, acting_from
from privacy.audit.events import AccessEvent
from privacy.audit.models import READER, acting_as
from privacy.audit.row_changes import RowEvent, waits_since
from privacy.audit.row_sealing import seal_row_changes
from privacy.audit.selectors import SealStatus
from privacy.errors import AccessDenied, DomainError
from privacy.exports.services import deciding
from tests.conftest import owner_connection
from tests.factories.access import used_long_ago
from tests.factories.exports import order
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def refuse(person: User, times: int, **more: object) -> None:
    for _ in range(times):
        audit.record_denial(actor=person, target="reveal:phone", **more)


def mismatch(patient) -> None:
    with transaction.atomic():
        audit.record(
            RowEvent.MISMATCH,
            process="reconcile_rows",
            subjects=[patient],
            target="crm_patientcontact:1",
            outcome="failed",
        )


def test_a_value_that_does_not_open_raises_one(raised, booked) -> None:
    audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
    (alert,) = raised()
    assert (alert.kind, alert.target, alert.state, alert.times) == (
        "crypto",
        "turn.text",
        "open",
        1,
    )
    assert (alert.clinic, alert.staff) == (None, None)
    assert alert.event_id == booked("crypto.failed")[0].id
    (event,) = booked("alert.raised")
    assert (event.target, event.process) == (f"alert:{alert.pk}", "alerts")
    assert event.detail == {"kind": "crypto", "about": "turn.text"}


def test_more_of_the_same_is_counted(raised, booked) -> None:
    for _ in range(3):
        audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
        raised()
    audit.record_crypto_failure(path="addendum.text", code="E-BOX-TAG")
    assert {one.target: one.times for one in raised()} == {"turn.text": 3, "addendum.text": 1}
    assert len(booked("alert.raised")) == 2


def test_nothing_is_read_twice(raised) -> None:
    audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
    assert [one.times for one in raised()] == [1]
    assert watching.watch() == 0
    assert [one.times for one in raised()] == [1]


def test_the_trail_is_read_up_to_the_oldest_open_writer(raised) -> None:
    with owner_connection() as other, other.transaction():
        other.execute("SELECT pg_current_xact_id()")
        audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
        assert raised() == []  # the other may still write an event with a lower number
    assert [one.times for one in raised()] == [1]


def test_a_patients_alert_is_of_the_patients_clinic(raised, patient) -> None:
    mismatch(patient)
    mismatch(PatientFactory.create())
    first, second = raised()
    assert first.clinic == patient.clinic
    assert first.codes == [patient.code]
    assert second.clinic != patient.clinic


def test_codes_are_gathered(raised, patient) -> None:
    other = PatientFactory.create(clinic=patient.clinic)
    mismatch(patient)
    mismatch(other)
    (alert,) = raised()
    assert alert.codes == sorted([patient.code, other.code])


def test_ten_refusals_in_ten_minutes_are_a_burst_and_nine_are_none(raised, carer) -> None:
    refuse(carer, 9)
    assert raised() == []
    refuse(carer, 1)
    (alert,) = raised()
    assert (alert.kind, alert.staff, alert.clinic) == ("denials", carer, carer.clinic)
    assert str(alert) == f"denials staff:{carer.pk}"


def test_refusals_of_different_people_do_not_add_up(raised, carer, colleague) -> None:
    refuse(carer, 6)
    refuse(colleague, 6)
    assert raised() == []


def test_a_burst_tells_whose_records_were_asked_for(raised, carer, patient) -> None:
    other = PatientFactory.create(clinic=patient.clinic)
    refuse(carer, 9, subjects=[other])
    refuse(carer, 1, subjects=[patient])
    assert raised()[0].codes == sorted([patient.code, other.code])


def test_a_locked_sign_in_and_a_refused_token(raised, carer) -> None:
    audit.record_denial(process="sign-in", target="", event=StaffEvent.SIGN_IN_THROTTLED)
    audit.record_denial(actor=carer, target="token:1", event=StaffEvent.TOKEN_REFUSED)
    assert {(one.kind, one.target) for one in raised()} == {
        ("locked", "unknown"),
        ("token", f"staff:{carer.pk}"),
    }


def test_strangers_from_many_places_are_one_alert(raised, booked) -> None:
    for last in range(3):
        with acting_from(Origin(ip=f"10.0.0.{last}")):
            audit.record_denial(process="api", target="", event=StaffEvent.TOKEN_REFUSED)
    assert [(one.kind, one.target, one.times) for one in raised()] == [("token", "unknown", 3)]
    assert {one.ip for one in booked("staff.token_refused")} == {"10.0.0.0", "10.0.0.1", "10.0.0.2"}


def test_a_single_refusal_is_everyday_work(raised, carer) -> None:
    audit.record_denial(actor=carer, target="x", event=AccessEvent.NOT_FOUND)
    assert raised() == []


def test_a_sealer_that_lags_raises_one(raised, monkeypatch) -> None:
    late = SealStatus(events=0, checkpoint=None, waiting=9, lag_seconds=61, anchor=None)
    monkeypatch.setattr(watching, "seal_status", lambda: late)
    (alert,) = raised()
    assert (alert.kind, alert.target, alert.event_id) == ("sealer", "sealer", None)
    assert [one.times for one in raised()] == [2]


def test_notes_of_rows_that_nobody_seals_raise_one(raised, carer, monkeypatch) -> None:
    assert raised() == []
    monkeypatch.setattr(rules, "ROWS_LAG", timedelta(0))
    (alert,) = raised()
    assert (alert.kind, alert.target) == ("sealer", "rows")
    seal_row_changes()
    with acting_as(READER):
        assert waits_since() is None


def test_old_events_of_a_restored_trail_raise_nothing(raised, monkeypatch) -> None:
    audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
    monkeypatch.setattr(watching, "OLDEST", timedelta(0))
    assert raised() == []


NOTE = "密钥文件放错了，已换回"


def test_in_another_cluster_the_trail_is_read_on(raised) -> None:
    audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
    raised()
    TrailPlace.objects.update(xid=F("xid") + 1_000_000)  # a dump was restored: xids count anew
    audit.record_crypto_failure(path="addendum.text", code="E-BOX-TAG")
    assert {one.target for one in raised()} == {"turn.text", "addendum.text"}
    times = [one.times for one in raised()]
    assert [one.times for one in raised()] == times, "and again each event once"


def test_a_new_sign_opens_what_was_closed_today(raised, keeper, booked) -> None:
    audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
    (alert,) = raised()
    services.close(alert_id=alert.pk, note=NOTE, actor=keeper)
    assert [one.state for one in raised()] == ["closed"]
    assert count_open(keeper) == 0

    audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
    (alert,) = raised()
    assert (alert.state, alert.times, count_open(keeper)) == ("open", 2, 1)
    assert (alert.taken_by, alert.taken_at, alert.closed_by, alert.closed_at, alert.note) == (
        None, None, None, None, "",
    )  # fmt: skip
    (event,) = booked("alert.reopened")
    assert (event.target, event.process) == (alert.trail_target, "alerts")
    assert (event.reason, event.detail) == (NOTE, {"kind": "crypto", "about": "turn.text"})
    assert len(booked("alert.raised")) == 1


def test_nobody_mutes_an_alert_about_oneself(raised, keeper) -> None:
    refuse(keeper, 10)
    (alert,) = raised()
    with pytest.raises(AccessDenied):
        services.close(alert_id=alert.pk, note=NOTE, actor=keeper)
    refuse(keeper, 10)
    assert [one.state for one in raised()] == ["open"]


def test_what_was_closed_on_another_day_stays_closed_beside_a_new_one(raised, keeper) -> None:
    audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
    (alert,) = raised()
    services.close(alert_id=alert.pk, note=NOTE, actor=keeper)
    Alert.objects.update(day=timezone.localdate() - timedelta(days=1))
    audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
    assert [(one.state, one.times) for one in raised()] == [("closed", 1), ("open", 1)]


def test_one_that_somebody_looks_at_goes_on_over_midnight(raised, keeper) -> None:
    audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
    (alert,) = raised()
    services.acknowledge(alert_id=alert.pk, actor=keeper)
    Alert.objects.update(day=timezone.localdate() - timedelta(days=1))
    audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
    assert [(one.state, one.times) for one in raised()] == [("acknowledged", 2)]


def test_the_clock_of_the_queue_does_it() -> None:
    audit.record_crypto_failure(path="turn.text", code="E-BOX-TAG")
    watch()
    assert Alert.objects.count() == 1
    places = [str(one) for one in TrailPlace.objects.order_by("reader")]
    assert [one.partition(":")[0] for one in places] == ["alerts", "alerts-honey"]


def test_a_use_of_break_glass_raises_one_for_the_person(raised, patient, clinic) -> None:
    from tests.factories.access import broken
    from tests.factories.people import UserFactory

    nurse = UserFactory.create(clinic=clinic, role="nurse")
    broken(patient, nurse)
    (alert,) = raised()
    assert (alert.kind, alert.staff, alert.codes) == ("break_glass", nurse, [patient.code])


def test_a_clock_of_an_incident_that_runs_out_raises_one_once(raised, keeper) -> None:
    from crm.incidents import services as incidents
    from crm.incidents.models import IncidentStep

    now = timezone.now()
    incident = incidents.declare(
        title="账号被他人使用", known_at=now - timedelta(hours=2), since=now - timedelta(days=1),
        until=None, suspect=None, actor=keeper,
    )  # fmt: skip
    (alert,) = raised()
    assert (alert.kind, alert.target) == ("deadline", f"{incident.target}:triage")
    assert alert.clinic == keeper.clinic
    services.close(alert_id=alert.pk, note="已经补报，原因写在事件里", actor=keeper)
    assert [(one.state, one.times) for one in raised()] == [("closed", 1)]
    IncidentStep.objects.create(
        incident=incident, author=keeper, kind="internal_report", text="已向院内报告，初步定级"
    )
    assert len(raised()) == 1


def test_a_cap_that_was_reached_raises_one_a_day_and_person(raised, carer, patient) -> None:
    refuse(carer, 1, reason="cap_reached", subjects=[patient])
    (alert,) = raised()
    assert (alert.kind, alert.staff, alert.clinic) == ("cap", carer, carer.clinic)
    assert alert.codes == [patient.code]
    refuse(carer, 3, reason="cap_reached")
    assert [(one.kind, one.times) for one in raised()] == [("cap", 4)]
    Alert.objects.update(day=F("day") - timedelta(days=1))
    services.close(alert_id=alert.pk, note="已与本人谈话，确有需要", actor=UserFactory.create(
        clinic=carer.clinic, role=Role.SECURITY_ADMIN))  # fmt: skip
    refuse(carer, 1, reason="cap_reached")
    assert [one.times for one in raised()] == [4, 1]


def test_the_cap_of_exports_raises_one_whether_passed_or_refused(
    raised, clinic, settings, tmp_path
) -> None:
    settings.EXPORTS_DIR = str(tmp_path)
    finance, control = (
        UserFactory.create(clinic=clinic, role=role) for role in (Role.FINANCE, Role.MEDICAL_QC)
    )
    for person in (finance, control):
        deciding.ask(order=order(person), rows=250, actor=person)
    assert raised() == []
    deciding.ask(order=order(finance), rows=1, actor=finance)
    with pytest.raises(DomainError):
        deciding.ask(order=order(control), rows=1, actor=control)
    assert {(one.kind, one.staff, one.clinic) for one in raised()} == {
        ("cap", finance, clinic), ("cap", control, clinic),
    }  # fmt: skip


def test_a_use_of_break_glass_without_a_verdict_in_time_raises_one(raised, patient, clinic) -> None:
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE)
    used_long_ago(patient, nurse, hours=23)
    assert raised() == []
    use = used_long_ago(PatientFactory.create(clinic=clinic), nurse, hours=25)
    (alert,) = raised()
    assert (alert.kind, alert.target, alert.clinic) == ("verdict", use.target, clinic)
    assert alert.codes == [use.code]
    assert [one.times for one in raised()] == [1]
