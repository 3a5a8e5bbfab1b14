"""Nobody has to read codes on the console: purposes and reasons are words, what was typed stays."""

import pytest
from django.urls import reverse

from crm.messaging.events import MessageEvent
from crm.patients.events import PatientEvent
from crm.trail.services import cells
from crm.trail.words import NEEDED, spoken
from followup.plans.events import PlanEvent
from followup.plans.models import Plan
from privacy.access.policy import Permission
from privacy.audit.events import AccessEvent
from privacy.consent.events import ConsentTrailEvent
from privacy.consent.models import Purpose

pytestmark = pytest.mark.django_db
CHECKED = "家属来电，需核对电话"


@pytest.mark.parametrize(
    ("event", "facts", "words"),
    [
        (ConsentTrailEvent.GRANTED, {"purpose": "follow_up"}, Purpose.FOLLOW_UP.label),
        (MessageEvent.NOT_SENT, {"purpose": "follow_up"}, Purpose.FOLLOW_UP.label),
        (PlanEvent.PAUSED, {"reason": "patient_wish"}, Plan.Reason.PATIENT_WISH.label),
        (PatientEvent.REVEALED, {"purpose": "invoice", "reason": CHECKED}, "开具票据"),
        (PatientEvent.REVEALED, {"purpose": "other", "reason": CHECKED}, CHECKED),
    ],
)
def test_the_table_shows_words(auditor, write, carer, sign_in_as, event, facts, words) -> None:
    write(carer, event=event, **facts)

    answer = sign_in_as(auditor).get(reverse("trail:list"), {"action": event.value})

    row = answer.context["screen"].rows[0]
    assert words in (str(row.purpose), str(row.reason))
    assert str(words) in answer.content.decode()
    assert facts.get("purpose") not in cells(row)


def test_no_purpose_is_no_word() -> None:
    assert spoken("patient.registered", "") == ""


def test_the_event_itself_keeps_its_code_beside_the_word(auditor, write, carer, sign_in_as) -> None:
    write(carer, event=PlanEvent.PAUSED, reason="patient_wish")
    client = sign_in_as(auditor)
    asked = {"action": PlanEvent.PAUSED.value}
    row = client.get(reverse("trail:list"), asked).context["screen"].rows[0]

    page = client.get(reverse("trail:event", args=[row.event.pk])).content.decode()

    assert "patient_wish" in page
    assert str(Plan.Reason.PATIENT_WISH.label) in page


def test_whoever_was_refused_lacked_something_with_a_name() -> None:
    assert set(NEEDED) == set(Permission)
    assert spoken(AccessEvent.DENIED, "patients.view") == NEEDED[Permission.VIEW_PATIENTS]


def test_the_same_code_elsewhere_is_not_translated() -> None:
    assert spoken("audit.exported", "invoice") == "invoice"
    assert spoken("patient.registered", "invoice") != spoken("patient.revealed", "invoice")
