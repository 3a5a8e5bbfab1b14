"""Every forbidden pair: refused by policy, service and SQL, and found at night nevertheless."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import Error, transaction
from django.urls import reverse
from django.utils import timezone

from crm.access_requests.models import AccessApproval, AccessRequest, BreakGlassLift
from crm.alerts.models import Alert
from crm.alerts.watching import watch
from crm.custody import services as custody
from crm.incidents.models import Incident
from crm.patients.models import PatientGuard
from crm.patients.services import consents, guarding
from crm.separation import services, tasks
from crm.staff.enrolment import reset
from crm.staff.models import User
from privacy.access import separation
from privacy.access.policy import Role
from privacy.access.separation import PAIRS, Breach
from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.audit.events import Event, Kind, Registry
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.consent.models import Channel, ConsentEntry, Manner, Purpose
from privacy.consent.rules import Answer
from privacy.errors import AccessDenied
from tests.conftest import owner_connection
from tests.factories.people import ClinicFactory, UserFactory, in_another_role

WHY = "一二三四五六七八九十"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keeper(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)


def booked(action: str) -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(action=action).order_by("at", "id"))


def event_called(name: str) -> Event:
    """The product's own event of that name."""
    return Registry.known[name]


def say(actor: Actor, name: str, **facts: object) -> None:
    with transaction.atomic():
        audit.record(event_called(name), actor=actor, **facts)


def pairs_found() -> set[str]:
    return {one.pair for one in services.search(process="separation")}


class TestRefusedInSql:
    """The services' refusals are tested beside each service; here the tables themselves."""

    def test_an_alert_about_oneself(self, keeper, clinic) -> None:
        now = timezone.now()
        alert = Alert.objects.create(
            kind="denials", target="x", day=now.date(), clinic=clinic, staff=keeper, last_at=now
        )
        with pytest.raises(Error):
            Alert.objects.filter(pk=alert.pk).update(
                state="closed", taken_by=keeper, taken_at=now, closed_by=keeper, closed_at=now,
                note="x",
            )  # fmt: skip

    def test_an_incident_about_oneself(self, keeper, clinic) -> None:
        from crm.incidents import rules
        from crm.incidents.services import close

        now = timezone.now()
        row = Incident.objects.create(
            clinic=clinic, title="x", known_at=now, triage_due_at=now + rules.TRIAGE,
            report_due_at=now + rules.REPORT, since=now, suspect=keeper, opened_by=keeper,
        )  # fmt: skip
        with pytest.raises(AccessDenied):
            close(incident_id=row.pk, summary="x", actor=keeper)
        with pytest.raises(Error):
            Incident.objects.filter(pk=row.pk).update(closed_by=keeper, closed_at=now, summary="x")

    def test_a_lift_of_ones_own(self, keeper) -> None:
        with pytest.raises(Error):
            BreakGlassLift.objects.create(staff=keeper, lifted_by=keeper, reason=WHY)

    def test_a_yes_to_ones_own_request(self, carer, patient) -> None:
        now = timezone.now()
        asked = AccessRequest.objects.create(
            batch=uuid4(), kind="asked", clinic=carer.clinic, staff=carer, code=patient.code,
            patient=patient, purpose="cover", reason=WHY, state="asked", asked_at=now,
            wanted_until=now + timedelta(days=1), needed=1,
        )  # fmt: skip
        with pytest.raises(Error):
            AccessApproval.objects.create(request=asked, approver=carer, until=now)

    def test_a_role_in_place(self, keeper) -> None:
        with pytest.raises(Error, match="another office is another account"):
            User.objects.filter(pk=keeper.pk).update(role=Role.AUDITOR)
        keeper.display_name = "郑"
        keeper.save()  # all its columns, the role as it was

    @pytest.mark.parametrize(
        "role", [Role.MEDICAL_QC, Role.SECURITY_ADMIN, Role.AUDITOR, Role.FRONT_DESK]
    )
    def test_a_consent_recorded_by_who_audits(self, clinic, patient, role) -> None:
        who = UserFactory.create(clinic=clinic, role=role)
        key = {"subject": patient.subject, "purpose": Purpose.FOLLOW_UP, "channel": Channel.SMS}
        row = {**key, "answer": "refused", "manner": "spoken", "operator": who}
        if role == Role.FRONT_DESK:
            ConsentEntry.objects.create(**row)
            return
        with pytest.raises(AccessDenied):
            consents.answer(
                patient=patient, cell=consents.cell_of(patient, "follow_up-sms"), actor=who,
                given=Answer.REFUSED, manner=Manner.SPOKEN,
            )  # fmt: skip
        with pytest.raises(AccessDenied):
            consents.stop_all(patient=patient, actor=who, pause=True)
        with pytest.raises(Error, match="writes nothing into it"):
            ConsentEntry.objects.create(**row)

    def test_keys_by_who_keeps_accounts(self, clinic) -> None:
        accounts = UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)
        for act in (
            lambda: custody.rotate(zone="contact", actor=accounts),
            lambda: custody.rewrap(actor=accounts),
            lambda: custody.retire(actor=accounts),
        ):
            with pytest.raises(AccessDenied):
                act()

    def test_ones_own_second_factor(self, keeper) -> None:
        with pytest.raises(AccessDenied):
            reset(user=keeper, actor=keeper)


class TestFoundAtNight:
    def test_nothing_on_a_quiet_day(self, keeper, carer) -> None:
        say(carer, "audit.viewed")
        assert services.search(process="separation") == []
        (event,) = booked("separation.checked")
        assert (event.outcome, event.detail["found"]) == ("ok", 0)

    def test_two_offices_in_a_day(self, keeper) -> None:
        say(keeper, "audit.viewed")
        with roles_that_move():
            User.objects.filter(pk=keeper.pk).update(role=Role.AUDITOR)
        say(User.objects.get(pk=keeper.pk), "audit.viewed")
        assert pairs_found() == {"offices", "role"}

    def test_two_offices_with_weeks_between_are_told_once(self, keeper, time_machine) -> None:
        say(keeper, "audit.viewed")
        other = in_another_role(keeper, Role.AUDITOR)
        found = []
        for days in (30, 1, 1):
            time_machine.move_to(timezone.now() + timedelta(days=days))
            say(other, "audit.viewed")
            time_machine.move_to(timezone.now() + timedelta(seconds=1))
            found.append(pairs_found())
        assert found == [{"offices"}, set(), set()]

    def test_the_own_superior(self, keeper) -> None:
        say(keeper, "staff.superior_changed", target="staff:n7")
        assert pairs_found() == set()
        say(keeper, "staff.superior_changed", target=f"staff:{keeper.staff_no}")
        assert pairs_found() == {"superior"}

    @pytest.mark.parametrize("first", ["keys.rotated", "staff.created"])
    def test_keys_and_accounts_with_months_between(self, keeper, time_machine, first) -> None:
        say(keeper, first, target="staff:n7")
        assert pairs_found() == set()
        time_machine.move_to(timezone.now() + timedelta(days=200))
        (second,) = {"keys.rotated", "staff.created"} - {first}
        say(keeper, second, target="staff:n7")
        time_machine.move_to(timezone.now() + timedelta(seconds=1))
        assert pairs_found() == {"keys"}
        time_machine.move_to(timezone.now() + timedelta(days=2))
        assert pairs_found() == set()

    def test_both_halves_of_an_account(self, keeper) -> None:
        say(keeper, "staff.created", target="staff:n7")
        say(keeper, "staff.factor_reset", target="staff:n7")
        say(keeper, "staff.factor_reset", target="staff:n8")
        assert services.search(process="separation") == [Breach("account", keeper.pk, "staff:n7")]

    def test_a_password_and_a_second_factor_are_both_halves_too(self, keeper) -> None:
        say(keeper, "staff.created", target="staff:n7")
        say(keeper, "staff.password_reset", target="staff:n7")
        assert pairs_found() == set()
        say(keeper, "staff.factor_reset", target="staff:n7")
        assert pairs_found() == {"account"}

    def test_the_own_account(self, keeper) -> None:
        say(keeper, "staff.factor_reset", target=f"staff:{keeper.staff_no}")
        assert pairs_found() == {"account"}

    def test_consents_recorded_and_audited(self, carer, patient, time_machine) -> None:
        name = next(one for one in _known("consent.") if event_called(one).kind == Kind.CHANGE)
        say(carer, name, subjects=[patient])
        assert pairs_found() == set()
        time_machine.move_to(timezone.now() + timedelta(days=100))
        say(carer, "audit.viewed")
        time_machine.move_to(timezone.now() + timedelta(seconds=1))
        assert pairs_found() == {"consent"}

    def test_mediation_that_edits(self, clinic) -> None:
        mediator = UserFactory.create(clinic=clinic, role=Role.MEDIATION)
        name = next(one for one in _known("consultation.") if event_called(one).kind == Kind.CHANGE)
        say(mediator, name)
        assert pairs_found() == {"mediation"}

    def test_records_that_a_fence_let_through(self, keeper, clinic) -> None:
        now = timezone.now()
        row = Alert.objects.create(
            kind="denials", target="x", day=now.date(), clinic=clinic, staff=keeper, last_at=now
        )
        with owner_connection() as owner:
            fence = "nobody_closes_alerts_about_oneself"
            (text,) = owner.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [fence]
            ).fetchone()
            owner.execute(f"ALTER TABLE crm_alert DROP CONSTRAINT {fence}")
            try:
                Alert.objects.filter(pk=row.pk).update(
                    state="closed", taken_by=keeper, taken_at=now, closed_by=keeper,
                    closed_at=now, note="x",
                )  # fmt: skip
                assert services.search(process="separation") == [
                    Breach("alert", keeper.pk, f"alert:{row.pk}")
                ]
            finally:
                owner.execute(f"DELETE FROM crm_alert WHERE id = '{row.pk}'")
                owner.execute(f"ALTER TABLE crm_alert ADD CONSTRAINT {fence} {text}")

    def test_one_who_lifted_a_guard_alone(self, clinic, patient, carer) -> None:
        mark = guarding.guard(patient=patient, kind="vip", reason=WHY, actor=carer)
        now, rows = timezone.now(), PatientGuard.objects.filter(pk=mark.pk)
        rows.update(lift_asked_by=carer, lift_asked_at=now)
        with owner_connection() as owner:
            fence = "guard_is_lifted_by_two"
            (text,) = owner.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [fence]
            ).fetchone()
            owner.execute(f"ALTER TABLE crm_patientguard DROP CONSTRAINT {fence}")
            try:
                rows.update(until=now, lifted_by=carer)
                assert services.search(process="separation") == [
                    Breach("guard", carer.pk, f"guard:{mark.pk}")
                ]
            finally:
                owner.execute(
                    f"ALTER TABLE crm_patientguard ADD CONSTRAINT {fence} {text} NOT VALID"
                )

    def test_a_breach_is_an_alert(self, keeper) -> None:
        say(keeper, "staff.factor_reset", target=f"staff:{keeper.staff_no}")
        tasks.separation()
        watch()
        (alert,) = Alert.objects.filter(kind="separation")
        assert (alert.staff, alert.clinic_id) == (keeper, keeper.clinic_id)

    def test_what_others_register_is_searched(self, keeper, monkeypatch) -> None:
        monkeypatch.setattr(separation, "_checks", {})
        separation.register_check(
            "export: x",
            lambda _since, _until: [
                Breach("export", keeper.pk, "export:1"),
                Breach("export", keeper.pk, "export:1"),
            ],
        )
        assert services.search(process="separation") == [Breach("export", keeper.pk, "export:1")]

    def test_the_time_between_two_reports_is_covered(self, monkeypatch, time_machine) -> None:
        spans = []
        monkeypatch.setattr(separation, "_checks", {})
        separation.register_check("x", lambda since, until: spans.append(until - since) or [])
        services.search(process="separation")
        for days in (3, 60, 0):
            time_machine.move_to(timezone.now() + timedelta(days=days))
            services.search(process="separation")
        day = timedelta(days=1)
        assert [round(one / day) for one in spans] == [1, 3, 31, 1]

    def test_the_command(self, keeper, capsys) -> None:
        with pytest.raises(SystemExit) as ended:
            call_command("separation_report")
        assert ended.value.code == 0
        say(keeper, "staff.factor_reset", target=f"staff:{keeper.staff_no}")
        with pytest.raises(SystemExit) as ended:
            call_command("separation_report")
        assert ended.value.code == 1
        assert f"account: {keeper.pk}" in capsys.readouterr().out


@contextmanager
def roles_that_move() -> Iterator[None]:
    """As if the owner of the database had lowered the fence."""
    with owner_connection() as owner:
        owner.execute("ALTER TABLE crm_user DISABLE TRIGGER user_role_stays")
        try:
            yield
        finally:
            owner.execute("ALTER TABLE crm_user ENABLE ALWAYS TRIGGER user_role_stays")


class TestPage:
    @pytest.mark.parametrize("role", [Role.SECURITY_ADMIN, Role.AUDITOR])
    def test_table_and_findings(self, keeper, clinic, sign_in_as, role) -> None:
        viewer = UserFactory.create(clinic=clinic, role=role)
        browser = sign_in_as(viewer)
        url = reverse("separation:overview")
        page = browser.get(url, headers={"accept-language": "en"}).content.decode()
        assert "Not searched yet" in page
        services.search(process="separation")
        page = browser.get(url, headers={"accept-language": "en"}).content.decode()
        assert "Nobody stood on both sides" in page
        assert "There are no sealed sets in the product yet" in page
        assert page.count("searched every night") == len(PAIRS)
        say(keeper, "staff.factor_reset", target=f"staff:{keeper.staff_no}")
        services.search(process="separation")
        page = browser.get(url, headers={"accept-language": "en"}).content.decode()
        assert keeper.display_name in page
        assert len(booked("separation.viewed")) == 3

    def test_another_clinics_are_not_shown(self, keeper, sign_in_as) -> None:
        say(keeper, "staff.factor_reset", target=f"staff:{keeper.staff_no}")
        services.search(process="separation")
        stranger = UserFactory.create(clinic=ClinicFactory.create(), role=Role.AUDITOR)
        page = sign_in_as(stranger).get(reverse("separation:overview")).content.decode()
        assert keeper.display_name not in page

    def test_others_may_not(self, carer, sign_in_as) -> None:
        assert sign_in_as(carer).get(reverse("separation:overview")).status_code == 403


def _known(prefix: str) -> list[str]:
    import_module(settings.ROOT_URLCONF)  # brings the events of every floor
    return [name for name in Registry.known if name.startswith(prefix)]
