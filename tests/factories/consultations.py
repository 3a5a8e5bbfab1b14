"""Consultations made up for tests."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from consult.consultations import services
from consult.consultations.models import Consultation
from consult.consultations.rules import Outcome
from crm.patients.models import Patient
from crm.staff.models import User

TALK = (("patient", "促排要多少钱？"), ("staff", "费用分四类，我发您预估。"))


def whole_outcome(**changes: Any) -> Outcome:
    """A result with everything a submission asks for."""
    given = {
        "channel": "wecom",
        "started_at": timezone.now() - timedelta(hours=1),
        "source": "brand_search",
        "worries": ["fees"],
        "explained": ["optional"],
        "disposition": "refer_to_visit",
        "next_step": "await_patient",
        "note": "先看预估再约",
    }
    return Outcome(**{**given, **changes})


def draft_of(patient: Patient, staff: User, talk: Sequence[tuple[str, str]] = TALK) -> Consultation:
    """A draft with a short talk."""
    turns = [services.hand_written(speaker=who, text=text) for who, text in talk]
    return services.start_draft(patient=patient, actor=staff, channel="wecom", turns=turns)


def submitted_of(
    patient: Patient, staff: User, talk: Sequence[tuple[str, str]] = TALK, **changes: Any
) -> Consultation:
    """A locked record."""
    draft = draft_of(patient, staff, talk)
    return services.submit(
        draft=draft, actor=staff, version=1, talk_version=1, outcome=whole_outcome(**changes)
    )
