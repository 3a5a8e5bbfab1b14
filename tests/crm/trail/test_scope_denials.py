"""Asking for another clinic's patient: each clinic's trail tells its own half."""

from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from crm.patients.models import Patient
from crm.staff.models import User
from crm.trail import selectors, services
from crm.trail.codes import PROCESSES
from crm.trail.selectors import Row
from privacy.access.policy import Role
from privacy.audit import services as audit
from privacy.audit.events import AccessEvent
from privacy.audit.selectors import Filter
from tests.factories.consultations import submitted_of
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
NOWHERE = "22222222"


@pytest.fixture
def theirs(stranger: User) -> User:
    """The auditor of the clinic from which somebody asks."""
    return UserFactory.create(clinic=stranger.clinic, role=Role.AUDITOR)


def told(auditor: User, **wanted: str) -> list[Row]:
    found = Filter(action=AccessEvent.NOT_FOUND, **wanted)
    return selectors.screen(auditor, selectors.narrowed(auditor, found)).rows


def facts(row: Row) -> dict[str, object]:
    """All that distinguishes a row, but for when and by which request."""
    own = {"id", "at", "request", "session"}
    held = {name: value for name, value in row.event.facts().items() if name not in own}
    return {**held, "codes": row.codes}


@pytest.mark.parametrize("door", ["patients:page", "consult:patient-consultations"])
def test_the_askers_clinic_cannot_tell_a_foreign_code_from_none(
    sign_in_as, stranger, theirs, patient, door
) -> None:
    browser = sign_in_as(UserFactory.create(clinic=stranger.clinic, role=Role.CONSULTANT))
    for code in (patient.code, NOWHERE):
        assert browser.get(reverse(door, args=[code])).status_code == 404

    nowhere, foreign = told(theirs)
    assert foreign.event.target == f"patient:{patient.code}"
    assert foreign.codes == []
    assert {**facts(foreign), "target": ""} == {**facts(nowhere), "target": ""}
    assert told(theirs, code=patient.code) == told(theirs, code=NOWHERE) == []


def test_the_patients_own_clinic_learns_that_somebody_asked_and_not_who(
    sign_in_as, stranger, auditor, patient
) -> None:
    sign_in_as(stranger).get(f"/patients/{patient.code}/")

    (row,) = told(auditor, code=patient.code)
    assert (row.codes, row.event.actor, row.who) == (
        [patient.code],
        None,
        PROCESSES["another-clinic"],
    )


def test_the_foreign_half_is_nowhere_in_the_askers_export_nor_by_its_id(
    sign_in_as, stranger, theirs, auditor, patient
) -> None:
    sign_in_as(stranger).get(f"/patients/{patient.code}/")
    (half,) = told(auditor)

    wanted = selectors.narrowed(theirs, Filter())
    lines = b"".join(services.export(viewer=theirs, wanted=wanted, reason="")).decode()
    assert str(half.event.id) not in lines
    assert "another-clinic" not in lines
    assert selectors.one_event(theirs, half.event.id) is None


def test_a_colleague_out_of_reach_is_named_with_the_patient(
    sign_in_as, colleague, auditor, patient
) -> None:
    sign_in_as(colleague).get(f"/patients/{patient.code}/")

    (row,) = told(auditor)
    assert (row.codes, row.event.actor) == ([patient.code], colleague.pk)


def test_a_foreign_consultation_looks_like_none(
    sign_in_as, stranger, theirs, auditor, patient, carer
) -> None:
    record = submitted_of(patient, carer)
    browser = sign_in_as(UserFactory.create(clinic=stranger.clinic, role=Role.CONSULTANT))
    for key in (record.pk, uuid4()):
        assert browser.get(reverse("consult:consultation", args=[key])).status_code == 404

    nowhere, foreign = told(theirs)
    assert foreign.event.target == f"consultation:{record.pk}"
    assert {**facts(foreign), "target": ""} == {**facts(nowhere), "target": ""}
    assert [row.codes for row in told(auditor)] == [[patient.code]]


def test_jobs_on_foreign_patients_leave_no_pages_to_turn(
    theirs: User, patient: Patient, monkeypatch
) -> None:
    """Hidden events must not be counted either: a full screen of them would say "older"."""
    monkeypatch.setattr(selectors, "PAGE", 2)
    for _ in range(4):
        with transaction.atomic():
            audit.record(AccessEvent.CRYPTO_FAILED, process="cipher", subjects=[patient])

    wanted = selectors.narrowed(theirs, Filter(code=patient.code))
    assert selectors.screen(theirs, wanted) == selectors.Screen([], None, None)


def test_staff_have_one_clinic(carer: User) -> None:
    with pytest.raises(ValueError, match="clinic"), transaction.atomic():
        audit.record(AccessEvent.DENIED, actor=carer, clinic=carer.clinic_id)
