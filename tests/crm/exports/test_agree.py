"""Who agrees: every pair of people who could collude is refused by service, page and database."""

import uuid
from datetime import timedelta
from itertools import permutations, product

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from crm.staff.models import User
from privacy.access.policy import Permission, Role, can
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.exports.models import Export, ExportApproval
from privacy.exports.selectors import waiting_for
from privacy.exports.services import deciding
from tests.factories.exports import WHY_NOT, asked, asked_row, side
from tests.factories.people import ClinicFactory, UserFactory
from tests.factories.work import work_of

pytestmark = pytest.mark.django_db
APPROVERS = (Role.SECURITY_ADMIN, Role.MEDICAL_QC, Role.AUDITOR)
REQUESTERS = (Role.FINANCE, Role.DOCTOR, Role.MEDICAL_QC)


def by_service(export: Export, person: User) -> None:
    with pytest.raises((AccessDenied, Conflict)):
        deciding.approve(export=export, actor=person)


def by_page(export: Export, person: User, client) -> None:
    form = {"decision": "approve", "idempotency_key": f"{uuid.uuid4()}"}
    assert client.post(f"/exports/{export.pk}/decide/", form).status_code in {403, 404, 422}


def by_database(export: Export, person: User, constraint: str = "", side: str = "") -> None:
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        ExportApproval.objects.create(export=export, approver=person, side=side or person.role)
    if constraint:
        assert refused.value.__cause__.diag.constraint_name == constraint


def refused_everywhere(export, person, client, constraint: str = "") -> None:
    given = export.approvals.count()
    by_service(export, person)
    by_page(export, person, client)
    by_database(export, person, constraint)
    export.refresh_from_db()
    assert (export.state, export.approvals.count()) == ("asked", given)


@pytest.mark.parametrize("role", Role)
def test_each_role_beside_each_requester(role, clinic, sign_in_as):
    """One person of each role agrees to exports of each requester, or is refused in all ways."""
    person = UserFactory.create(clinic=clinic, role=role)
    for requester_role in REQUESTERS:
        requester = UserFactory.create(clinic=clinic, role=requester_role)
        export = asked_row(requester)
        if role in export.sides:
            assert deciding.approve(export=export, actor=person).state == "asked"
        else:
            refused_everywhere(
                export, person, sign_in_as(person), "export_approver_is_of_another_side"
            )


def test_every_pair_of_two_people(clinic, sign_in_as):
    """All ordered pairs out of two of each side and a requester of each kind: one pair in
    different departments, neither of them the requester's, approves; no other does."""
    people = [UserFactory.create(clinic=clinic, role=role) for role in APPROVERS for _ in range(2)]
    requesters = [UserFactory.create(clinic=clinic, role=role) for role in REQUESTERS]
    tried = approved = 0
    for requester in requesters:
        for first, second in [*permutations([*people, requester], 2), *((p, p) for p in people)]:
            export = asked_row(requester)
            good = {first.role, second.role} == set(export.sides) and requester not in (
                first, second
            )  # fmt: skip
            for person in (first, second):
                try:
                    with transaction.atomic():
                        deciding.approve(export=export, actor=person)
                except DomainError:
                    pass
            export.refresh_from_db()
            assert (export.state == "approved") == good, (requester.role, first.role, second.role)
            tried, approved = tried + 1, approved + good
    print(f"pairs: {tried} tried, {approved} approve, {tried - approved} refused")  # noqa: T201 - a figure to read
    assert approved == len(REQUESTERS) * 8  # two of the one side with two of the other, in order


def test_nobody_agrees_to_their_own(control, patients, sign_in_as):
    work_of(Role.MEDICAL_QC, *patients)
    export = asked(control)
    assert not waiting_for(control)
    refused_everywhere(export, control, sign_in_as(control), "export_approver_is_not_the_requester")


def test_who_gets_the_file_does_not_agree(
    accountant, control, security, patients, sign_in_as, booked
):
    export = asked(accountant, recipient=security)
    refused_everywhere(
        export, security, sign_in_as(security), "export_approver_is_not_the_recipient"
    )
    outside = asked(
        accountant, recipient=None, recipient_kind="authority", recipient_name="市卫健委 秦质控"
    )
    by_service(outside, control)
    by_page(outside, control, sign_in_as(control))
    assert booked("access.denied")[0].reason == "is_recipient"


def test_two_of_one_side_are_one(accountant, security, patients, sign_in_as):
    export = asked(accountant)
    deciding.approve(export=export, actor=security)
    refused_everywhere(export, security, sign_in_as(security))
    colleague = side(accountant, Role.SECURITY_ADMIN)
    refused_everywhere(export, colleague, sign_in_as(colleague))


LINES = ("first above second", "second above first", "requester above", "above requester", "far")


@pytest.mark.parametrize(("line", "role"), list(product(LINES, (Role.FINANCE, Role.DOCTOR))))
def test_superior_and_subordinate_are_one(line, role, clinic, sign_in_as):
    requester = UserFactory.create(clinic=clinic, role=role)
    first = UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)
    second = UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)
    between = UserFactory.create(clinic=clinic, role=Role.NURSE)
    pairs = {
        "first above second": [(second, first)],
        "second above first": [(first, second)],
        "requester above": [(second, requester)],
        "above requester": [(requester, second)],
        "far": [(second, between), (between, requester)],
    }
    for below, above in pairs[line]:
        below.superior = above
        below.save()
    export = asked_row(requester)
    deciding.approve(export=export, actor=first)

    refused_everywhere(export, second, sign_in_as(second), "export_approver_is_in_no_line")

    page = sign_in_as(second).get(f"/exports/{export.pk}/")
    assert page.context["opened"].objection
    assert not page.context["opened"].may_decide


def test_superiors_in_a_ring_end(clinic, accountant, control):
    accountant.superior, control.superior = control, accountant
    accountant.save()
    control.save()
    export = asked_row(accountant)
    by_service(export, control)
    by_database(export, control, "export_approver_is_in_no_line")


def test_another_clinic_has_no_say(accountant, sign_in_as):
    export = asked_row(accountant)
    for role in APPROVERS:
        person = UserFactory.create(clinic=ClinicFactory.create(), role=role)
        by_service(export, person)
        assert sign_in_as(person).get(f"/exports/{export.pk}/").status_code == 404
        by_database(export, person)
        with pytest.raises(AccessDenied):
            deciding.refuse(export=export, actor=person, reason=WHY_NOT)


def test_somebody_uncleared_has_no_say(accountant, control):
    export = asked_row(accountant)
    control.cleared_until = None
    control.save()
    by_service(export, control)


def test_one_no_is_enough_and_is_read(accountant, control, security, sign_in_as, booked):
    export = asked_row(accountant)
    deciding.approve(export=export, actor=security)
    form = {"decision": "refuse", "refusal": "不行", "idempotency_key": f"{uuid.uuid4()}"}
    assert sign_in_as(control).post(f"/exports/{export.pk}/decide/", form).status_code == 422
    form |= {"refusal": WHY_NOT, "idempotency_key": f"{uuid.uuid4()}"}
    sign_in_as(control).post(f"/exports/{export.pk}/decide/", form)

    assert WHY_NOT in sign_in_as(accountant).get(f"/exports/{export.pk}/").content.decode()
    assert booked("export.refused")[0].reason == WHY_NOT
    with pytest.raises(Conflict):
        deciding.approve(export=export, actor=control)


def test_neither_the_asker_nor_a_side_without_a_say_refuses(accountant, control, auditor):
    export, own = asked_row(accountant), asked_row(control)
    for one, person in ((export, auditor), (own, control)):
        with pytest.raises(AccessDenied):
            deciding.refuse(export=one, actor=person, reason=WHY_NOT)
    with pytest.raises(DomainError):
        deciding.refuse(export=export, actor=control, reason="不行")


def test_after_a_week_it_has_lapsed(accountant, control, patients):
    export = asked(accountant)
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1), tick=False):
        by_service(export, control)
        with pytest.raises(Conflict):
            deciding.refuse(export=export, actor=control, reason=WHY_NOT)


def test_the_number_in_the_side_column(accountant, control, security, auditor, sign_in_as):
    export = asked_row(accountant)
    assert [waiting_for(one).count() for one in (control, security, auditor, accountant)] == [
        1, 1, 0, 0,
    ]  # fmt: skip
    deciding.approve(export=export, actor=control)
    assert [waiting_for(one).count() for one in (control, security)] == [0, 1]
    shown = sign_in_as(security).get("/exports/").context["shown"]
    assert [one.row for one in shown.waiting] == [export]
    assert [one.row for one in sign_in_as(control).get("/exports/").context["shown"].others] == [
        export
    ]


def test_what_was_asked_and_decided_stays(accountant, control, security, patients):
    """Whoever reaches the tables past the services: the database holds the rules itself."""
    export = asked(accountant)
    changes = [
        ({"state": "approved"}, "export_needs_its_approvals"),
        ({"state": "ready"}, "export_moves"),
        ({"rows": 1}, "export_stays"),
        ({"fields": ["code", "phone"]}, "export_stays"),
        ({"requester_id": control.pk}, "export_stays"),
        ({"sides": ["security_admin", "auditor"]}, "export_stays"),
        ({"sha256": "0" * 64}, "export_history_stays"),
        ({"downloaded_at": timezone.now()}, "export_history_stays"),
    ]
    for change, constraint in changes:
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            Export.objects.filter(pk=export.pk).update(**change)
        assert refused.value.__cause__.diag.constraint_name == constraint, change
    for table in (Export, ExportApproval):
        with pytest.raises(DatabaseError), transaction.atomic():
            table.objects.all().delete() if table.objects.exists() else export.delete()


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"sides": ["security_admin"]}, "export_needs_two_departments_or_three"),
        ({"sides": ["security_admin", "doctor"]}, "export_needs_two_departments_or_three"),
        ({"needs_owner": True}, "export_needs_two_departments_or_three"),
        ({"state": "approved"}, "export_begins"),
        ({"reason": "短"}, "export_has_reasons"),
        ({"recipient_name": "某公司"}, "export_has_one_recipient"),
        ({"requester_side": "doctor"}, "export_requester_is_who_asks"),
    ],
)
def test_a_row_from_the_side_is_refused(change, constraint, accountant):
    good = asked_row(accountant)
    good.pk, good.code = uuid.uuid4(), "EX" + "A" * 8
    for name, value in change.items():
        setattr(good, name, value)
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        good.save(force_insert=True)
    assert refused.value.__cause__.diag.constraint_name == constraint


def test_a_requester_is_no_side_of_their_own(control):
    row = asked_row(control)
    row.pk, row.code, row.sides = uuid.uuid4(), "EX" + "B" * 8, ["medical_qc", "security_admin"]
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        row.save(force_insert=True)
    assert refused.value.__cause__.diag.constraint_name == "export_sides_are_not_the_requesters"


def test_approvers_see_no_contents(clinic):
    """Security administrator and auditor hold no permission that shows a patient."""
    for role in (Role.SECURITY_ADMIN, Role.AUDITOR):
        person = UserFactory.build(clinic=clinic, role=role)
        assert not can(person, Permission.VIEW_PATIENTS)
        assert not can(person, Permission.REQUEST_EXPORT)
