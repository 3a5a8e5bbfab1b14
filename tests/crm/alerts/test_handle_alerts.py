"""Alerts on the page: who sees them, who takes them on, how they end (R23)."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.alerts import selectors, services
from crm.alerts.models import Alert
from crm.web.idempotency import FIELD
from crm.web.nav import groups_for
from privacy.access.policy import Permission, Role, roles_with
from privacy.errors import AccessDenied, DomainError
from tests.factories.guards import guarded_by
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db
FOUND = "已与本人核对，是误操作"


@pytest.fixture
def alert(clinic) -> Alert:
    return make(clinic=clinic)


def make(**more) -> Alert:
    given = {"kind": "crypto", "target": "turn.text", "day": timezone.localdate()}
    return Alert.objects.create(**{**given, "last_at": timezone.now(), **more})


def post(desk, alert: Alert, verb: str, **data: str):
    return desk.post(f"/alerts/{alert.pk}/{verb}/", {FIELD: str(uuid4()), **data}, follow=True)


def count_in_nav(person) -> int:
    items = [item for group in groups_for(person, "/") for item in group.items]
    return next(item.count for item in items if item.url == "/alerts/")


def test_the_auditor_reads_and_the_security_administrator_acts() -> None:
    assert roles_with(Permission.VIEW_ALERTS) == {Role.SECURITY_ADMIN, Role.AUDITOR}
    assert roles_with(Permission.HANDLE_ALERTS) == {Role.SECURITY_ADMIN}


def test_alerts_are_the_desk_of_the_security_administrator(sign_in_as, keeper, alert) -> None:
    page = sign_in_as(keeper).get("/", follow=True)
    assert page.redirect_chain[-1][0] == "/alerts/"
    assert [one.pk for one in page.context["page"].object_list] == [alert.pk]


def test_the_list_is_narrowed_by_state_and_booked(sign_in_as, keeper, alert, booked) -> None:
    desk = sign_in_as(keeper)
    assert desk.get("/alerts/?state=open").context["page"].paginator.count == 1
    assert desk.get("/alerts/?state=closed").context["page"].paginator.count == 0
    assert desk.get("/alerts/?state=nonsense").context["page"].paginator.count == 1
    assert [one.detail["state"] for one in booked("alert.listed")] == ["all", "closed", "open"]


def test_new_ones_are_counted_in_the_side_column(keeper, auditor, carer, alert) -> None:
    make(target="of the installation")
    assert (count_in_nav(keeper), count_in_nav(auditor)) == (2, 2)
    services.acknowledge(alert_id=alert.pk, actor=keeper)
    assert count_in_nav(keeper) == 1
    assert selectors.count_open(carer) == 0


def test_the_page_names_own_patients_only_and_books_them(
    sign_in_as, auditor, patient, booked
) -> None:
    elsewhere = PatientFactory.create()
    alert = make(codes=[patient.code, elsewhere.code])
    page = sign_in_as(auditor).get(f"/alerts/{alert.pk}/")
    text = page.content.decode()
    assert patient.spaced_code in text
    assert elsewhere.code not in text.replace("-", "")
    assert page.context["may_handle"] is False
    (event,) = booked("alert.viewed")
    assert (event.codes, event.target) == ([patient.code], f"alert:{alert.pk}")


def test_it_is_taken_on_once(sign_in_as, keeper, alert, booked) -> None:
    desk = sign_in_as(keeper)
    page = post(desk, alert, "acknowledge")
    alert.refresh_from_db()
    assert (alert.state, alert.taken_by) == ("acknowledged", keeper)
    assert page.status_code == 200
    post(desk, alert, "acknowledge")
    assert len(booked("alert.acknowledged")) == 1
    with pytest.raises(DomainError):
        services.acknowledge(alert_id=alert.pk, actor=keeper)


def test_it_is_closed_with_a_note_that_stands_in_the_trail(
    sign_in_as, keeper, alert, booked
) -> None:
    desk = sign_in_as(keeper)
    assert post(desk, alert, "close", note="太短").status_code == 422
    post(desk, alert, "close", note=FOUND)
    alert.refresh_from_db()
    assert (alert.state, alert.closed_by, alert.taken_by, alert.note) == (
        "closed", keeper, keeper, FOUND,
    )  # fmt: skip
    assert alert.taken_at == alert.closed_at
    (event,) = booked("alert.closed")
    assert (event.reason, event.detail) == (FOUND, {})
    assert post(desk, alert, "close", note=FOUND).status_code == 200
    assert len(booked("alert.closed")) == 1


def test_a_note_takes_no_numbers_of_people(sign_in_as, keeper, alert) -> None:
    page = post(sign_in_as(keeper), alert, "close", note="患者电话 13800138000 已核对")
    assert page.status_code == 422
    alert.refresh_from_db()
    assert alert.state == "open"


def test_nobody_closes_what_is_about_them(keeper, clinic, sign_in_as, booked) -> None:
    alert = make(clinic=clinic, staff=keeper, kind="denials", target=f"staff:{keeper.pk}")
    with pytest.raises(AccessDenied):
        services.close(alert_id=alert.pk, note=FOUND, actor=keeper)
    assert post(sign_in_as(keeper), alert, "close", note=FOUND).status_code != 302
    alert.refresh_from_db()
    assert alert.state == "open"
    assert booked("alert.closed") == []


def test_another_clinics_alert_does_not_exist(sign_in_as, keeper_elsewhere, alert, booked) -> None:
    desk = sign_in_as(keeper_elsewhere)
    assert desk.get("/alerts/").context["page"].paginator.count == 0
    assert desk.get(f"/alerts/{alert.pk}/").status_code == 404
    assert post(desk, alert, "acknowledge").status_code == 404
    assert post(desk, alert, "close", note=FOUND).status_code == 404
    assert post(desk, alert, "close", note="").status_code == 404
    assert len(booked("access.not_found")) == 4
    alert.refresh_from_db()
    assert alert.state == "open"


def test_the_auditor_does_not_act(sign_in_as, auditor, alert) -> None:
    desk = sign_in_as(auditor)
    assert post(desk, alert, "acknowledge").status_code == 403
    assert post(desk, alert, "close", note=FOUND).status_code == 403


def test_who_took_it_on_stays_named_when_another_closes_it(keeper, clinic, alert) -> None:
    other = UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)
    services.acknowledge(alert_id=alert.pk, actor=keeper)
    closed = services.close(alert_id=alert.pk, note=FOUND, actor=other)
    assert (closed.taken_by, closed.closed_by) == (keeper, other)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "acknowledged"},
        {"state": "closed", "note": "x"},
        {"note": "x"},
        {},  # the same kind, target and day once more
    ],
)
def test_the_database_keeps_states_whole(alert, clinic, wrong) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make(clinic=clinic, target="other" if wrong else alert.target, **wrong)


def test_nobody_reads_their_own_code_as_a_patient(clinic, keeper, auditor, patient, carer) -> None:
    """T1: the colleague beside them does."""
    alert = make(clinic=clinic, codes=[patient.code])
    guarded_by(patient, carer, person=keeper)
    assert services.open_alert(viewer=keeper, alert_id=alert.pk).codes == []
    assert services.open_alert(viewer=auditor, alert_id=alert.pk).codes == [patient.code]
