"""A promised call-back has somebody who keeps it and a time, and is shown when it is due (S32)."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from consult.consultations import selectors
from consult.consultations.listeners import _due
from consult.consultations.models import Consultation
from crm.clearance import leaving
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.consent.models import Channel
from privacy.consent.rules import Answer
from tests.factories.consultations import submitted_of
from tests.factories.messages import answer
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.restrictions import close

pytestmark = pytest.mark.django_db
LIST = "consult:consultations"


def promised(patient: Patient, staff: User, *, days_ago: float = 2, days: float = 1):
    """A talk of some days ago that promises a call some days after it."""
    began = timezone.now() - timedelta(days=days_ago)
    with time_machine.travel(began, tick=False):
        return submitted_of(
            patient, staff, started_at=began - timedelta(minutes=1),
            next_step="contact_again", next_contact_at=began + timedelta(days=days),
        )  # fmt: skip


def booked(action: str) -> AuditEvent:
    """The newest event of that name."""
    with acting_as(READER):
        return AuditEvent.objects.filter(action=action).order_by("at", "id").last()


def due_for(staff: User) -> list[Consultation]:
    return list(selectors.call_backs_due(staff))


def shown(browser, **query):
    return browser.get(reverse(LIST), {"scope": "due", **query}, headers={"accept-language": "en"})


def test_shown_on_its_day_and_until_it_is_kept(patient, carer, desk) -> None:
    promise = promised(patient, carer)
    answered = shown(desk)
    assert [row.pk for row in answered.context["page"]] == [promise.pk]
    text = answered.content.decode()
    assert "Overdue" in text
    assert reverse("consult:consultation-new", args=[patient.code]) in text
    assert booked("consultation.listed").codes == [patient.code]
    assert selectors.call_backs_due(carer).count() == 1

    submitted_of(patient, carer)
    text = shown(desk).content.decode()
    assert "No call-back is due" in text
    assert not due_for(carer)


def test_a_day_to_come_is_not_due_and_a_later_promise_takes_its_place(patient, carer) -> None:
    promised(patient, carer, days_ago=3)
    later = promised(patient, carer, days_ago=1, days=30)
    assert due_for(carer) == []
    assert selectors.count_call_backs_of(carer) == 1
    with time_machine.travel(later.next_contact_at - timedelta(minutes=1), tick=False):
        assert due_for(carer) == [later]


def test_the_most_urgent_first(clinic, carer) -> None:
    patients = PatientFactory.create_batch(3, clinic=clinic)
    for one in patients:
        one.care_team.create(staff=carer)
    made = [
        promised(one, carer, days_ago=5, days=days)
        for one, days in zip(patients, (3, 1, 2), strict=True)
    ]
    assert due_for(carer) == [made[1], made[2], made[0]]


def test_an_older_talk_written_down_late_keeps_nothing(patient, carer) -> None:
    promise = promised(patient, carer)
    submitted_of(patient, carer, started_at=timezone.now() - timedelta(days=4))
    assert due_for(carer) == [promise]


def test_it_is_whose_promise_it_is_while_they_care_for_the_patient(
    patient, carer, second, stranger
) -> None:
    promise = promised(patient, carer)
    assert [due_for(one) for one in (carer, second, stranger)] == [[promise], [], []]
    patient.care_team.filter(staff=carer).delete()
    assert [due_for(one) for one in (carer, second, stranger)] == [[], [promise], []]


def test_of_somebody_suspended_it_is_the_teams(patient, carer, second) -> None:
    promise = promised(patient, carer)
    User.objects.filter(pk=carer.pk).update(is_active=False)
    assert due_for(second) == [promise]


@pytest.mark.parametrize("status", [Patient.Status.RESTRICTED, Patient.Status.INACTIVE])
def test_whom_the_clinic_no_longer_contacts_is_left_out(patient, carer, status) -> None:
    promised(patient, carer)
    close(patient, status)
    assert due_for(carer) == []
    assert selectors.count_call_backs_of(carer) == 0


def test_it_says_what_the_patient_agrees_to(patient, carer, desk) -> None:
    promised(patient, carer)
    assert "No consent: do not contact" in shown(desk).content.decode()
    answer(patient, channel=Channel.SMS)
    answer(patient, channel=Channel.CALL)
    (row,) = shown(desk).context["page"]
    assert row.agreed == [Channel.SMS.label, Channel.CALL.label]
    for channel in (Channel.SMS, Channel.CALL):
        answer(patient, Answer.WITHDRAWN, channel=channel)
    assert "No consent: do not contact" in shown(desk).content.decode()


def test_the_side_column_counts_them_for_those_who_talk(patient, carer, clinic) -> None:
    promised(patient, carer)
    assert _due(carer).count() == 1
    assert _due(UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)) == 0


def test_who_only_reads_talks_has_no_such_list(patient, carer, clinic, sign_in_as) -> None:
    promised(patient, carer)
    browser = sign_in_as(UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC))
    answered = shown(browser)
    assert answered.context["scope"] == "all"
    assert "Call-backs due" not in answered.content.decode()


def test_filters_narrow_it(patient, carer, desk) -> None:
    promised(patient, carer)
    assert len(shown(desk, channel="wecom").context["page"]) == 1
    assert len(shown(desk, channel="phone").context["page"]) == 0


@pytest.mark.parametrize("cleared", [True, False])
def test_with_who_leaves_it_moves_to_the_successor(patient, carer, colleague, clinic, cleared):
    promise = promised(patient, carer)
    if not cleared:
        User.objects.filter(pk=carer.pk).update(cleared_until=None)
    admin = UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)
    handed = leaving.off_board(user=carer, reason="合同到期", successor=colleague, actor=admin)
    assert (handed["call_backs"].moved, handed["call_backs"].unassigned) == (1, 0)
    assert due_for(colleague) == [promise]


def test_or_to_nobody_and_is_counted_as_such(patient, carer, clinic) -> None:
    shared = PatientFactory.create(clinic=clinic)
    other = UserFactory.create(clinic=clinic, role=Role.CONSULTANT)
    for person in (carer, other):
        shared.care_team.create(staff=person)
    promised(patient, carer)
    promised(shared, carer, days=30)
    admin = UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)
    handed = leaving.off_board(user=carer, reason="合同到期", successor=None, actor=admin)
    assert (handed["call_backs"].moved, handed["call_backs"].unassigned) == (0, 1)
    assert booked("clearance.left").detail["call_backs_unassigned"] == 1
    assert selectors.count_call_backs_of(other) == 1
