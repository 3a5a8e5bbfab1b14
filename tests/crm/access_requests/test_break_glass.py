"""Break-glass: at once, for thirty minutes, seen by others, judged, and taken away (T19)."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from crm.access_requests import selectors
from crm.access_requests.models import AccessRequest, BreakGlassLift, BreakGlassVerdict
from crm.access_requests.selectors import (
    count_waiting_for,
    is_suspended,
    resting_in,
    suspended_in,
)
from crm.access_requests.services import breaking, deciding
from crm.patients.services.guarding import guard
from privacy.access.policy import Role
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.pseudonyms.rules import make_code
from tests.factories.access import EMERGENCY, asked_for, broken, granted, used_long_ago
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.sessions import age_factor
from tests.factories.work import work_of

pytestmark = pytest.mark.django_db
GLASS = "/access/break-glass/"
FOUND = "查阅了病程和用药，与急诊记录一致"


def typed(code, **changes):
    return {
        "code": code, "reason": EMERGENCY, "idempotency_key": str(uuid.uuid4()), **changes
    }  # fmt: skip


def judged(use, control, *, justified=False):
    return breaking.judge(use=use, actor=control, justified=justified, words=FOUND)


def three_strikes(patient, person, control):
    for days in (300, 200, 100):
        judged(used_long_ago(patient, person, days=days), control)


def test_it_opens_one_patient_at_once_and_says_so(sign_in_as, nurse, patient, clinic, booked):
    other = PatientFactory.create(clinic=clinic)
    client = sign_in_as(nurse)

    answer = client.post(GLASS, typed(patient.code), follow=True)

    assert answer.redirect_chain == [(f"/patients/{patient.code}/", 302)]
    assert [one.level for one in answer.context["notices"]] == ["bad"]
    assert client.get(f"/patients/{other.code}/").status_code == 404
    use = AccessRequest.objects.get()
    assert use.until - use.asked_at == timedelta(minutes=30)
    (event,) = booked("break_glass.used")
    assert (event.kind, event.codes, event.reason) == ("breakglass", [patient.code], EMERGENCY)


def test_it_asks_for_a_fresh_second_factor(sign_in_as, nurse, patient):
    client = sign_in_as(nurse)
    age_factor(client, minutes=31)

    assert client.get(GLASS)["Location"].startswith("/account/confirm/")
    assert client.post(GLASS, typed(patient.code)).status_code == 422
    assert not AccessRequest.objects.exists()


def test_a_reason_of_twenty_characters(sign_in_as, nurse, patient):
    for reason in ("", "急诊", "急" * 19, "急诊" + " " * 30):
        answer = sign_in_as(nurse).post(GLASS, typed(patient.code, reason=reason))
        assert answer.status_code == 422
    with pytest.raises(DomainError):
        breaking.break_glass(actor=nurse, code=patient.code, reason="急" * 19 + "  ")


@pytest.mark.parametrize("role", [Role.CONSULTANT, Role.FRONT_DESK, Role.MEDICAL_QC])
def test_doctors_and_nurses_only(clinic, patient, role, sign_in_as):
    user = UserFactory.create(clinic=clinic, role=role)

    with pytest.raises(AccessDenied):
        broken(patient, user)
    assert sign_in_as(user).post(GLASS, typed(patient.code)).status_code == 403


def test_of_ones_own_clinic_and_booked_if_in_vain(sign_in_as, nurse, booked):
    foreign = PatientFactory.create()
    client = sign_in_as(nurse)

    told = {
        str(client.post(GLASS, typed(code)).context["form"].non_field_errors())
        for code in (foreign.code, make_code())
    }

    assert len(told) == 1
    assert not AccessRequest.objects.exists()
    assert len([one for one in booked("access.not_found") if one.clinic == nurse.clinic_id]) == 2


def test_who_sees_the_patient_has_no_glass_to_break(nurse, doctor, patient):
    granted(patient, nurse, doctor)

    for user in (nurse, doctor):
        with pytest.raises(DomainError):
            broken(patient, user)


def test_team_and_control_see_it_at_once_others_do_not(
    sign_in_as, nurse, doctor, patient, control, colleague, stranger
):
    use = broken(patient, nurse)
    work_of(Role.MEDICAL_QC, patient)

    for user in (doctor, control):
        assert count_waiting_for(user) == 1
        assert [one.row for one in sign_in_as(user).get("/access/").context["shown"].unjudged] == [
            use
        ]
        page = sign_in_as(user).get(f"/patients/{patient.code}/")
        assert EMERGENCY in page.context["notices"][0].text
    for user in (nurse, colleague, stranger):
        assert count_waiting_for(user) == 0


def test_control_judges_on_the_page_and_once(sign_in_as, nurse, patient, control, booked):
    use = broken(patient, nurse)
    client = sign_in_as(control)
    form = {"justified": "no", "words": FOUND, "idempotency_key": str(uuid.uuid4())}
    assert client.get(f"/access/{use.pk}/judge/").status_code == 200

    assert client.post(f"/access/{use.pk}/judge/", form).status_code == 302

    verdict = BreakGlassVerdict.objects.get()
    assert (verdict.justified, verdict.words, verdict.judge) == (False, FOUND, control)
    (event,) = booked("break_glass.judged")
    assert (event.kind, event.detail["justified"], event.detail["overdue"]) == ("breakglass", 0, 0)
    with pytest.raises(Conflict):
        judged(use, control)
    again = client.post(f"/access/{use.pk}/judge/", {**form, "idempotency_key": str(uuid.uuid4())})
    assert again.status_code == 422
    assert FOUND in sign_in_as(nurse).get("/access/").content.decode()
    assert client.get("/access/").context["shown"].judged[0].row == use
    assert client.get(f"/access/{use.pk}/judge/").status_code == 200


def test_a_verdict_wants_words_and_a_judge(nurse, doctor, patient, control, stranger, sign_in_as):
    use = broken(patient, nurse)
    for user in (doctor, nurse):
        with pytest.raises(AccessDenied):
            judged(use, user)
    with pytest.raises(DomainError):
        breaking.judge(use=use, actor=control, justified=True, words="好")
    away = UserFactory.create(role=Role.MEDICAL_QC)
    assert sign_in_as(away).get(f"/access/{use.pk}/judge/").status_code == 404
    with pytest.raises(AccessDenied):
        judged(use, away)
    gone = UserFactory.create(clinic=control.clinic, role=Role.MEDICAL_QC, is_active=False)
    for user in (doctor, stranger, away, gone):  # the database by itself
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            BreakGlassVerdict.objects.create(request=use, judge=user, justified=True, words=FOUND)
        assert refused.value.__cause__.diag.constraint_name == "verdict_is_quality_controls"


def test_nobody_judges_their_own_use(patient, control):
    use = used_long_ago(patient, control, days=1)  # once a nurse, now in quality control

    with pytest.raises(AccessDenied):
        judged(use, control)
    with pytest.raises(IntegrityError, match="verdict_is_anothers"), transaction.atomic():
        BreakGlassVerdict.objects.create(request=use, judge=control, justified=True, words=FOUND)


def test_a_request_is_not_judged(nurse, patient, control, sign_in_as):
    access = asked_for(patient, nurse)

    assert sign_in_as(control).get(f"/access/{access.pk}/judge/").status_code == 404
    with pytest.raises(IntegrityError, match="verdict_is_anothers"), transaction.atomic():
        BreakGlassVerdict.objects.create(request=access, judge=control, justified=True, words="x")


def test_an_overdue_verdict_is_shown(sign_in_as, nurse, patient, control):
    used_long_ago(patient, nurse, hours=25)

    page = sign_in_as(control).get("/access/")

    (one,) = page.context["shown"].unjudged
    assert one.overdue
    judged(one.row, control, justified=True)
    assert not sign_in_as(control).get("/access/").context["shown"].judged[0].overdue


def test_three_unjustified_suspend_until_lifted(
    sign_in_as, nurse, patient, control, security, booked
):
    three_strikes(patient, nurse, control)
    assert is_suspended(nurse)

    answer = sign_in_as(nurse).post(GLASS, typed(patient.code))

    assert answer.status_code == 422
    assert booked("access.denied")[0].reason == "break_glass_suspended"
    assert sign_in_as(nurse).get("/access/").context["shown"].own_rest
    assert suspended_in(security) == [nurse]
    form = {"reason": "已完成隐私再培训并通过考核", "idempotency_key": str(uuid.uuid4())}
    client = sign_in_as(security)
    assert client.get(f"/access/suspended/{nurse.pk}/lift/").status_code == 200
    assert client.post(f"/access/suspended/{nurse.pk}/lift/", form).status_code == 302
    assert not is_suspended(nurse)
    assert suspended_in(security) == []
    assert booked("break_glass.lifted")[0].target == f"staff:{nurse.staff_no}"
    assert broken(patient, nurse).state == "approved"
    form["idempotency_key"] = str(uuid.uuid4())
    assert client.post(f"/access/suspended/{nurse.pk}/lift/", form).status_code == 422


def test_the_right_rests_while_a_use_is_overdue(
    sign_in_as, nurse, patient, clinic, control, booked
):
    other = PatientFactory.create(clinic=clinic)
    use = used_long_ago(patient, nurse, hours=25)
    desk = sign_in_as(nurse)

    assert desk.get("/access/").context["shown"].own_rest
    answer = desk.post(GLASS, typed(other.code))

    assert answer.status_code == 422
    assert EMERGENCY in answer.content.decode()
    assert "24" in answer.context["form"].non_field_errors()[0]
    assert [one.reason for one in booked("access.denied")] == ["break_glass_unjudged"]
    assert AccessRequest.objects.uses().count() == 1
    judged(use, control, justified=False)
    assert desk.get("/access/").context["shown"].own_rest == ""
    assert broken(other, nurse).pk


def test_a_use_still_in_time_and_anothers_overdue_one_rest_nobody(nurse, doctor, patient, clinic):
    used_long_ago(patient, nurse, hours=23)
    used_long_ago(patient, doctor, hours=25)

    assert broken(PatientFactory.create(clinic=clinic), nurse).pk


def test_justified_uses_and_others_strikes_suspend_nobody(nurse, doctor, patient, control):
    three_strikes(patient, doctor, control)
    for _ in range(3):
        judged(used_long_ago(patient, nurse, days=3), control, justified=True)

    assert is_suspended(doctor)
    assert not is_suspended(nurse)


def test_a_rest_that_nobody_can_judge_away_is_given_back(
    sign_in_as, nurse, doctor, patient, control, security, booked
):
    """The only quality controller is the patient: they judge no use of their own record."""
    guard(patient=patient, kind="staff", reason=FOUND, actor=doctor, person=control)
    use, other = used_long_ago(patient, nurse, hours=25), PatientFactory.create(clinic=nurse.clinic)
    assert not selectors.unjudged_for(control).exists()
    assert resting_in(security) == [nurse]
    assert resting_in(UserFactory.create(role=Role.SECURITY_ADMIN)) == []
    with pytest.raises(AccessDenied):
        broken(other, nurse)

    client = sign_in_as(security)
    assert nurse.display_name in client.get("/access/").content.decode()
    page = client.get(f"/access/suspended/{nurse.pk}/lift/").content.decode()
    assert patient.code not in page
    form = {"reason": FOUND, "idempotency_key": str(uuid.uuid4())}
    assert client.post(f"/access/suspended/{nurse.pk}/lift/", form).status_code == 302

    assert booked("break_glass.lifted")[0].detail == {"unjudged": 1}
    assert resting_in(security) == []
    assert broken(other, nurse).state == "approved"
    assert not hasattr(use, "verdict"), "it stays to be judged"


def test_giving_back_a_rest_forgives_no_strike_and_covers_what_was_overdue_alone(
    nurse, patient, clinic, control, security
):
    three_strikes(patient, nurse, control)
    BreakGlassLift.objects.create(staff=nurse, lifted_by=security, unjudged=True, reason=FOUND)
    assert is_suspended(nurse)
    breaking.lift_suspension(person=nurse, actor=security, reason=FOUND)
    used_long_ago(PatientFactory.create(clinic=clinic), nurse, hours=2)

    with time_machine.travel(timezone.now() + timedelta(hours=23), tick=False):
        assert selectors.overdue_use_of(nurse) is not None


def test_only_the_security_administrator_of_the_clinic_lifts(
    nurse, patient, control, security, sign_in_as
):
    three_strikes(patient, nurse, control)
    with pytest.raises(AccessDenied):
        breaking.lift_suspension(person=nurse, actor=control, reason=FOUND)
    with pytest.raises(AccessDenied):
        breaking.lift_suspension(person=security, actor=security, reason=FOUND)
    with pytest.raises(DomainError):
        breaking.lift_suspension(person=nurse, actor=security, reason="好")
    away = UserFactory.create(role=Role.SECURITY_ADMIN)
    assert sign_in_as(away).get(f"/access/suspended/{nurse.pk}/lift/").status_code == 404
    with pytest.raises(IntegrityError, match="nobody_lifts_their_own"), transaction.atomic():
        BreakGlassLift.objects.create(staff=nurse, lifted_by=nurse, reason=FOUND)


def test_an_approval_takes_the_place_of_the_broken_glass(nurse, doctor, patient):
    use = broken(patient, nurse)

    access = granted(patient, nurse, doctor)

    use.refresh_from_db()
    assert (use.state, access.state) == ("ended", "approved")


def test_the_team_ends_it_early(nurse, doctor, patient):
    use = broken(patient, nurse)

    assert deciding.end_early(request=use, actor=doctor).closed_by == doctor


def test_thirty_minutes_and_one_each_by_the_database(nurse, patient):
    now = timezone.now()

    def make(minutes):
        return AccessRequest.objects.create(
            batch=uuid.uuid4(), kind="break_glass", clinic=nurse.clinic, staff=nurse,
            code=patient.code, patient=patient, reason=EMERGENCY, asked_at=now,
            wanted_until=now + timedelta(minutes=minutes), state="approved", decided_at=now,
            until=now + timedelta(minutes=minutes),
        )  # fmt: skip

    with pytest.raises(IntegrityError, match="access_asked_for_so_long"), transaction.atomic():
        make(31)
    make(30)
    with pytest.raises(IntegrityError, match="one_live_access_each"), transaction.atomic():
        make(30)


def test_verdicts_and_lifts_stay(nurse, patient, control, security):
    three_strikes(patient, nurse, control)
    breaking.lift_suspension(person=nurse, actor=security, reason=FOUND)

    for rows in (BreakGlassVerdict.objects.all(), BreakGlassLift.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(updated_at=timezone.now())


def test_more_than_five_a_day_are_no_emergencies(sign_in_as, nurse, clinic, booked):
    for _ in range(5):
        broken(PatientFactory.create(clinic=clinic), nurse)
    sixth = PatientFactory.create(clinic=clinic)
    answer = sign_in_as(nurse).post(GLASS, typed(sixth.code))

    assert answer.context["form"].non_field_errors()
    assert AccessRequest.objects.uses().count() == 5
    assert [one.reason for one in booked("access.denied")] == ["cap_reached"]


def test_the_day_before_does_not_count(nurse, clinic, control):
    for _ in range(5):
        use = used_long_ago(PatientFactory.create(clinic=clinic), nurse, hours=25)
        judged(use, control, justified=True)

    assert broken(PatientFactory.create(clinic=clinic), nurse).pk
