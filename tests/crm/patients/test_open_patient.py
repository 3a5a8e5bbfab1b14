"""A patient's page: masks by role, the trail, and a door that is shut for strangers."""

import pytest

from consult.consultations.events import ConsultationEvent
from consult.consultations.services import save_outcome
from crm.patients.models import PatientClinical
from crm.patients.selectors import timeline_of
from crm.patients.services import care
from crm.patients.services.registration import issue_visit_code
from privacy.access.policy import Permission, Role, roles_with
from privacy.audit.events import AccessEvent
from privacy.pseudonyms.models import VisitCode
from tests.factories.consultations import draft_of, whole_outcome
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def page_of(patient):
    return f"/patients/{patient.code}/"


def test_the_desk_sees_masks_and_never_the_complaint(desk, patient, booked):
    page = desk.get(page_of(patient)).content.decode()

    assert "王※" in page
    assert "·········00" in page
    for secret in ("王芳", "13800138000", "备孕一年未果"):
        assert secret not in page
    (event,) = booked("patient.opened")
    assert event.codes == [patient.code]
    assert event.fields == ["patientcontact.name", "patientcontact.phone"]


def test_a_carer_sees_the_complaint(sign_in_as, carer, patient):
    assert "备孕一年未果" in sign_in_as(carer).get(page_of(patient)).content.decode()


def test_an_unreadable_complaint_shows_its_code(sign_in_as, carer, patient, booked):
    PatientClinical.objects.filter(patient=patient).update(
        chief_complaint=b"\x01\x01" + bytes(60), sex=b"\x01\x01" + bytes(60)
    )

    page = sign_in_as(carer).get(page_of(patient)).content.decode()

    assert page.count("E-") >= 2
    assert booked("crypto.failed")


@pytest.mark.parametrize(
    "rest",
    ["", "timeline/", "looked/", "reveal/", "consents/", "contact/", "label/", "qr.svg"],
)
def test_strangers_get_the_same_not_found_and_are_booked(
    sign_in_as, stranger, patient, booked, rest
):
    client = sign_in_as(stranger)

    there = client.get(page_of(patient) + rest)
    nowhere = client.get(f"/patients/22222222/{rest}")

    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert len(there.content) == len(nowhere.content)
    events = booked(AccessEvent.NOT_FOUND)
    targets = {event.target for event in events if event.actor == stranger.pk}
    assert targets == {f"patient:{patient.code}", "patient:22222222"}


def test_a_colleague_outside_the_team_gets_not_found(sign_in_as, colleague, patient):
    assert sign_in_as(colleague).get(page_of(patient)).status_code == 404


@pytest.mark.parametrize(
    ("path", "method", "permission"),
    [
        ("", "get", Permission.VIEW_PATIENTS),
        ("timeline/", "get", Permission.VIEW_PATIENTS),
        ("looked/", "get", Permission.VIEW_PATIENTS),
        ("registered/", "get", Permission.REGISTER_PATIENT),
        ("contact/", "get", Permission.REGISTER_PATIENT),
        ("label/", "get", Permission.ISSUE_VISIT_CODE),
        ("ticket/", "get", Permission.ISSUE_VISIT_CODE),
        ("qr.svg", "get", Permission.ISSUE_VISIT_CODE),
        ("stage/", "post", Permission.EDIT_CARE_TEAM),
        ("team/", "post", Permission.EDIT_CARE_TEAM),
        ("consents/", "get", Permission.VIEW_CONSENTS),
        ("consents/stop/", "post", Permission.STOP_CONTACT),
        ("consents/follow_up-sms/", "post", Permission.STOP_CONTACT),
    ],
)
def test_every_door_knows_its_roles(sign_in_as, clinic, patient, path, method, permission):
    for role in Role:
        user = UserFactory.create(clinic=clinic, role=role)
        patient.care_team.create(staff=user)
        answer = getattr(sign_in_as(user), method)(page_of(patient) + path)
        assert (answer.status_code == 403) is (role not in roles_with(permission)), (role, path)


def test_nobody_gets_in_without_signing_in(client, patient):
    assert client.get(page_of(patient)).status_code == 302


def test_who_looked_names_people_roles_and_purposes(sign_in_as, carer, desk, patient, receptionist):
    issue_visit_code(patient=patient, actor=receptionist)
    desk.post(
        page_of(patient) + "reveal/",
        {"field": "phone", "purpose": "call", "reason": "致电患者确认预约时间"},
    )
    sign_in_as(carer).get(page_of(patient))

    page = sign_in_as(carer).get(page_of(patient) + "looked/").content.decode()

    assert carer.display_name in page
    assert page.count("<tr>") == 4  # head, the reveal, two looks of the carer


def test_the_timeline_tells_people_from_the_system(desk, patient, receptionist):
    from crm.patients.services.care import change_stage

    change_stage(patient=patient, stage="closed", before="new", actor=receptionist)

    by_staff = desk.get(page_of(patient) + "timeline/?by=staff", headers={"HX-Request": "true"})
    by_system = desk.get(page_of(patient) + "timeline/?by=system", headers={"HX-Request": "true"})

    assert receptionist.display_name in by_staff.content.decode()
    assert receptionist.display_name not in by_system.content.decode()
    assert b"<html" not in by_staff.content


def test_the_stage_moves_once_and_a_stale_form_is_a_conflict(desk, patient, booked, typed):
    key = typed()["idempotency_key"]
    form = {"stage": "in_conversation", "before": "new", "idempotency_key": key}

    moved = desk.post(page_of(patient) + "stage/", form)
    stale = desk.post(
        page_of(patient) + "stage/", {**form, "idempotency_key": typed()["idempotency_key"]}
    )

    patient.refresh_from_db()
    assert (moved.status_code, stale.status_code) == (302, 409)
    assert patient.stage == "in_conversation"
    assert booked("patient.stage_changed")[0].detail == {
        "before": "new",
        "after": "in_conversation",
    }


def test_the_care_team_grows_and_shrinks(desk, patient, colleague, stranger, typed, booked):
    def post(path, **data):
        return desk.post(page_of(patient) + path, {**typed(), **data})

    nobody_said_why = post("team/", member=str(colleague.pk))
    assert not patient.care_team.exists()
    post("team/", member=str(colleague.pk), reason="treats")
    twice = post("team/", member=str(colleague.pk), reason="treats")
    post("team/", member=str(stranger.pk), reason="treats")
    row = patient.care_team.get()
    post(f"team/{row.pk}/remove/")

    assert (nobody_said_why.status_code, twice.status_code) == (422, 422)
    assert row.staff == colleague
    assert not patient.care_team.exists()
    assert len(booked("patient.joined_team")) == len(booked("patient.left_team")) == 1


def test_the_team_is_asked_before_somebody_is_taken_off(desk, patient, carer, colleague):
    page = desk.get(page_of(patient))
    body = page.content.decode()

    assert body.index("/remove/") > body.index('<dialog id="off-')
    offered = set(page.context["team_form"].fields["member"].queryset)
    assert colleague in offered
    assert carer not in offered  # is there already
    assert "---" not in body


def test_label_and_ticket_bear_codes_only_and_are_booked(desk, patient, typed, booked):
    label = desk.get(page_of(patient) + "label/").content.decode()
    ticket = desk.post(page_of(patient) + "ticket/", typed(), follow=True).content.decode()
    drawing = desk.get(page_of(patient) + "qr.svg")

    assert patient.spaced_code in label
    assert "B-001" in ticket
    assert patient.spaced_code not in ticket
    assert "王" not in label + ticket
    assert drawing["Content-Type"] == "image/svg+xml"
    assert b"style=" not in drawing.content
    assert len(booked("patient.label_printed")) == len(booked("patient.ticket_printed")) == 1


@pytest.mark.parametrize("path", ["ticket/", "registered/", "label/", "qr.svg?of=today", ""])
def test_looking_issues_no_number(desk, patient, booked, path):
    answer = desk.get(page_of(patient) + path)

    assert answer.status_code == 200
    assert not VisitCode.objects.exists()
    assert not booked("patient.visit_code_issued")
    assert not booked("patient.ticket_printed")


@pytest.mark.parametrize("path", ["", "registered/", "ticket/"])
def test_where_a_number_is_missing_one_button_gives_it(desk, patient, path):
    """The patient's page, the page after registering and the ticket itself: one click each."""
    page = desk.get(page_of(patient) + path).content.decode()

    assert f'action="{page_of(patient)}ticket/"' in page


def test_the_button_gives_one_number_and_leads_to_the_ticket(desk, patient, typed, booked):
    sent = typed()
    answers = [desk.post(page_of(patient) + "ticket/", one) for one in (sent, sent, typed())]

    assert [one["Location"] for one in answers] == [page_of(patient) + "ticket/"] * 3
    assert VisitCode.objects.get().number == 1
    assert len(booked("patient.visit_code_issued")) == 1
    page = desk.get(page_of(patient)).content.decode()
    assert f'href="{page_of(patient)}ticket/"' in page, "a link, once there is a number"


def test_the_timeline_by_itself_is_a_look_too(desk, patient, booked):
    desk.get(f"/patients/{patient.code}/timeline/?by=staff")

    (event,) = booked("patient.timeline_viewed")
    assert (event.codes, event.detail) == ([patient.code], {"by": "staff"})


def test_autosaves_stay_in_the_trail_and_out_of_the_timeline(sign_in_as, carer, patient, booked):
    draft = draft_of(patient, carer)
    for version in range(1, 4):
        save_outcome(draft=draft, actor=carer, version=version, outcome=whole_outcome())

    page = sign_in_as(carer).get(page_of(patient) + "timeline/")

    titles = [line.title for line in page.context["lines"]]
    assert ConsultationEvent.DRAFT_STARTED.label in titles
    assert ConsultationEvent.DRAFT_SAVED.label not in titles
    assert len(booked("consultation.draft_saved")) == 3


def test_autosaves_do_not_push_older_events_off_the_timeline(carer, patient, booked):
    draft = draft_of(patient, carer)
    for version in range(1, 110):
        save_outcome(draft=draft, actor=carer, version=version, outcome=whole_outcome())

    (oldest,) = timeline_of(patient)
    assert oldest.event.action == ConsultationEvent.DRAFT_STARTED


def test_the_timeline_says_who_joined_and_left_the_care_team(
    desk, patient, colleague, receptionist
):
    row = care.add_to_team(patient=patient, member=colleague, reason="treats", actor=receptionist)
    care.remove_from_team(patient=patient, member_id=row.pk, actor=receptionist)

    lines = desk.get(f"/patients/{patient.code}/timeline/").context["lines"]

    told = [line.text for line in lines if "照护团队" in str(line.title)]
    assert told == [f"{colleague.display_name} · {colleague.get_role_display()}"] * 2
