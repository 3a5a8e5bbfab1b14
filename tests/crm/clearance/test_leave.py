"""Leaving: one step, all or nothing; work goes to a colleague; coming back starts anew (W14)."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.clearance import leaving
from crm.patients.selectors import Filters, matching
from crm.patients.team_models import CareTeamMember
from crm.staff import enrolment, recovery
from crm.staff.models import ApiToken, StaffSession, TotpDevice, User
from crm.staff.services import MustEnrol, SignInRefused, issue_token, sign_in, suspend_account
from crm.staff.session_store import FACTOR_AT
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import Permission, Role
from privacy.audit.events import AccessEvent
from privacy.audit.services import record_denial
from privacy.errors import AccessDenied, DomainError
from privacy.exports.attempts import attempts_of
from privacy.exports.events import ExportEvent
from privacy.exports.services import deciding, handing_over
from tests.factories.consultations import draft_of
from tests.factories.exports import asked, built, side
from tests.factories.followup import PlanFactory, StepFactory
from tests.factories.people import PASSWORD, PatientFactory, UserFactory
from tests.factories.work import work_of


@pytest.fixture
def leaver(carer, patient) -> User:
    """With a session, a token, every kind of factor, and work under hand."""
    enrolment.begin(user=carer)
    recovery.issue_enrolment(user=carer)
    carer.passkeys.create(name="x", credential_id=b"x", public_key=b"x")
    issue_token(user=carer, name="x", scopes=[Permission.VIEW_PATIENTS], lifetime=timedelta(days=1))
    StepFactory.create(plan=PlanFactory.create(patient=patient), call=True)
    draft_of(patient, carer)
    return carer


def off_board(leaver: User, admin: User, successor: User | None = None):
    return leaving.off_board(user=leaver, reason="合同到期", successor=successor, actor=admin)


def test_nothing_to_sign_in_with_is_left(leaver, admin, sign_in_as, events) -> None:
    client = sign_in_as(leaver)
    off_board(leaver, admin)

    leaver.refresh_from_db()
    assert not leaver.is_active
    assert leaver.left_at is not None
    assert leaver.cleared_until is None
    assert not leaver.has_usable_password()
    assert not TotpDevice.objects.filter(user=leaver).exists()
    assert not leaver.passkeys.exists()
    assert not leaver.one_time_codes.exists()
    assert not StaffSession.objects.filter(user=leaver, ended_at=None).exists()
    assert not ApiToken.objects.filter(user=leaver, revoked_at=None).exists()
    assert client.get(reverse("staff:account")).status_code == 302
    with pytest.raises(SignInRefused):
        sign_in(staff_no=leaver.staff_no, password=PASSWORD, code="123456", ip=None)
    event = events("clearance.left")[-1]
    assert (event.actor, event.reason) == (admin.pk, "合同到期")
    assert event.target == f"staff:{leaver.staff_no}"


def test_open_work_goes_to_the_successor(leaver, admin, colleague, patient, events) -> None:
    handed = off_board(leaver, admin, colleague)

    assert [member.staff for member in patient.care_team.all()] == [colleague]
    assert {key: (one.moved, one.unassigned) for key, one in handed.items()} == {
        "calls": (1, 0), "drafts": (1, 0), "call_backs": (0, 0), "findings": (0, 0),
        "patients": (1, 0),
    }  # fmt: skip
    event = events("patient.team_handed_over")[-1]
    assert event.codes == [patient.code]
    assert event.detail == {"to": colleague.staff_no}
    assert events("clearance.left")[-1].detail["to"] == colleague.staff_no


def test_who_is_on_the_team_already_does_not_join_twice(
    leaver, admin, colleague, patient, clinic
) -> None:
    patient.care_team.create(staff=colleague)
    second = PatientFactory.create(clinic=clinic)
    second.care_team.create(staff=leaver)

    handed = off_board(leaver, admin, colleague)

    assert handed["patients"].moved == 2
    assert CareTeamMember.objects.filter(staff=colleague).count() == 2
    assert not CareTeamMember.objects.filter(staff=leaver).exists()


def test_without_a_successor_it_is_listed_as_unassigned(
    leaver, admin, receptionist, colleague, patient, clinic
) -> None:
    shared = PatientFactory.create(clinic=clinic)
    for person in (leaver, colleague):
        shared.care_team.create(staff=person)

    handed = off_board(leaver, admin)

    assert {key: (one.moved, one.unassigned) for key, one in handed.items()} == {
        "calls": (0, 1), "drafts": (0, 1), "call_backs": (0, 0), "findings": (0, 0),
        "patients": (0, 1),
    }  # fmt: skip
    alone = matching(receptionist, Filters(alone=True))
    assert [one.pk for one in alone] == [patient.pk]


def test_the_desk_finds_who_is_cared_for_by_nobody(
    sign_in_as, receptionist, carer, patient, clinic
) -> None:
    alone = PatientFactory.create(clinic=clinic)
    answer = sign_in_as(receptionist).get(reverse("patients:list"), {"alone": "on"})
    text = answer.content.decode()
    assert alone.code in text
    assert patient.code not in text.replace("-", "")


def test_somebody_without_work_just_leaves(clinic, admin, events) -> None:
    cashier = UserFactory.create(clinic=clinic, role=Role.FINANCE)
    handed = off_board(cashier, admin)
    assert {one.moved + one.unassigned for one in handed.values()} == {0}
    assert events("patient.team_handed_over") == []


@pytest.mark.parametrize("why", ["role", "clinic", "uncleared", "inactive", "self"])
def test_only_a_fitting_colleague_takes_over(leaver, admin, colleague, stranger, why) -> None:
    chosen = {"clinic": stranger, "self": leaver}.get(why, colleague)
    if why == "role":
        chosen = UserFactory.create(clinic=leaver.clinic, role=Role.NURSE)
    elif why == "uncleared":
        colleague.cleared_until = timezone.localdate() - timedelta(days=1)
    elif why == "inactive":
        colleague.is_active = False
    colleague.save()

    with pytest.raises(DomainError):
        off_board(leaver, admin, chosen)

    leaver.refresh_from_db()
    assert leaver.is_active


def test_a_handover_that_fails_undoes_everything(leaver, admin, monkeypatch, events) -> None:
    def fail(*_args: object) -> leaving.Handed:
        raise DomainError("no")

    monkeypatch.setitem(leaving._handovers, "late", (95, fail))
    with pytest.raises(DomainError):
        off_board(leaver, admin)
    leaver.refresh_from_db()
    assert leaver.is_active
    assert CareTeamMember.objects.filter(staff=leaver).exists()
    assert events("clearance.left") == []


def test_nobody_closes_or_opens_their_own_account(admin) -> None:
    with pytest.raises(AccessDenied):
        off_board(admin, admin)
    with pytest.raises(AccessDenied):
        leaving.come_back(user=admin, password="x", actor=admin)


def test_nobody_leaves_twice_or_comes_back_while_here(leaver, admin) -> None:
    with pytest.raises(DomainError):
        leaving.come_back(user=leaver, password="x", actor=admin)
    off_board(leaver, admin)
    with pytest.raises(DomainError):
        off_board(leaver, admin)


def test_who_comes_back_needs_a_new_clearance(trainee, clear, admin, events) -> None:
    clear(trainee)
    off_board(trainee, admin)
    leaving.come_back(user=trainee, password="a quite new password", actor=admin)

    trainee.refresh_from_db()
    assert trainee.is_active
    assert trainee.left_at is None
    assert trainee.cleared_until is None
    assert trainee.check_password("a quite new password")
    assert events("clearance.came_back")
    clear(trainee)
    assert trainee.cleared_until is not None


@pytest.fixture
def accountant(clinic, settings, tmp_path) -> User:
    """Asked for three exports: one taken, one refused, one 31 days ago; and tried a closed door."""
    settings.EXPORTS_DIR = str(tmp_path)
    work_of(Role.FINANCE, PatientFactory.create(clinic=clinic))
    person = UserFactory.create(clinic=clinic, role=Role.FINANCE)
    with time_machine.travel(timezone.now() - timedelta(days=31), tick=False):
        asked(person)
    handing_over.download(export=built(person), actor=person)
    no = side(person, Role.SECURITY_ADMIN)
    deciding.refuse(export=asked(person), actor=no, reason="目的不清楚，请补充说明")
    record_denial(actor=person, target="exports:trace", reason="exports.trace")
    record_denial(actor=person, target="patients:page")
    return person


def test_what_the_leaver_tried_to_export(accountant, admin, sign_in_as, events) -> None:
    """W14, step 5: asked for, taken, refused; not what is older, nor the builder's own events."""
    tried = attempts_of(accountant, now=timezone.now())
    assert [(one.what, one.refused) for one in tried] == [
        (AccessEvent.DENIED.label, True),
        (ExportEvent.REFUSED.label, True),
        (ExportEvent.ASKED.label, False),
        (ExportEvent.DOWNLOADED.label, False),
        (ExportEvent.ASKED.label, False),
    ]
    codes = [one.spaced_code for one in accountant.exports.order_by("-asked_at")]
    assert [one.code for one in tried] == ["", codes[0], codes[0], codes[1], codes[1]]

    address = reverse("clearance:leave", args=[accountant.pk])
    page = (
        sign_in_as(admin).post(address, {FIELD: new_key(), "reason": "合同到期"}).content.decode()
    )

    assert [page.count(code) for code in codes] == [2, 2, 0]
    assert events("clearance.left")[-1].detail["export_attempts"] == 5


def test_the_lookup_costs_the_same_for_few_and_for_many(accountant) -> None:
    with CaptureQueriesContext(connection) as few:
        assert len(attempts_of(accountant, now=timezone.now())) == 5
    deciding.withdraw(export=asked(accountant), actor=accountant)
    record_denial(actor=accountant, target="exports:list", reason="exports.view")
    with CaptureQueriesContext(connection) as many:
        assert len(attempts_of(accountant, now=timezone.now())) == 8
    assert len(many) == len(few)


def test_somebody_who_exported_nothing_is_said_so(leaver, admin, sign_in_as) -> None:
    address = reverse("clearance:leave", args=[leaver.pk])
    answer = sign_in_as(admin).post(address, {FIELD: new_key(), "reason": "合同到期"})
    assert answer.context["attempts"] == []


def test_the_security_administrator_reaches_the_exports_of_who_left(
    leaver, admin, guard, sign_in_as
) -> None:
    way = f"{reverse('trail:list')}?operator={leaver.staff_no}&amp;kind=export"
    assert way not in sign_in_as(guard).get(reverse("staff:list")).content.decode()
    off_board(leaver, admin)
    assert way in sign_in_as(guard).get(reverse("staff:list")).content.decode()
    assert way not in sign_in_as(admin).get(reverse("staff:list")).content.decode()


class TestPages:
    def test_the_whole_way(self, sign_in_as, leaver, admin, colleague, patient) -> None:
        client = sign_in_as(admin)
        address = reverse("clearance:leave", args=[leaver.pk])
        page = client.get(address).content.decode()
        assert colleague.display_name in page
        assert client.post(address, {FIELD: new_key()}).status_code == 422

        form = {"reason": "合同到期", "successor": str(colleague.pk)}
        done = client.post(address, {FIELD: new_key(), **form})

        assert done.status_code == 200
        assert patient.code not in done.content.decode().replace(
            "-", ""
        )  # administrators know no patient
        assert colleague.display_name in done.content.decode()
        again = client.post(address, {FIELD: new_key(), "reason": "再来一次"})
        assert again.status_code == 422
        assert address not in client.get(reverse("staff:list")).content.decode()

        back = reverse("clearance:come-back", args=[leaver.pk])
        opened = client.post(back, {FIELD: new_key()})
        assert opened.status_code == 200
        leaver.refresh_from_db()
        assert leaver.is_active

    def test_the_list_asks_before_somebody_comes_back(self, sign_in_as, leaver, admin) -> None:
        suspend_account(user=leaver, actor=admin)
        page = sign_in_as(admin).get(reverse("staff:list")).content.decode()
        back = reverse("clearance:come-back", args=[leaver.pk])
        table, dialogs = page.split("</table>")
        assert f'data-open="back-{leaver.pk}"' in table
        assert back not in table
        assert back in dialogs[dialogs.index(f'<dialog id="back-{leaver.pk}"') :]

    def test_nobody_alone_comes_back_as_a_suspended_colleague(
        self, sign_in_as, leaver, admin, guard
    ) -> None:
        suspend_account(user=leaver, actor=admin)
        back = reverse("clearance:come-back", args=[leaver.pk])
        opened = sign_in_as(admin).post(back, {FIELD: new_key()})
        password = opened.context["password"]
        assert "enrolment_code" not in opened.context
        assert not TotpDevice.objects.filter(user=leaver).exists()
        assert not leaver.one_time_codes.exists()
        reset = reverse("staff:reset-factor", args=[leaver.pk])
        code = sign_in_as(guard).post(reset, {FIELD: new_key()}).context["enrolment_code"]
        with pytest.raises(MustEnrol):
            sign_in(staff_no=leaver.staff_no, password=password, code=code, ip=None)

    def test_it_takes_a_fresh_second_factor(self, sign_in_as, leaver, admin) -> None:
        client = sign_in_as(admin)
        session = client.session
        session[FACTOR_AT] = int(time.time()) - 31 * 60
        session.save()
        address = reverse("clearance:leave", args=[leaver.pk])
        assert client.get(address).status_code == 302
        assert client.post(address, {FIELD: new_key(), "reason": "合同到期"}).status_code == 422
        leaver.refresh_from_db()
        assert leaver.is_active

    def test_only_the_system_administrator_may(self, sign_in_as, leaver, guard, colleague) -> None:
        address = reverse("clearance:leave", args=[leaver.pk])
        for person in (guard, colleague):
            assert sign_in_as(person).get(address).status_code == 403
