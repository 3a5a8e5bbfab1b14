"""Acts move the stage forward and never back; each move stands beside its act in the trail."""

import pytest
from django.db import transaction

from consult.fees import services as fees
from consult.fees.lifecycle import State
from crm.patients.models import Patient
from crm.patients.services.care import advance_stage
from tests.factories.consultations import draft_of, submitted_of
from tests.factories.fees import make_version

pytestmark = pytest.mark.django_db
Stage = Patient.Stage


def stage_now(patient):
    return Patient.objects.get(pk=patient.pk).stage


@pytest.mark.parametrize("before", Stage)
@pytest.mark.parametrize("to", Stage)
def test_forward_only(patient, carer, booked, before, to):
    Patient.objects.filter(pk=patient.pk).update(stage=before)

    advance_stage(patient=patient, to=to, actor=carer, target="x:1")

    later = max(Stage.values.index(before), Stage.values.index(to))
    assert stage_now(patient) == Stage.values[later]
    assert len(booked("patient.stage_changed")) == (stage_now(patient) != before)


def test_a_draft_changes_nothing_and_a_submission_begins_the_talk(patient, carer, booked):
    draft_of(patient, carer)
    assert stage_now(patient) == Stage.NEW

    record = submitted_of(patient, carer)

    assert stage_now(patient) == Stage.IN_CONVERSATION
    (event,) = booked("patient.stage_changed")
    assert (event.actor, event.target) == (carer.pk, record.target)
    assert event.detail == {"before": "new", "after": "in_conversation"}


def test_an_issued_estimate_is_given_and_a_draft_is_not(patient, carer, booked):
    version = make_version(patient, carer)
    assert stage_now(patient) == Stage.NEW

    fees.issue_version(version=version, revision=version.revision, actor=carer)

    assert stage_now(patient) == Stage.ESTIMATE_GIVEN
    assert booked("patient.stage_changed")[0].target == f"estimate:{version.estimate_id}"


def test_a_closed_talk_stays_closed(patient, carer, booked):
    Patient.objects.filter(pk=patient.pk).update(stage=Stage.CLOSED)

    make_version(patient, carer, state=State.ISSUED)
    submitted_of(patient, carer)

    assert stage_now(patient) == Stage.CLOSED
    assert booked("patient.stage_changed") == []


def test_an_act_that_is_undone_moves_nothing(patient, carer, booked):
    with transaction.atomic():
        advance_stage(patient=patient, to=Stage.FOLLOW_UP, actor=carer, target="x:1")
        transaction.set_rollback(True)

    assert stage_now(patient) == Stage.NEW
    assert booked("patient.stage_changed") == []
