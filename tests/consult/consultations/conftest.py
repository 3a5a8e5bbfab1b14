"""What the tests of consultations share."""

from uuid import uuid4

import pytest
from django.test import Client

from consult.consultations.models import Consultation
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Role
from tests.factories.consultations import draft_of
from tests.factories.people import UserFactory


def posted(**fields):
    """A form's fields with a fresh key."""
    return {"idempotency_key": str(uuid4()), **fields}


def outcome_fields(draft: Consultation, **changes):
    """The draft page's form, filled in completely."""
    fields = {
        "version": draft.version,
        "talk_version": draft.talk_version,
        "channel": "wecom",
        "started_at": "2026-11-20T09:02",
        "source": "brand_search",
        "worries": ["fees", "risk"],
        "explained": ["optional"],
        "disposition": "refer_to_visit",
        "next_step": "await_patient",
        "unsent": "",
        "keyword": "",
        "note": "",
        "need_clarity": "",
        "next_contact_at": "",
    }
    return posted(**{**fields, **changes})


@pytest.fixture
def desk(sign_in_as, carer: User) -> Client:
    """The carer's browser."""
    return sign_in_as(carer)


@pytest.fixture
def draft(patient: Patient, carer: User) -> Consultation:
    return draft_of(patient, carer)


@pytest.fixture
def second(clinic, patient: Patient) -> User:
    """A second consultant on the care team, who may work on the same draft."""
    user = UserFactory.create(clinic=clinic, role=Role.CONSULTANT, display_name="周敏")
    patient.care_team.create(staff=user)
    return user
