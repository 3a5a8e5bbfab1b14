"""Whom an incident touches when no account is suspected: a stolen copy, a leaked file (R23)."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from crm.honey import services as honey
from crm.incidents import selectors, services
from crm.incidents.models import Incident, IncidentStep
from crm.incidents.rules import digest_of
from crm.incidents.services import Description, Scope
from crm.web.cells import BOM
from crm.web.idempotency import FIELD
from privacy.access.policy import Role
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.row_changes import RowEvent
from privacy.errors import AccessDenied, DomainError
from tests.factories.exports import built
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db
Kind = IncidentStep.Kind
TEXT = "已停用账号，会话全部结束"


@pytest.fixture
def lost(keeper) -> Incident:
    """Nobody is suspected: a copy of the database is gone."""
    now = timezone.now()
    return services.declare(
        title="备份介质遗失", known_at=now, since=now, until=None, suspect=None, actor=keeper
    )


def found(incident: Incident, keeper, **scope) -> list[str]:
    services.choose_scope(incident_id=incident.pk, scope=Scope(**scope), actor=keeper)
    return selectors.affected_codes(selectors.incident_of(keeper, incident.pk), keeper)


def look(person, *patients) -> None:
    with transaction.atomic():
        audit.record(AuditTrailEvent.VIEWED, actor=person, subjects=patients)


def post(desk, path: str, **data):
    return desk.post(f"/incidents/{path}", {FIELD: str(uuid4()), **data}, follow=True)


def end(incident: Incident, keeper) -> Incident:
    for kind in (Kind.INTERNAL_REPORT, Kind.NO_REPORT):
        services.add_step(incident_id=incident.pk, kind=kind, text=TEXT, actor=keeper)
    return services.close(incident_id=incident.pk, summary=TEXT, actor=keeper)


class TestSources:
    def test_all_patients_of_the_clinic_but_invented_ones(self, lost, keeper, patient) -> None:
        other = PatientFactory.create(clinic=patient.clinic)
        PatientFactory.create()
        honey.plant(number=1, actor=keeper)
        assert found(lost, keeper) == []
        assert found(lost, keeper, all_patients=True) == sorted([patient.code, other.code])

    def test_typed_codes_of_own_patients_alone(self, lost, keeper, patient) -> None:
        elsewhere = PatientFactory.create()
        assert found(lost, keeper, listed=(patient.code, elsewhere.code)) == [patient.code]

    def test_the_rows_of_an_export(self, lost, keeper, clinic, carer, patient) -> None:
        doctor = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
        mine, later = PatientFactory.create_batch(2, clinic=clinic)
        mine.care_team.create(staff=doctor)
        export = built(doctor)
        later.care_team.create(staff=doctor)
        assert found(lost, keeper, export=export) == [mine.code]

    def test_seen_or_changed_in_a_time_by_anybody(self, lost, keeper, carer, patient) -> None:
        seen, changed, served = PatientFactory.create_batch(3, clinic=patient.clinic)
        start = timezone.now()
        look(carer, seen)
        with transaction.atomic():
            audit.record(RowEvent.UNATTRIBUTED, process="rows", subjects=[changed], target="x:1")
            audit.record(AuditTrailEvent.VIEWED, process="reminders", subjects=[served])
        services.open_incident(viewer=keeper, incident_id=lost.pk)
        assert found(lost, keeper, span_since=start) == sorted([seen.code, changed.code])
        before = {"span_since": start - timedelta(hours=2), "span_until": start}
        assert found(lost, keeper, **before) == []

    def test_by_one_person(self, lost, keeper, carer, patient) -> None:
        other = PatientFactory.create(clinic=patient.clinic)
        start = timezone.now()
        look(carer, patient)
        look(keeper, other)
        assert found(lost, keeper, span_since=start, span_person=carer) == [patient.code]

    def test_what_is_chosen_counts_together_and_the_account_can_be_left_out(
        self, incident, keeper, carer, patient
    ) -> None:
        other = PatientFactory.create(clinic=patient.clinic)
        look(carer, patient)
        assert found(incident, keeper, listed=(other.code,)) == sorted([patient.code, other.code])
        assert found(incident, keeper, by_trail=False, listed=(other.code,)) == [other.code]


class TestChoosing:
    def test_on_the_page_stored_as_a_choice_and_booked(
        self, lost, sign_in_as, keeper, patient, booked
    ) -> None:
        desk = sign_in_as(keeper)
        listed = f"code\n{patient.spaced_code}"
        page = post(desk, f"{lost.pk}/scope/", by_trail="on", listed=listed)
        assert page.status_code == 422
        assert patient.spaced_code in page.content.decode()
        page = post(desk, f"{lost.pk}/scope/", by_trail="on", listed=patient.spaced_code)
        assert page.context["opened"].codes == [patient.code]
        assert page.context["scope_form"].initial["listed"] == patient.spaced_code
        lost.refresh_from_db()
        assert (lost.listed, lost.affected, lost.all_patients) == ([patient.code], [], False)
        (event,) = booked("incident.scoped")
        assert event.detail == {
            "trail": 1, "all": 0, "listed": 1, "export": "", "since": "", "until": "", "staff": "",
            "affected": 1,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"span_until": "2026-01-01T10:00"}, "span_since"),
            ({"span_since": "2026-01-01T10:00", "span_until": "2026-01-01T09:00"}, "span_until"),
        ],
    )
    def test_a_time_that_is_none(self, lost, sign_in_as, keeper, given, field) -> None:
        page = post(sign_in_as(keeper), f"{lost.pk}/scope/", **given)
        assert page.status_code == 422
        assert field in page.context["form"].errors

    def test_below_the_form_too(self, lost, incident, keeper, carer) -> None:
        now = timezone.now()
        for scope in (Scope(span_person=carer), Scope(span_since=now, span_until=now)):
            with pytest.raises(DomainError):
                services.choose_scope(incident_id=lost.pk, scope=scope, actor=keeper)
        with pytest.raises(AccessDenied):
            services.choose_scope(incident_id=incident.pk, scope=Scope(), actor=carer)

    def test_of_another_clinic_and_by_who_only_reads(
        self, lost, sign_in_as, keeper_elsewhere, auditor
    ) -> None:
        for verb in ("scope/", "told/"):
            assert post(sign_in_as(keeper_elsewhere), f"{lost.pk}/{verb}").status_code == 404
            assert post(sign_in_as(auditor), f"{lost.pk}/{verb}").status_code == 403


class TestTheEnd:
    def test_count_and_digest_are_frozen(self, lost, keeper, patient, booked, sign_in_as) -> None:
        found(lost, keeper, all_patients=True)
        closed = end(lost, keeper)
        PatientFactory.create(clinic=patient.clinic)
        assert selectors.affected_codes(closed, keeper) == [patient.code]
        (event,) = booked("incident.closed")
        assert event.detail["sha256"] == closed.affected_sha256 == digest_of([patient.code])
        page = post(sign_in_as(keeper), f"{lost.pk}/scope/", all_patients="on")
        assert page.status_code == 422
        assert 'class="err-sum"' in page.content.decode()
        assert selectors.affected_codes(Incident.objects.get(), keeper) == [patient.code]

    def test_many_are_named_in_several_events(
        self, lost, keeper, patient, booked, sign_in_as, monkeypatch
    ) -> None:
        monkeypatch.setattr(services, "PART", 2)
        monkeypatch.setattr(services, "SHOWN", 1)
        codes = sorted(
            [
                patient.code,
                *(one.code for one in PatientFactory.create_batch(2, clinic=patient.clinic)),
            ]
        )
        found(lost, keeper, all_patients=True)
        desk = sign_in_as(keeper)
        page = desk.get(f"/incidents/{lost.pk}/").context["opened"]
        assert (page.codes, page.affected) == (codes[:1], 3)
        assert booked("incident.viewed")[-1].codes == codes[:1]
        answer = desk.post(f"/incidents/{lost.pk}/codes/")
        rows = list(csv.reader(io.StringIO(answer.content.decode().removeprefix(BOM))))
        assert rows == [["code"], *([code] for code in codes)]
        events = booked("incident.codes_exported")
        events.sort(key=lambda one: one.detail["part"])
        assert [one.codes for one in events] == [codes[:2], codes[2:]]


class TestNotices:
    TOLD = Description(
        data_kinds=("contact", "identity"),
        cause="介质未加密",
        harm="可能收到冒名来电",
        told_happened="一份备份在运输途中遗失",
        told_done="已停用该备份并重新备份",
        contact="诊所前台 010-6000 0000",
    )

    @pytest.mark.parametrize(
        "notice", ["authority-zh-hans", "authority-en", "person-zh-hans", "person-en"]
    )
    def test_each_is_filled_and_booked_and_names_nobody(
        self, lost, sign_in_as, auditor, keeper, patient, notice, booked
    ) -> None:
        found(lost, keeper, all_patients=True)
        services.describe(incident_id=lost.pk, told=self.TOLD, actor=keeper)
        services.add_step(incident_id=lost.pk, kind=Kind.MEASURE, text=TEXT, actor=keeper)
        text = sign_in_as(auditor).get(f"/incidents/{lost.pk}/notice/{notice}/").content.decode()
        theirs = {"authority": (lost.title, TEXT),
                  "person": (self.TOLD.told_happened, self.TOLD.told_done)}  # fmt: skip
        reader = notice.partition("-")[0]
        for fact in (*theirs[reader], self.TOLD.cause, self.TOLD.harm, self.TOLD.contact):
            assert fact in text
        for other, facts in theirs.items():
            assert other == reader or not any(fact in text for fact in facts)
        assert f'<html lang="{notice.partition("-")[2]}"' in text
        assert patient.code not in text
        assert patient.spaced_code not in text
        (event,) = booked("incident.notice_printed")
        assert (event.kind, event.detail, event.codes) == ("print", {"notice": notice}, [])

    def test_what_is_missing_is_said(self, lost, sign_in_as, keeper) -> None:
        text = sign_in_as(keeper).get(f"/incidents/{lost.pk}/notice/person-en/").content.decode()
        assert "[to be filled in]" in text

    def test_what_they_tell_is_written_on_the_page(self, lost, sign_in_as, keeper, booked) -> None:
        desk = sign_in_as(keeper)
        told = {"data_kinds": ["contact", "fees"], "cause": "介质未加密", "harm": "冒名来电",
                "told_happened": "备份遗失", "told_done": "已停用该备份",
                "contact": "010-60000000"}  # fmt: skip
        for name in ("told_happened", "cause", "harm", "told_done"):
            bad = post(desk, f"{lost.pk}/told/", **{**told, name: "电话 13812345678 泄露"})
            assert bad.status_code == 422
            assert "13812345678" in bad.content.decode()
        assert post(desk, f"{lost.pk}/told/", **told).status_code == 200
        lost.refresh_from_db()
        assert (lost.data_kinds, lost.contact) == (["contact", "fees"], "010-60000000")
        (event,) = booked("incident.described")
        assert event.reason == "备份遗失\n介质未加密\n冒名来电\n已停用该备份"
        assert event.detail == {"kinds": "contact fees"}

    def test_strangers_and_other_texts(self, lost, sign_in_as, keeper, keeper_elsewhere) -> None:
        there = f"/incidents/{lost.pk}/notice/"
        assert sign_in_as(keeper).get(f"{there}person-fr/").status_code == 404
        assert sign_in_as(keeper_elsewhere).get(f"{there}person-en/").status_code == 404
