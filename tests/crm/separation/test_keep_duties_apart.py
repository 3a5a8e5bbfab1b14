"""Every forbidden pair: refused by policy, service and SQL, and found at night nevertheless."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import Error, connection, transaction
from django.urls import reverse
from django.utils import timezone

from crm.access_requests.models import AccessApproval, AccessRequest, BreakGlassLift
from crm.alerts.models import Alert
from crm.alerts.watching import watch
from crm.incidents.models import Incident
from crm.separation import services, tasks
from crm.staff import checks as staff_checks
from crm.staff.enrolment import reset
from crm.staff.models import User
from privacy.access import separation
from privacy.access.policy import ROLE_PERMISSIONS, Permission, Role
from privacy.access.separation import PAIRS, Breach
from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.audit.events import Event, Kind, Registry
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.errors import AccessDenied
from tests.conftest import owner_connection
from tests.factories.people import ClinicFactory, UserFactory

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


class TestPolicy:
    def test_no_role_carries_both(self) -> None:
        assert separation.roles_in_conflict() == []

    def test_a_policy_that_did_would_be_seen(self, monkeypatch) -> None:
        both = {
            **ROLE_PERMISSIONS,
            "x": frozenset({Permission.MANAGE_STAFF, Permission.VIEW_AUDIT}),
        }
        monkeypatch.setattr(separation, "ROLE_PERMISSIONS", both)
        assert separation.roles_in_conflict() == [
            ("x", Permission.MANAGE_STAFF, Permission.VIEW_AUDIT)
        ]

    def test_every_pair_has_its_own_code_and_a_ground(self) -> None:
        assert len({pair.code for pair in PAIRS}) == len(PAIRS)
        assert all(pair.ground and str(pair.one) and str(pair.other) for pair in PAIRS)

    def test_every_fence_is_there(self) -> None:
        services_of_staff = {"open_account_of_colleague", "reset", "set_superior"}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conname::text FROM pg_constraint "
                "UNION SELECT proname || prosrc FROM pg_proc "
                "WHERE pronamespace = 'public'::regnamespace"
            )
            known = " ".join(name for (name,) in cursor.fetchall())
        fences = {fence for pair in PAIRS for fence in pair.fences} - services_of_staff
        assert [fence for fence in fences if fence not in known] == []

    def test_what_is_searched_is_in_the_table(self) -> None:
        codes = {pair.code for pair in PAIRS}
        assert {name.partition(":")[0] for name in separation.checks()} <= codes


class TestSuperusers:
    def test_nobody_can_be_one(self, monkeypatch, settings) -> None:
        names = {field.name for field in User._meta.get_fields()}
        assert not names & {"is_superuser", "is_staff", "groups", "user_permissions"}
        assert not hasattr(User, "has_perm")
        assert staff_checks.nobody_is_a_superuser() == []
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "django.contrib.admin"]
        (fault,) = staff_checks.nobody_is_a_superuser()
        assert fault.id == "suian.E003"

    def test_nor_the_role_of_the_pages(self) -> None:
        staff_checks.database_role_is_bound()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone()[0] == "suian_app"

    def test_a_superuser_at_the_pages_is_not_ready(self, monkeypatch) -> None:
        class Cursor:
            def __enter__(self):
                return self

            def __exit__(self, *_args):
                return None

            def execute(self, _statement) -> None: ...

            def fetchone(self):
                return (True,)

        class Connection:
            cursor = Cursor

        monkeypatch.setattr(staff_checks, "connection", Connection())
        with pytest.raises(RuntimeError):
            staff_checks.database_role_is_bound()


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
        User.objects.filter(pk=keeper.pk).update(role=Role.AUDITOR)
        say(User.objects.get(pk=keeper.pk), "audit.viewed")
        assert pairs_found() == {"offices", "role"}

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

    def test_consents_recorded_and_audited(self, carer, patient) -> None:
        name = next(one for one in _known("consent.") if event_called(one).kind == Kind.CHANGE)
        say(carer, name, subjects=[patient])
        assert pairs_found() == set()
        say(carer, "audit.viewed")
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
    return [name for name in Registry.known if name.startswith(prefix)]
