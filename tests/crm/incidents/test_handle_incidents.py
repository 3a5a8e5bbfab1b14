"""An incident from the first minute to the summary (R23)."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from crm.alerts.models import Alert
from crm.incidents import selectors, services
from crm.incidents.models import Incident, IncidentStep
from crm.incidents.rules import digest_of
from crm.web.cells import BOM
from crm.web.idempotency import FIELD
from crm.web.nav import groups_for
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.errors import DomainError
from tests.conftest import owner_connection
from tests.factories.people import PatientFactory

NOBODY = "00000000-0000-4000-8000-000000000000"
pytestmark = pytest.mark.django_db
Kind = IncidentStep.Kind
TEXT = "已停用账号，会话全部结束"


def post(desk, path: str, **data: str):
    return desk.post(f"/incidents/{path}", {FIELD: str(uuid4()), **data}, follow=True)


def look(person, *patients) -> None:
    with transaction.atomic():
        audit.record(AuditTrailEvent.VIEWED, actor=person, subjects=patients)


def step(incident, keeper, kind=Kind.NOTE) -> IncidentStep:
    return services.add_step(incident_id=incident.pk, kind=kind, text=TEXT, actor=keeper)


def affected(incident, viewer) -> list[str]:
    return selectors.affected_codes(incident, viewer)


def clinic_time(moment) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


class TestDeclare:
    def test_both_clocks_run_from_knowing(self, incident, booked, carer) -> None:
        assert incident.triage_due_at - incident.known_at == timedelta(hours=1)
        assert incident.report_due_at - incident.known_at == timedelta(hours=4)
        row = selectors.row_of(incident)
        assert not row.triage.late
        assert timedelta(minutes=45) < row.triage.left < timedelta(minutes=51)
        assert row.triage.tone == row.report.tone == ""
        (event,) = booked("incident.opened")
        assert (event.target, event.reason) == (f"incident:{incident.pk}", incident.title)
        assert event.detail == {"alert": "", "suspect": str(carer.pk)}
        assert str(incident) == incident.title

    def test_from_an_alert_with_what_it_knows(self, sign_in_as, keeper, carer, patient) -> None:
        alert = Alert.objects.create(
            kind="denials", target=f"staff:{carer.pk}", staff=carer, clinic=carer.clinic,
            codes=[patient.code], day=timezone.localdate(), last_at=timezone.now(),
        )  # fmt: skip
        desk = sign_in_as(keeper)
        form = desk.get(f"/incidents/new/?alert={alert.pk}").context["form"]
        assert form.initial["suspect"] == carer.pk
        assert form.initial["known_at"] == alert.created_at
        page = post(
            desk, f"new/?alert={alert.pk}", title="批量试探患者", suspect=str(carer.pk), until="",
            known_at=clinic_time(alert.created_at), since=clinic_time(form.initial["since"]),
        )  # fmt: skip
        made = Incident.objects.get()
        assert (made.alert, made.suspect, made.opened_by) == (alert, carer, keeper)
        assert made.known_at == alert.created_at.replace(second=0, microsecond=0)
        assert page.context["opened"].codes == [patient.code]
        assert made.title in desk.get(f"/alerts/{alert.pk}/").content.decode()

    def test_without_an_alert(self, sign_in_as, keeper) -> None:
        form = sign_in_as(keeper).get("/incidents/new/").context["form"]
        assert form.initial["since"] < form.initial["known_at"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("known_at", "2099-01-01T10:00"),
            ("until", "2020-01-01T10:00"),
            ("title", ""),
            ("title", "患者 13800138000 的资料"),
            ("suspect", NOBODY),
        ],
    )
    def test_what_cannot_be_is_refused(self, sign_in_as, keeper, field, value) -> None:
        data = {"title": "资料外泄", "known_at": "2026-01-01T10:00", "since": "2026-01-01T09:00"}
        page = post(sign_in_as(keeper), "new/", **{**data, field: value})
        assert page.status_code == 422
        assert field in page.context["form"].errors

    def test_a_moment_to_come_is_refused_below_the_form_too(
        self, keeper, sign_in_as, monkeypatch
    ) -> None:
        later = timezone.now() + timedelta(hours=1)
        with pytest.raises(DomainError):
            services.declare(
                title="x", known_at=later, since=later, until=None, suspect=None, actor=keeper
            )

    def test_a_refusal_of_the_service_stands_on_the_form(
        self, keeper, sign_in_as, monkeypatch
    ) -> None:
        def refuse(**_given: object) -> None:
            raise DomainError("no")

        monkeypatch.setattr(services, "declare", refuse)
        data = {"title": "资料外泄", "known_at": "2026-01-01T10:00", "since": "2026-01-01T09:00"}
        page = post(sign_in_as(keeper), "new/", **data)
        assert page.status_code == 422
        assert page.context["form"].non_field_errors() == ["no"]

    @pytest.mark.parametrize("alert", ["nonsense", NOBODY])
    def test_an_alert_that_is_none(self, sign_in_as, keeper, alert) -> None:
        assert sign_in_as(keeper).get(f"/incidents/new/?alert={alert}").status_code == 404

    def test_another_clinics_alert_is_none_and_the_try_is_booked(
        self, sign_in_as, keeper_elsewhere, clinic, booked
    ) -> None:
        alert = Alert.objects.create(
            kind="crypto", target="turn.text", clinic=clinic, day=timezone.localdate(),
            last_at=timezone.now(),
        )  # fmt: skip
        desk, there = sign_in_as(keeper_elsewhere), f"new/?alert={alert.pk}"
        assert desk.get(f"/incidents/{there}").status_code == 404
        assert post(desk, there, title="资料外泄").status_code == 404
        assert [one.target for one in booked("access.not_found")] == [alert.trail_target] * 2

    def test_an_alert_of_the_installation_names_own_incidents_only(
        self, sign_in_as, keeper, keeper_elsewhere
    ) -> None:
        alert = Alert.objects.create(
            kind="crypto", target="turn.text", day=timezone.localdate(), last_at=timezone.now()
        )
        now = timezone.now()
        for person, title in ((keeper, "本院事件"), (keeper_elsewhere, "别院事件")):
            services.declare(
                title=title, known_at=now, since=now - timedelta(days=1), until=None, suspect=None,
                alert_id=alert.pk, actor=person,
            )  # fmt: skip
        text = sign_in_as(keeper).get(f"/alerts/{alert.pk}/").content.decode()
        assert "本院事件" in text
        assert "别院事件" not in text


class TestClocks:
    def test_steps_stop_them(self, incident, keeper) -> None:
        step(incident, keeper)
        assert selectors.row_of(incident).triage.clock.stopped_at is None
        reported = step(incident, keeper, Kind.INTERNAL_REPORT)
        step(incident, keeper, Kind.INTERNAL_REPORT)  # the first one counts
        decided = step(incident, keeper, Kind.NO_REPORT)
        row = selectors.row_of(Incident.objects.get())
        assert row.triage.clock.stopped_at == reported.created_at
        assert row.report.clock.stopped_at == decided.created_at
        assert row.triage.tone == row.report.tone == "ok"

    def test_too_late_is_said(self, incident, keeper, sign_in_as) -> None:
        before = incident.known_at - timedelta(hours=3)
        Incident.objects.update(
            known_at=before,
            triage_due_at=before + timedelta(hours=1),
            report_due_at=before + timedelta(hours=4),
        )
        row = selectors.row_of(Incident.objects.get())
        assert row.triage.late
        assert timedelta(hours=2) < row.triage.left < timedelta(hours=3)
        assert not row.report.late
        step(incident, keeper, Kind.INTERNAL_REPORT)
        late = selectors.row_of(Incident.objects.get()).triage
        assert (late.late, late.tone) == (True, "bad")
        desk = sign_in_as(keeper)
        assert desk.get("/incidents/").status_code == 200
        assert desk.get(f"/incidents/{incident.pk}/").status_code == 200


class TestAffected:
    def test_those_in_the_events_of_the_account(self, incident, keeper, carer, patient) -> None:
        seen = PatientFactory.create(clinic=patient.clinic)
        elsewhere = PatientFactory.create()
        look(carer, patient, seen)
        look(carer, elsewhere)
        look(keeper, PatientFactory.create(clinic=patient.clinic))
        assert affected(incident, keeper) == sorted([patient.code, seen.code])

    def test_within_the_span_alone(self, incident, keeper, carer, patient) -> None:
        look(carer, patient)
        incident.until = timezone.now() - timedelta(hours=1)
        assert affected(incident, keeper) == []

    def test_without_account_and_alert_nobody(self, keeper) -> None:
        now = timezone.now()
        made = services.declare(
            title="纸质名单遗失", known_at=now, since=now, until=None, suspect=None, actor=keeper
        )
        assert affected(made, keeper) == []

    def test_the_page_names_them_and_books_the_look(
        self, incident, sign_in_as, auditor, carer, patient, booked
    ) -> None:
        look(carer, patient)
        page = sign_in_as(auditor).get(f"/incidents/{incident.pk}/")
        assert patient.spaced_code in page.content.decode()
        assert page.context["may_handle"] is False
        assert booked("incident.viewed")[0].codes == [patient.code]

    def test_the_codes_leave_as_csv(
        self, incident, sign_in_as, auditor, carer, patient, booked
    ) -> None:
        look(carer, patient)
        answer = sign_in_as(auditor).post(f"/incidents/{incident.pk}/codes/")
        rows = list(csv.reader(io.StringIO(answer.content.decode().removeprefix(BOM))))
        assert rows == [["code"], [patient.code]]
        assert booked("incident.codes_exported")[0].codes == [patient.code]


class TestSteps:
    def test_a_step_stands_on_the_page_and_in_the_trail(
        self, incident, sign_in_as, keeper, booked
    ) -> None:
        page = post(sign_in_as(keeper), f"{incident.pk}/steps/", kind="measure", text=TEXT)
        assert TEXT in page.content.decode()
        made = IncidentStep.objects.get()
        assert (made.author, made.kind) == (keeper, "measure")
        assert str(made) == f"measure of {incident.pk}"
        (event,) = booked("incident.step_added")
        assert (event.reason, event.detail) == (TEXT, {"kind": "measure"})

    def test_a_text_too_short_is_shown_again(self, incident, sign_in_as, keeper) -> None:
        page = post(sign_in_as(keeper), f"{incident.pk}/steps/", kind="note", text="短")
        assert page.status_code == 422
        assert not IncidentStep.objects.exists()

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE crm_incidentstep SET text = 'x'",
            "DELETE FROM crm_incidentstep",
            "DELETE FROM crm_incident",
            "DELETE FROM crm_alert",
        ],
    )
    def test_the_app_cannot_change_what_was_noted(self, incident, keeper, sql) -> None:
        step(incident, keeper)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


class TestClose:
    def test_only_with_both_reports_noted(
        self, incident, sign_in_as, keeper, carer, patient, booked
    ) -> None:
        look(carer, patient)
        desk = sign_in_as(keeper)
        step(incident, keeper, Kind.INTERNAL_REPORT)
        post(desk, f"{incident.pk}/close/", summary=TEXT)
        assert Incident.objects.get().is_open
        step(incident, keeper, Kind.AUTHORITY_REPORT)
        assert post(desk, f"{incident.pk}/close/", summary="短").status_code == 422
        page = post(desk, f"{incident.pk}/close/", summary=TEXT)

        closed = Incident.objects.get()
        assert (closed.closed_by, closed.summary, closed.affected) == (
            keeper, TEXT, [patient.code],
        )  # fmt: skip
        assert closed.affected_sha256 == digest_of([patient.code])
        assert page.status_code == 200
        (event,) = booked("incident.closed")
        assert (event.reason, event.codes) == (TEXT, [patient.code])
        assert event.detail == {"affected": 1, "sha256": closed.affected_sha256, "part": 1}
        assert closed.affected_sha256 in page.content.decode()

    def test_afterwards_nothing_moves(self, incident, sign_in_as, keeper, carer, patient) -> None:
        step(incident, keeper, Kind.INTERNAL_REPORT)
        step(incident, keeper, Kind.NO_REPORT)
        closed = services.close(incident_id=incident.pk, summary=TEXT, actor=keeper)
        look(carer, patient)
        assert affected(closed, keeper) == []  # as it was at the end
        desk = sign_in_as(keeper)
        post(desk, f"{incident.pk}/steps/", kind="note", text=TEXT)
        post(desk, f"{incident.pk}/close/", summary=TEXT)
        assert IncidentStep.objects.count() == 2
        closed.title = "别的"
        with pytest.raises(DatabaseError), transaction.atomic():
            closed.save()
        with pytest.raises(DatabaseError), transaction.atomic():
            IncidentStep(incident=closed, author=keeper, kind="note", text=TEXT).save(
                force_insert=True
            )

    @pytest.mark.parametrize(
        "wrong",
        [
            {"triage_due_at": timezone.now()},
            {"summary": "x"},
            {"until": timezone.now() - timedelta(days=2)},
            {"span_until": timezone.now()},
            {"affected_sha256": "0" * 64},
        ],
    )
    def test_the_database_keeps_an_incident_whole(self, incident, wrong) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Incident.objects.update(**wrong)


@pytest.mark.django_db(transaction=True)
def test_not_even_the_owner_changes_what_was_noted(incident, keeper) -> None:
    step(incident, keeper, Kind.INTERNAL_REPORT)
    step(incident, keeper, Kind.NO_REPORT)
    services.close(incident_id=incident.pk, summary=TEXT, actor=keeper)
    for sql in (
        "UPDATE crm_incidentstep SET text = 'x'",
        "DELETE FROM crm_incidentstep",
        "UPDATE crm_incident SET title = 'x'",
    ):
        with owner_connection() as owner, pytest.raises(Exception, match="stays as it is"):
            owner.execute(sql)


def test_open_ones_are_counted_in_the_side_column(incident, keeper, auditor, carer) -> None:
    def shown(person) -> list[int]:
        items = [item for group in groups_for(person, "/") for item in group.items]
        return [item.count for item in items if item.url == "/incidents/"]

    assert (shown(keeper), shown(auditor), shown(carer)) == ([1], [1], [])
    assert selectors.count_open(carer) == 0


def test_the_list_shows_clocks_and_books_the_look(incident, sign_in_as, auditor, booked) -> None:
    page = sign_in_as(auditor).get("/incidents/")
    assert [row.incident for row in page.context["rows"]] == [incident]
    assert len(booked("incident.listed")) == 1


def test_another_clinics_incident_does_not_exist(
    incident, sign_in_as, keeper_elsewhere, booked
) -> None:
    desk = sign_in_as(keeper_elsewhere)
    assert desk.get("/incidents/").context["rows"] == []
    assert desk.get(f"/incidents/{incident.pk}/").status_code == 404
    for verb, data in (
        ("steps/", {"kind": "note", "text": TEXT}),
        ("close/", {"summary": TEXT}),
        ("codes/", {}),
    ):
        assert post(desk, f"{incident.pk}/{verb}", **data).status_code == 404
    assert len(booked("access.not_found")) == 4
    assert not IncidentStep.objects.exists()


def test_the_auditor_reads_and_does_not_act(incident, sign_in_as, auditor) -> None:
    desk = sign_in_as(auditor)
    assert desk.get("/incidents/new/").status_code == 403
    assert post(desk, f"{incident.pk}/steps/", kind="note", text=TEXT).status_code == 403
    assert post(desk, f"{incident.pk}/close/", summary=TEXT).status_code == 403
