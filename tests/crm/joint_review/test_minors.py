"""Plain text of possible minors: by their marks, whoever draws the sheet (R18, S60)."""

import pytest
from django.utils import timezone

from crm.joint_review import grounds, rules
from crm.joint_review.services import drawing
from crm.patients.events import PatientEvent
from crm.patients.guards import minors_until
from crm.patients.models import PatientClinical, PatientGuard
from crm.patients.services.guarding import mark_if_minor
from privacy.audit.models import mac_key
from privacy.encryption.keys import derive, forget
from privacy.encryption.providers import RootNotHeld
from tests.crm.joint_review.conftest import MONDAY, NOW, WEEK, moment, on, seal_here, travelled
from tests.factories.people import PatientFactory

pytestmark = pytest.mark.django_db


WHY = "收到患者投诉后复核相关访问"


def test_plain_text_of_a_possible_minor(write, drawn, carer, clinic) -> None:
    """By the mark: from before it was set until it was lifted."""
    child, grown, unknown = (PatientFactory.create(clinic=clinic) for _ in range(3))
    for one, year in ((child, "2015"), (grown, "1990")):
        with travelled(moment(MONDAY, 15)):
            mark_if_minor(patient=one, birth_year=year, id_number="")
    seen = [
        write(carer, PatientEvent.REVEALED, subjects=[child], at=moment(MONDAY, hour))
        for hour in (10, 16, 18)
    ]
    write(carer, PatientEvent.REVEALED, subjects=[grown, unknown])
    PatientGuard.objects.filter(patient=child).update(
        until=moment(MONDAY, 17), lifted_by=carer, lift_asked_by=carer,
        lift_asked_at=moment(MONDAY, 17),
    )  # fmt: skip
    assert on(drawn(), "reveal_minor") == set(seen[:2])


def test_a_second_mark_counts_after_the_first_was_lifted(carer, patient) -> None:
    for _twice in range(2):
        PatientGuard.objects.filter(patient=patient).update(
            until=timezone.now(), lifted_by=carer, lift_asked_by=carer,
            lift_asked_at=timezone.now(),
        )  # fmt: skip
        mark_if_minor(patient=patient, birth_year="2015", id_number="")
    assert minors_until([patient.code]) == {patient.code: None}


def test_the_worker_finds_what_the_pages_find(
    write, carer, keeper, clinic, monkeypatch, booked
) -> None:
    """The worker holds the contact root and may sign events; it opens nothing clinical."""
    people = [PatientFactory.create(clinic=clinic) for _ in range(4)]
    told = zip(people, ("2015", "1990", "", "2015"), strict=True)
    for one, year in told:
        clinical = PatientClinical.objects.get(patient=one)
        clinical.birth_year = year
        clinical.save()
        mark_if_minor(patient=one, birth_year=year, id_number="")
    people[1].contact.set_id_number("11010119900307109X")
    people[1].contact.save()
    for one in people:
        write(carer, PatientEvent.REVEALED, subjects=[one])
    seal_here()
    leaf = mac_key().hex()
    with travelled(NOW):
        by_hand = drawing.draw_extra(actor=keeper, begins=MONDAY, reason=WHY)
        with monkeypatch.context() as worker:
            worker.delenv("SUIAN_ROOT_CLINICAL")
            worker.delenv("SUIAN_ROOT_AUDIT")
            worker.setenv("SUIAN_ROOT_AUDIT_MAC", leaf)
            forget()
            with pytest.raises(RootNotHeld):
                derive("clinical", "x")
            by_clock = drawing.draw(clinic=clinic, period=WEEK)
        forget()
    assert len(on(by_clock, "reveal_minor")) == 2
    for ground in set(grounds.GROUNDS) - {rules.RANDOM}:
        assert on(by_clock, ground) == on(by_hand, ground), ground
    assert not booked("review.age_read")
