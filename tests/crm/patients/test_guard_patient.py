"""A guarded patient is known to a named care team, and to nobody else by more than a code (T1)."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from crm.access_requests.models import AccessRequest
from crm.access_requests.selectors import judged_in
from crm.access_requests.services import breaking, deciding
from crm.patients import guards, selectors
from crm.patients.models import HiddenDouble, Patient, PatientGuard
from crm.patients.selectors import Filters
from crm.patients.services import care, guarding, viewing
from crm.patients.services.registration import Registration, find_doubles, register_or_warn
from crm.patients.services.revealing import TooManyLooks, reveal
from crm.search.services import find
from crm.staff.models import User
from privacy.access.policy import CLINIC_WIDE, Role
from privacy.errors import AccessDenied, Conflict, DomainError
from tests.factories.access import EMERGENCY, asked_for, broken, granted
from tests.factories.guards import WHY, doubled, guarded_by
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.sessions import age_factor

pytestmark = pytest.mark.django_db

KIND = PatientGuard.Kind


@pytest.fixture
def doctor(clinic, patient) -> User:
    user = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    patient.care_team.create(staff=user)
    return user


@pytest.fixture
def control(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)


def sees(staff: User, patient: Patient) -> bool:
    return Patient.objects.visible_to(staff).filter(pk=patient.pk).exists()


def lines(staff: User, filters: Filters = Filters()) -> list[selectors.Row]:  # noqa: B008 - frozen
    rows, _total = selectors.listed(staff, filters, start=0, size=50, with_contact=True)
    return rows


def test_who_is_not_of_the_team_sees_the_code_alone(patient, doctor, carer, clinic, booked) -> None:
    others = [UserFactory.create(clinic=clinic, role=role) for role in sorted(CLINIC_WIDE)]
    guarding.guard(patient=patient, kind="vip", reason=WHY, actor=doctor)
    assert sees(doctor, patient)
    assert sees(carer, patient)
    for staff in others:
        assert not sees(staff, patient), staff.role
        (row,) = lines(staff)
        assert row.shut
        assert (row.code, row.name, row.visit_code, row.stage, row.status) == (
            patient.code, None, "", "", "",
        )  # fmt: skip
        assert list(row.team) == []
    (event,) = booked("patient.guarded")
    assert (event.actor, event.codes, event.purpose) == (doctor.pk, [patient.code], "vip")
    assert WHY not in str(event.facts())


def test_a_filter_tells_nothing_of_the_guarded(patient, doctor, receptionist) -> None:
    guarded_by(patient, doctor)
    for filters in (
        Filters(stage="new"), Filters(status="active"), Filters(since=timezone.localdate()),
        Filters(open_only=True),
    ):  # fmt: skip
        assert lines(receptionist, filters) == []
        assert selectors.count_matching(receptionist, filters) == 0


def test_a_search_answers_as_for_nobody(patient, doctor, receptionist, booked) -> None:
    guarded_by(patient, doctor)
    for text in (patient.code, "13800138000", "王芳"):
        found = find(text=text, staff=receptionist)
        assert (found.contacts, found.jump, found.more, found.unreadable) == ([], None, False, 0)
    assert find(text="13800138000", staff=doctor).jump == patient


def test_their_page_is_not_found_for_others(patient, doctor, sign_in_as, receptionist) -> None:
    guarded_by(patient, doctor)
    assert sign_in_as(receptionist).get(f"/patients/{patient.code}/").status_code == 404
    page = sign_in_as(doctor).get(f"/patients/{patient.code}/").content.decode()
    assert patient.code in page


def test_the_page_reads_the_marks_once(
    patient, doctor, sign_in_as, django_assert_max_num_queries
) -> None:
    guarded_by(patient, doctor)
    desk = sign_in_as(doctor)
    with django_assert_max_num_queries(60) as asked:
        page = desk.get(f"/patients/{patient.code}/")
    assert [one.icon_name for one in page.context["notices"]] == ["lock"]
    (badge,) = [one for one in page.context["standings"] if one.notice]
    assert f"{badge.label}" in page.content.decode()
    reads = [one for one in asked if 'FROM "crm_patientguard"' in one["sql"].partition("WHERE")[0]]
    assert len([one for one in reads if '"reason"' in one["sql"]]) == 1


def test_the_list_shows_the_code_without_a_way_in(patient, doctor, receptionist, sign_in_as):
    guarded_by(patient, doctor)
    page = sign_in_as(receptionist).get("/patients/").content.decode()
    assert patient.spaced_code in page
    assert f"/patients/{patient.code}/" not in page


def test_neighbours_in_the_list_lead_past_the_guarded(patient, doctor, receptionist, clinic):
    other = PatientFactory.create(clinic=clinic)
    guarded_by(patient, doctor)
    codes, total = selectors.codes_around(receptionist, Filters(), 1)
    assert (codes, total) == ([other.code, ""], 2)


def test_a_registration_is_told_nothing_and_the_team_is(patient, doctor, receptionist, booked):
    guarded_by(patient, doctor)
    again = Registration(name="王芳", phone="+8613800138000", chief_complaint="想复诊")
    shown = find_doubles(person=again.person, actor=receptionist)
    assert shown.found == ()
    outcome = register_or_warn(registration=again, actor=receptionist)
    assert outcome.patient is not None
    (double,) = guards.doubles_shown_to(doctor)
    assert (double.patient, double.newcomer) == (patient, outcome.patient)
    assert list(guards.doubles_shown_to(receptionist)) == []
    (told,) = booked("patient.hidden_double")
    assert (told.actor, told.process) == (None, "doubles")
    assert not any(
        patient.code in event.codes for event in booked() if event.actor == receptionist.pk
    )


def test_the_answer_is_the_same_whether_a_guarded_one_is_alike(
    patient, doctor, receptionist, typed, sign_in_as
) -> None:
    guarded_by(patient, doctor)
    desk = sign_in_as(receptionist)
    alike = desk.post("/patients/new/similar/", typed())
    nobody = desk.post("/patients/new/similar/", typed(phone="13900000000"))
    assert (alike.status_code, alike.content) == (nobody.status_code, nobody.content)


def test_a_likely_double_is_settled_once_by_who_keeps_the_guard(patient, doctor, carer, booked):
    guarded_by(patient, doctor)
    double = doubled(patient)
    guarding.settle_double(double=double, same=True, actor=doctor)
    assert booked("patient.double_settled")[0].detail == {"same": 1}
    with pytest.raises(Conflict):
        guarding.settle_double(double=double, same=False, actor=carer)
    with pytest.raises(AccessDenied):
        guarding.settle_double(
            double=doubled(patient), same=False, actor=UserFactory.create(clinic=patient.clinic)
        )


@pytest.mark.parametrize("same", [True, False])
def test_the_answer_is_not_read_off_the_registrations_own_page(
    patient, doctor, receptionist, same
) -> None:
    """Who registered opens the newcomer: an answer there would tell whom they resemble (T1)."""
    guarded_by(patient, doctor)
    again = Registration(name="王芳", phone="+8613800138000", chief_complaint="想复诊")
    newcomer = register_or_warn(registration=again, actor=receptionist).patient
    assert newcomer is not None
    before = [one.event.action for one in selectors.timeline_of(newcomer)]
    guarding.settle_double(double=guards.doubles_shown_to(doctor).get(), same=same, actor=doctor)
    assert [one.event.action for one in selectors.timeline_of(newcomer)] == before
    assert "patient.double_settled" in [one.event.action for one in selectors.timeline_of(patient)]


def test_nothing_is_taken_for_an_answer(patient, doctor, sign_in_as) -> None:
    guarded_by(patient, doctor)
    double = doubled(patient)
    address = f"/patients/guarded/doubles/{double.pk}/"
    form = {"idempotency_key": str(uuid.uuid4())}
    client = sign_in_as(doctor)
    assert client.post(address, form).status_code == 400
    double.refresh_from_db()
    assert double.same is None
    assert client.post(address, {**form, "same": "yes"}).status_code == 302
    double.refresh_from_db()
    assert double.same is True


def test_two_have_to_agree_and_only_then_it_opens(patient, doctor, carer, receptionist) -> None:
    guarded_by(patient, doctor)
    asked = asked_for(patient, receptionist)
    assert asked.needed == 2
    until = timezone.localdate()
    deciding.approve(request=asked, actor=doctor, until=until)
    assert not sees(receptionist, patient)
    deciding.approve(request=asked, actor=carer, until=until)
    assert sees(receptionist, patient)
    assert not Patient.objects.cared_for_by(receptionist).filter(pk=patient.pk).exists()


def test_quality_control_is_the_second_where_the_team_has_one(patient, doctor, control, clinic):
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE)
    guarded_by(patient, doctor)
    asked = asked_for(patient, nurse)
    deciding.approve(request=asked, actor=control, until=timezone.localdate())
    deciding.approve(request=asked, actor=doctor, until=timezone.localdate())
    assert sees(nurse, patient)
    assert not sees(control, patient)


def test_guarding_ends_what_one_person_had_approved(patient, doctor, clinic, booked) -> None:
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE)
    held = granted(patient, nurse, doctor)
    guarding.guard(patient=patient, kind="vip", reason=WHY, actor=doctor)
    held.refresh_from_db()
    assert held.state == AccessRequest.State.ENDED
    assert not sees(nurse, patient)
    assert booked("access_request.ended")[0].codes == [patient.code]


def test_age_that_is_found_later_ends_what_one_person_had_approved(patient, doctor, clinic, booked):
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE)
    held = granted(patient, nurse, doctor)
    guarding.mark_minor(patient=patient)
    held.refresh_from_db()
    assert (held.state, held.closed_by) == (AccessRequest.State.ENDED, None)
    assert not sees(nurse, patient)
    (ended,) = booked("access_request.ended")
    assert (ended.actor, ended.codes) == (None, [patient.code])


def test_one_word_given_while_somebody_guards_opens_nothing(patient, doctor, carer, clinic):
    """The guard that begins at the same moment does not see the approval to end it."""
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE)
    held = granted(patient, nurse, doctor)
    PatientGuard.objects.create(patient=patient, kind="vip", since=timezone.now(), marked_by=carer)
    held.refresh_from_db()
    assert held.state == AccessRequest.State.APPROVED
    assert not sees(nurse, patient)


def test_what_was_asked_for_before_needs_two_as_well(patient, doctor, carer, control, clinic):
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE)
    asked = asked_for(patient, nurse)
    assert asked.needed == 1
    guarding.guard(patient=patient, kind="other", reason=WHY, actor=doctor)
    deciding.approve(request=asked, actor=doctor, until=timezone.localdate())
    assert not sees(nurse, patient)
    deciding.approve(request=asked, actor=carer, until=timezone.localdate())
    assert sees(nurse, patient)


def test_a_code_of_nobody_and_of_the_guarded_are_asked_for_alike(patient, doctor, receptionist):
    guarded_by(patient, doctor)
    made = asked_for(patient, receptionist)
    nobody = AccessRequest(code="ZZZZZZZZ")
    assert made.state == "asked"
    assert nobody.patient is None


def test_a_broken_glass_leads_onto_no_care_team(patient, doctor, clinic) -> None:
    """Nobody has agreed to it, so one colleague's word does not make it last."""
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE)
    guarded_by(patient, doctor)
    broken(patient, nurse)
    assert sees(nurse, patient)
    with pytest.raises(DomainError):
        care.add_to_team(patient=patient, member=nurse, reason="cover", actor=doctor)


# --- the colleague who is the patient -----------------------------------------------------------


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.NURSE, Role.FRONT_DESK, Role.MEDICAL_QC])
def test_nobody_sees_their_own_record(patient, doctor, clinic, role) -> None:
    person = UserFactory.create(clinic=clinic, role=role)
    patient.care_team.create(staff=person)
    guarding.guard(patient=patient, kind="staff", reason=WHY, person=person, actor=doctor)
    assert not patient.care_team.filter(staff=person).exists()
    assert not sees(person, patient)
    assert lines(person) == []
    asked = asked_for(patient, person)
    assert asked.patient is None
    if role in {Role.DOCTOR, Role.NURSE}:
        with pytest.raises(DomainError):
            breaking.break_glass(actor=person, code=patient.code, reason=EMERGENCY)
    assert not guards.guards_shown_to(person).exists()


def test_verdicts_on_looks_at_ones_own_record_are_for_others(patient, doctor, control, clinic):
    other = UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE)
    use = broken(patient, nurse)
    breaking.judge(use=use, actor=other, justified=True, words="与急诊记录一致，属于正当使用")
    assert judged_in(control) == [use]
    guarding.guard(patient=patient, kind="staff", reason=WHY, person=control, actor=doctor)
    assert judged_in(control) == []
    assert judged_in(other) == [use]


def test_the_table_does_not_name_the_colleague(patient, doctor, clinic) -> None:
    person = UserFactory.create(clinic=clinic)
    mark = guarding.guard(patient=patient, kind="staff", reason=WHY, person=person, actor=doctor)
    (row,) = PatientGuard.objects.filter(pk=mark.pk).values()
    assert str(person.pk) not in str(row)
    assert person.pk.bytes not in bytes(row["person_mark"])


@pytest.mark.parametrize(
    ("kind", "who"), [("staff", None), ("vip", "other"), ("staff", "self"), ("staff", "stranger")]
)
def test_a_colleague_is_named_for_that_ground_alone(
    patient, doctor, clinic, stranger, kind, who
) -> None:
    people = {
        None: None, "self": doctor, "stranger": stranger, "other": UserFactory.create(clinic=clinic)
    }  # fmt: skip
    with pytest.raises(DomainError):
        guarding.guard(patient=patient, kind=kind, reason=WHY, person=people[who], actor=doctor)


# --- who may, and what stays --------------------------------------------------------------------


def test_who_does_not_care_for_the_patient_does_not_guard(
    patient, colleague, receptionist, stranger
) -> None:
    for staff in (colleague, receptionist, stranger):
        with pytest.raises(AccessDenied):
            guarding.guard(patient=patient, kind="vip", reason=WHY, actor=staff)


def test_a_ground_a_reason_and_once(patient, doctor) -> None:
    for kind, reason in (("minor", WHY), ("vip", "短"), ("vip", "长" * 301)):
        with pytest.raises(DomainError):
            guarding.guard(patient=patient, kind=kind, reason=reason, actor=doctor)
    guarding.guard(patient=patient, kind="vip", reason=WHY, actor=doctor)
    with pytest.raises(Conflict):
        guarding.guard(patient=patient, kind="vip", reason=WHY, actor=doctor)
    guarding.guard(patient=patient, kind="other", reason=WHY, actor=doctor)


@pytest.mark.parametrize("kind", ["vip", "staff"])
def test_two_people_end_it(patient, doctor, carer, clinic, kind, booked) -> None:
    person = UserFactory.create(clinic=clinic) if kind == "staff" else None
    mark = guarding.guard(patient=patient, kind=kind, reason=WHY, person=person, actor=doctor)
    asked = guarding.ask_to_lift(mark=mark, reason="已经离职，不再需要保护", actor=doctor)
    assert asked.until is None
    with pytest.raises(AccessDenied):
        guarding.decide_lift(mark=mark, agree=True, actor=doctor)
    with pytest.raises(Conflict):
        guarding.ask_to_lift(mark=mark, reason="已经离职，不再需要保护", actor=carer)
    kept = guarding.decide_lift(mark=mark, agree=False, actor=carer)
    assert (kept.until, kept.lift_asked_by) == (None, None)
    with pytest.raises(Conflict):
        guarding.decide_lift(mark=mark, agree=True, actor=carer)
    guarding.ask_to_lift(mark=mark, reason="已经离职，不再需要保护", actor=doctor)
    lifted = guarding.decide_lift(mark=mark, agree=True, actor=carer)
    assert lifted.until is not None
    assert not selectors.is_guarded(patient)
    with pytest.raises(Conflict):
        guarding.ask_to_lift(mark=mark, reason="已经离职，不再需要保护", actor=doctor)
    assert len(booked("patient.guard_lifted")) == 1


def test_another_reason_is_taken_back_by_one(patient, doctor) -> None:
    mark = guarding.guard(patient=patient, kind="other", reason=WHY, actor=doctor)
    assert guarding.ask_to_lift(mark=mark, reason="患者本人说不再需要这样了", actor=doctor).until
    assert not selectors.is_guarded(patient)


def test_quality_control_keeps_all_guards_and_reads_no_reason(
    patient, doctor, control, sign_in_as, colleague
) -> None:
    mark = guarded_by(patient, doctor)
    page = sign_in_as(control).get(f"/patients/guarded/{mark.pk}/").content.decode()
    assert patient.spaced_code in page
    assert WHY not in page
    assert WHY in sign_in_as(doctor).get(f"/patients/guarded/{mark.pk}/").content.decode()
    assert sign_in_as(colleague).get(f"/patients/guarded/{mark.pk}/").status_code == 404
    with pytest.raises(AccessDenied):
        guarding.ask_to_lift(mark=mark, reason="患者本人说不再需要这样了", actor=colleague)


def test_the_history_tells_who_was_guarded_at_a_moment(patient, doctor, carer) -> None:
    before = timezone.now()
    mark = guarding.guard(patient=patient, kind="vip", reason=WHY, actor=doctor)
    during = timezone.now()
    guarding.ask_to_lift(mark=mark, reason="患者本人说不再需要这样了", actor=doctor)
    guarding.decide_lift(mark=mark, agree=True, actor=carer)
    after = timezone.now()
    other = PatientFactory.create(clinic=patient.clinic)
    spans = guards.guard_spans([patient.code, other.code])
    assert set(spans) == {patient.code}
    [(since, until)] = spans[patient.code]
    assert before < since < during < until < after


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"},
        {"since": timezone.now() - timedelta(days=3)},
        {"until": timezone.now() + timedelta(days=1)},
    ],
)
def test_the_database_keeps_the_history(patient, doctor, change) -> None:
    mark = guarded_by(patient, doctor)
    if "until" in change:
        change |= {"lifted_by": doctor, "lift_asked_by": doctor, "lift_asked_at": timezone.now()}
    with pytest.raises(DatabaseError), transaction.atomic():
        PatientGuard.objects.filter(pk=mark.pk).update(**change)


def test_the_database_lets_nobody_delete_or_lift_again(patient, doctor, carer) -> None:
    mark = guarding.guard(patient=patient, kind="vip", reason=WHY, actor=doctor)
    with pytest.raises(DatabaseError), transaction.atomic():
        PatientGuard.objects.filter(pk=mark.pk).delete()
    guarding.ask_to_lift(mark=mark, reason="患者本人说不再需要这样了", actor=doctor)
    guarding.decide_lift(mark=mark, agree=True, actor=carer)
    with pytest.raises(DatabaseError), transaction.atomic():
        PatientGuard.objects.filter(pk=mark.pk).update(until=None, lifted_by=None)


def test_five_fields_of_guarded_patients_a_day_each_marked(patient, doctor, clinic, booked) -> None:
    nurse = UserFactory.create(clinic=clinic, role=Role.NURSE)
    patient.care_team.create(staff=nurse)
    guarded_by(patient, doctor)
    for _one in range(5):
        reveal(patient=patient, field="phone", purpose="call", reason=WHY, staff=nurse)
    assert [event.detail for event in booked("patient.revealed")] == [{"guarded": 1}] * 5
    with pytest.raises(TooManyLooks):
        reveal(patient=patient, field="phone", purpose="call", reason=WHY, staff=nurse)
    plain = PatientFactory.create(clinic=clinic)
    plain.care_team.create(staff=nurse)
    reveal(patient=plain, field="phone", purpose="call", reason=WHY, staff=nurse)
    assert booked("patient.revealed")[0].detail == {}


def test_who_joins_the_team_has_been_let_in_by_two(patient, doctor, carer, receptionist) -> None:
    guarded_by(patient, doctor)
    with pytest.raises(DomainError):
        care.add_to_team(patient=patient, member=receptionist, reason="cover", actor=doctor)
    asked = asked_for(patient, receptionist)
    for one in (doctor, carer):
        deciding.approve(request=asked, actor=one, until=timezone.localdate())
    care.add_to_team(patient=patient, member=receptionist, reason="cover", actor=doctor)
    assert Patient.objects.cared_for_by(receptionist).filter(pk=patient.pk).exists()


def test_nobody_inherits_a_place_beside_a_guarded_patient(patient, doctor, clinic, control) -> None:
    plain = PatientFactory.create(clinic=clinic)
    plain.care_team.create(staff=doctor)
    guarded_by(patient, doctor)
    successor = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    moved, alone = care.hand_over_team(leaver=doctor, successor=successor, actor=control)
    assert (moved, alone) == (1, 1)
    assert sees(successor, plain)
    assert not sees(successor, patient)


# --- children -------------------------------------------------------------------------------------


def child(actor: User, **more: object) -> Patient:
    year = str(timezone.localdate().year - 12)
    facts = {"name": "王小小", "phone": "", "chief_complaint": "家长陪同", "birth_year": year}
    outcome = register_or_warn(registration=Registration(**(facts | more)), actor=actor)
    assert outcome.patient is not None
    return outcome.patient


def test_a_child_is_guarded_from_registration(receptionist, control, clinic, booked) -> None:
    patient = child(receptionist)
    (mark,) = guards.guards_of(patient)
    assert (mark.kind, mark.marked_by) == (KIND.MINOR, None)
    assert sees(receptionist, patient)  # booked: one of today's
    assert not sees(control, patient)
    (event,) = booked("patient.guarded")
    assert (event.process, event.purpose, event.detail) == ("age", "minor", {})


def test_the_desk_keeps_a_child_for_the_day_only(receptionist, monkeypatch) -> None:
    patient = child(receptionist)
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr("crm.patients.reach.timezone.localdate", lambda: tomorrow)
    assert not sees(receptionist, patient)


def test_a_child_in_the_public_eye_is_guarded_from_the_desk_too(receptionist, doctor) -> None:
    patient = child(receptionist)
    guarded_by(patient, doctor)
    assert not sees(receptionist, patient)


def test_the_grown_up_are_no_children(receptionist) -> None:
    assert guards.guards_of(child(receptionist, birth_year="1990")) == []
    assert guards.guards_of(child(receptionist, birth_year="declined")) == []


def test_who_has_come_of_age_is_let_go_by_one(patient, doctor, carer, booked) -> None:
    guarding.mark_minor(patient=patient)
    guarding.mark_minor(patient=patient)
    (mark,) = guards.guards_of(patient)
    clinical = patient.clinical
    clinical.birth_year = str(timezone.localdate().year - 12)
    clinical.save()
    assert (
        guarding.ask_to_lift(mark=mark, reason="已满十八岁，已复核证件", actor=doctor).until is None
    )
    guarding.decide_lift(mark=mark, agree=False, actor=carer)
    clinical.birth_year = "1990"
    clinical.save()
    assert guarding.ask_to_lift(mark=mark, reason="已满十八岁，已复核证件", actor=doctor).until
    assert booked("patient.age_read")[0].process == "age"


def test_asking_for_a_child_nobody_marked_marks_it(patient, doctor, colleague) -> None:
    clinical = patient.clinical
    clinical.birth_year = str(timezone.localdate().year - 12)
    clinical.save()
    assert asked_for(patient, colleague).needed == 2
    assert [one.kind for one in guards.guards_of(patient)] == ["minor"]
    assert asked_for(patient, UserFactory.create(clinic=patient.clinic)).needed == 2


def test_children_of_a_span(patient, doctor, stranger) -> None:
    now = timezone.now()
    guarding.mark_minor(patient=patient)
    year = (now - timedelta(days=1), now + timedelta(days=1))
    assert guards.codes_of_minors(doctor, *year) == {patient.code}
    assert guards.codes_of_minors(stranger, *year) == set()
    assert guards.codes_of_minors(doctor, now - timedelta(days=9), now - timedelta(days=8)) == set()


# --- pages ----------------------------------------------------------------------------------------


def form(**more: str) -> dict[str, str]:
    return {"idempotency_key": str(uuid.uuid4()), **more}


def test_from_the_page_to_the_end_of_the_guard(
    patient, doctor, control, clinic, sign_in_as
) -> None:
    desk = sign_in_as(doctor)
    page = f"/patients/{patient.code}/guard/"
    assert desk.get(page).status_code == 200
    assert desk.post(page, form(kind="staff", reason=WHY)).status_code == 422
    assert desk.post(page, form(kind="vip", reason=WHY)).status_code == 302
    assert desk.post(page, form(kind="vip", reason=WHY)).status_code == 422
    (mark,) = guards.guards_of(patient)
    double = doubled(patient)
    shown = desk.get("/patients/guarded/").content.decode()
    assert double.newcomer.spaced_code in shown
    answer = f"/patients/guarded/doubles/{double.pk}/"
    assert desk.post(answer, form(same="no")).status_code == 302
    assert desk.post(answer, form(same="no")).status_code == 404
    assert HiddenDouble.objects.get().same is False
    lift = f"/patients/guarded/{mark.pk}/"
    assert desk.post(lift, form(reason="短")).status_code == 422
    assert desk.post(lift, form(reason="患者本人说不再需要这样了")).status_code == 302
    assert desk.post(lift, form(decision="lift")).status_code == 422
    second = sign_in_as(control)
    assert second.post(lift, form(decision="keep")).status_code == 302
    assert desk.post(lift, form(reason="患者本人说不再需要这样了")).status_code == 302
    assert second.post(lift, form(decision="lift")).status_code == 302
    assert guards.guards_of(patient) == []
    assert second.get(lift).status_code == 404


def test_ending_a_guard_asks_for_the_second_factor_and_keeps_the_reason(
    patient, doctor, sign_in_as
) -> None:
    mark = guarded_by(patient, doctor)
    address, why = f"/patients/guarded/{mark.pk}/", "患者本人说不再需要这样了"
    desk = sign_in_as(doctor)
    age_factor(desk, minutes=31)
    assert desk.get(address)["Location"].startswith("/account/confirm/")
    asked = desk.post(address, form(reason=why))
    assert asked.status_code == 422
    assert ("reason", why) in asked.context["carried"]
    assert guards.guards_of(patient)[0].lift_asked_at is None
    age_factor(desk, minutes=0)
    assert desk.post(asked.context["action"], dict(asked.context["carried"])).status_code == 302
    assert guards.guards_of(patient)[0].lift_asked_at is not None


def test_who_comes_late_keeps_the_reason(patient, doctor, carer, control, sign_in_as) -> None:
    mark = guarded_by(patient, doctor)
    address, why = f"/patients/guarded/{mark.pk}/", "第二个人写下的很长的理由，不该丢掉"
    guarding.ask_to_lift(mark=mark, reason="患者本人说不再需要这样了", actor=doctor)
    second = sign_in_as(control)

    late = second.post(address, form(reason=why))
    assert late.status_code == 409
    assert why in late.content.decode()
    assert 'name="decision"' in late.content.decode()  # the proposal is answered on the same page

    guarding.decide_lift(mark=mark, agree=True, actor=carer)
    for typed in ({"reason": why}, {"decision": "lift"}):
        later = second.post(address, form(**typed))
        assert later.status_code == 409
        assert ("reason" in typed) == (why in later.content.decode())
        assert 'name="decision"' not in later.content.decode()
    nobody = UserFactory.create(clinic=patient.clinic, role=Role.DOCTOR)
    assert sign_in_as(nobody).post(address, form(reason=why)).status_code == 404


def test_the_look_at_the_guarded_is_booked(patient, doctor, booked) -> None:
    guarded_by(patient, doctor)
    viewing.list_guarded(staff=doctor)
    assert booked("patient.guards_listed")[0].codes == [patient.code]
    assert guards.guards_waiting_for(doctor).count() == 0
    doubled(patient)
    assert guards.guards_waiting_for(doctor).count() == 1


def test_the_desk_calls_a_guarded_patient_by_number(patient, doctor, receptionist, sign_in_as):
    from crm.scheduling import services as scheduling

    patient.care_team.create(staff=receptionist)
    visit = scheduling.expect_today(patient=patient, purpose="first", actor=receptionist)
    guarded_by(patient, doctor)
    other = UserFactory.create(clinic=patient.clinic, role=Role.FRONT_DESK)
    page = sign_in_as(other).get("/").content.decode()
    assert visit.called in page
    assert f'href="/patients/{patient.code}/"' not in page
