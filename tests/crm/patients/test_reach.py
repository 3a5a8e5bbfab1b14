"""Whom somebody reaches: every combination beside the rule in plain Python (S3, R18, T1)."""

import itertools
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from django.utils import timezone

from crm.access_requests.models import AccessApproval, AccessRequest
from crm.patients.models import Patient, PatientGuard, person_mark
from crm.staff.models import User
from privacy.access.policy import CLINIC_WIDE, Role
from privacy.pseudonyms.models import VisitCode
from privacy.records import new_id
from tests.factories.access import EMERGENCY, REASON
from tests.factories.guards import WHY
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.restrictions import restricted
from tests.factories.work import work_of

pytestmark = pytest.mark.django_db

GUARDS = ("", "vip", "minor", "own", "vip+minor", "lifted")
WAYS = ("", "waits", "by one", "by two", "ran out", "before joining", "glass")


class Case(NamedTuple):
    guard: str
    on_team: bool
    way: str
    today: bool
    elsewhere: bool = False
    work: bool = False  # a record that the role is there for
    restricted: bool = False


CASES = [
    *(Case(*each) for each in itertools.product(GUARDS, (False, True), WAYS, (False, True))),
    *(
        Case(*each, work=True)
        for each in itertools.product(GUARDS, (False, True), ("", "by two"), (False, True))
    ),
    Case("", on_team=True, way="by two", today=True, elsewhere=True, work=True),
    *(
        Case(*each, today=True, work=True, restricted=True)
        for each in itertools.product(("", "vip", "own"), (False, True), ("", "by two", "glass"))
    ),
]
WORKING = {Role.FINANCE, Role.MEDICAL_QC, Role.FOLLOWUP_AGENT}


def opens(case: Case, *, by_others: bool = False) -> bool:
    """The way in: two have to agree for whoever is guarded, and nobody for break-glass."""
    if case.way == "glass":
        return not by_others
    guarded = case.guard not in {"", "lifted"}
    return case.way == "by two" or (case.way == "by one" and not guarded)


def expected(case: Case, role: Role) -> set[str]:
    """What the rule says of one patient: known, met, visible, writable, let in by others."""
    if case.elsewhere or case.guard == "own":
        return set()
    kept = {one for one in case.guard.split("+") if one not in {"", "lifted"}}
    if role == Role.FRONT_DESK and case.today and kept == {"minor"}:
        kept = set()
    due = role in WORKING and (case.work or (role == Role.FINANCE and case.today))
    wide = (role in CLINIC_WIDE or due) and not kept
    seen = wide or case.on_team or opens(case)
    given = {"known"}
    if case.restricted:  # break-glass alone, to look
        glass = {"visible"} if case.way == "glass" else set()
        return given | glass | ({"met"} if seen else set())
    given |= {"met"} if seen else set()
    given |= {"visible"} if seen else set()
    given |= {"writable"} if wide or case.on_team else set()
    given |= {"let in"} if case.on_team or opens(case, by_others=True) else set()
    return given


def guard(patient: Patient, kind: str, staff: User, marker: User) -> None:
    kinds = {"own": ["staff"], "lifted": ["other"], "": []}.get(kind, kind.split("+"))
    for one in kinds:
        mark = PatientGuard.objects.create(
            patient=patient, kind=one, reason=WHY, since=timezone.now(), marked_by=marker,
            person_mark=person_mark(staff) if kind == "own" else None,
        )  # fmt: skip
        if kind == "lifted":
            mark.lift_asked_by, mark.lift_asked_at, mark.lift_reason = marker, mark.since, WHY
            mark.until, mark.lifted_by = timezone.now(), marker
            mark.save()


def open_way(patient: Patient, way: str, staff: User, approvers: list[User]) -> None:
    if not way:
        return
    now = timezone.now()
    asked_at = now - timedelta(days=9) if way == "before joining" else now - timedelta(days=2)
    if way == "glass":
        until = now + timedelta(minutes=20)
        row(patient, staff, now, kind="break_glass", reason=EMERGENCY, wanted_until=until,
            state="approved", until=until, decided_at=now)  # fmt: skip
        return
    until = now - timedelta(hours=1) if way == "ran out" else now + timedelta(days=1)
    made = row(patient, staff, asked_at, purpose="cover", reason=REASON,
               wanted_until=now + timedelta(days=2))  # fmt: skip
    if way == "waits":
        return
    for approver in approvers[: 1 if way == "by one" else 2]:
        patient.care_team.create(staff=approver)
        AccessApproval.objects.create(request=made, approver=approver, until=until)
    AccessRequest.objects.filter(pk=made.pk).update(
        state="approved", until=until, decided_by=approvers[0], decided_at=now
    )


def row(patient: Patient, staff: User, asked_at: datetime, **values: object) -> AccessRequest:
    return AccessRequest.objects.create(
        batch=new_id(), clinic=patient.clinic, staff=staff, code=patient.code, patient=patient,
        asked_at=asked_at, **values,
    )  # fmt: skip


def arranged(case: Case, staff: User, others: list[User], number: int, keeper: User) -> Patient:
    """A patient as the case has it."""
    patient: Patient = PatientFactory.create(**({} if case.elsewhere else {"clinic": staff.clinic}))
    guard(patient, case.guard, staff, others[0])
    if case.on_team:
        patient.care_team.create(staff=staff)
    if case.elsewhere:
        others = UserFactory.create_batch(2, clinic=patient.clinic, role=Role.DOCTOR)
    open_way(patient, case.way, staff, others)
    if case.work and staff.role in WORKING:
        work_of(Role(staff.role), patient)
    if case.today:
        VisitCode.objects.create(
            subject=patient.subject, site=staff.clinic_id, day=timezone.localdate(), number=number
        )
    if case.restricted:
        restricted(patient, keeper)
    return patient


@pytest.mark.parametrize("role", [Role.FRONT_DESK, *sorted(WORKING), Role.CONSULTANT])
def test_every_combination_is_as_the_rule_says(role: Role, clinic) -> None:
    staff = UserFactory.create(
        clinic=clinic, role=role, joined_at=timezone.now() - timedelta(days=5)
    )
    others = UserFactory.create_batch(2, clinic=clinic, role=Role.DOCTOR)
    keeper = UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)
    patients = {
        arranged(case, staff, others, number, keeper).pk: case
        for number, case in enumerate(CASES, start=1)
    }
    views = {
        "known": Patient.objects.known_to(staff),
        "met": Patient.objects.met_by(staff),
        "visible": Patient.objects.visible_to(staff),
        "writable": Patient.objects.cared_for_by(staff),
        "let in": Patient.objects.let_in_by_others(staff),
    }
    reached = {name: set(rows.values_list("pk", flat=True)) for name, rows in views.items()}
    found = {
        case: {name for name, keys in reached.items() if key in keys}
        for key, case in patients.items()
    }
    wrong = {case: given for case, given in found.items() if given != expected(case, role)}
    assert wrong == {}
    shut = Patient.objects.known_to(staff).with_shut(staff).filter(shut=True)
    assert set(shut.values_list("pk", flat=True)) == reached["known"] - reached["visible"]
