"""Who may write, who may read, and what a stranger learns: nothing."""

import pytest
from django.urls import reverse

from consult.consultations import selectors
from privacy.access.policy import Permission, Role, roles_with
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.consult.consultations.conftest import posted
from tests.factories.access import reached
from tests.factories.consultations import draft_of, submitted_of
from tests.factories.people import UserFactory

READERS = roles_with(Permission.VIEW_CONSULTATIONS)
WRITERS = roles_with(Permission.WRITE_CONSULTATION)


@pytest.fixture(params=list(Role))
def carer_of_role(request, clinic, patient):
    user = UserFactory.create(clinic=clinic, role=request.param)
    reached(patient, user)
    return user


def test_every_role_at_every_door(sign_in_as, carer_of_role, patient, carer):
    record, draft = submitted_of(patient, carer), draft_of(patient, carer)
    reads, writes = carer_of_role.role in READERS, carer_of_role.role in WRITERS
    browser = sign_in_as(carer_of_role)
    turn = draft.turns.first().pk
    doors = [
        (reverse("consult:consultations"), reads),
        (reverse("consult:consultation", args=[record.pk]), reads),
        (reverse("consult:patient-consultations", args=[patient.code]), reads),
        (reverse("consult:consultation-new", args=[patient.code]), writes),
        (reverse("consult:draft", args=[draft.pk]), writes),
        (reverse("consult:draft-turn", args=[draft.pk, turn]), writes),
    ]

    for url, allowed in doors:
        expected = (200, 302) if allowed else (403,)
        assert browser.get(url).status_code in expected, url


def test_a_colleague_outside_the_care_team_finds_nothing(sign_in_as, colleague, patient, carer):
    record, draft = submitted_of(patient, carer), draft_of(patient, carer)
    browser = sign_in_as(colleague)

    for name, where in (
        ("consultation", record.pk),
        ("draft", draft.pk),
        ("patient-consultations", patient.code),
        ("consultation-new", patient.code),
    ):
        assert browser.get(reverse(f"consult:{name}", args=[where])).status_code == 404
    assert patient.code not in browser.get(
        reverse("consult:consultations")
    ).content.decode().replace("-", "")
    save = reverse("consult:draft-save", args=[draft.pk])
    assert browser.post(save, posted()).status_code == 404
    with acting_as(READER):
        booked = AuditEvent.objects.filter(action="access.not_found", codes=[patient.code])
        assert booked.count() == 5


def test_another_clinic_finds_nothing(patient, carer):
    submitted_of(patient, carer)
    for role in READERS:
        assert not selectors.consultations_visible_to(UserFactory.create(role=role)).exists()


def test_quality_control_sees_records_and_no_drafts(clinic, patient, carer):
    record, _draft = submitted_of(patient, carer), draft_of(patient, carer)
    reviewer = UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)

    assert list(selectors.consultations_visible_to(reviewer)) == [record]


def test_who_leaves_the_care_team_leaves_the_drafts(patient, carer):
    draft_of(patient, carer)
    patient.care_team.filter(staff=carer).delete()

    assert not selectors.consultations_visible_to(carer).exists()


def test_each_look_is_one_event(sign_in_as, patient, carer):
    record = submitted_of(patient, carer)
    browser = sign_in_as(carer)
    with acting_as(READER):
        before = AuditEvent.objects.count()

    browser.get(reverse("consult:consultation", args=[record.pk]))

    with acting_as(READER):
        event = AuditEvent.objects.order_by("-id").first()
        assert AuditEvent.objects.count() == before + 1
    assert event.action == "consultation.opened"
    assert event.codes == [patient.code]
    assert event.target == record.target
    assert {"turn.text", "consultation.note", "addendum.text"} <= set(event.fields)
