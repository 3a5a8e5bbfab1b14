"""The consent desk: one by one, word for word, refusal as easy as consent, stop at a tap."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.patients.services import consents
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import Role
from privacy.consent.models import Channel, ConsentEntry, ConsentState, ConsentText, Manner, Purpose
from privacy.consent.rules import Answer
from privacy.consent.selectors import has_consent
from privacy.errors import DomainError
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
CELL = "follow_up-sms"


@pytest.fixture
def shown() -> str:
    """The fingerprint of the text on the screen."""
    return ConsentText.objects.get(purpose="follow_up", language="zh-hans").sha256


@pytest.fixture
def say(desk, patient, typed, shown):
    def post(answer, *, cell=CELL, **more):
        form = {
            "answer": answer,
            "manner": "spoken",
            "text": shown,
            "idempotency_key": typed()["idempotency_key"],
            **more,
        }
        return desk.post(
            f"/patients/{patient.code}/consents/{cell}/", form, headers={"HX-Request": "true"}
        )

    return post


def test_every_question_is_shown_with_its_words_and_nothing_is_ticked(desk, patient, booked):
    page = desk.get(f"/patients/{patient.code}/consents/").content.decode()

    assert page.count('id="cell-') == 8
    assert page.count("健康管理中心") == 1
    assert "checked" not in page.split('id="manner"')[1].split('id="ledger"')[0]
    assert page.count('value="granted"') == page.count('value="refused"') == 8
    assert booked("consent.viewed")[0].codes == [patient.code]


def test_an_answer_brings_back_its_row_and_the_ledger_and_covers_nothing(
    say, patient, shown, receptionist
):
    answer = say("granted")

    page = answer.content.decode()
    entry = ConsentEntry.objects.get()
    assert page.lstrip().startswith('<li id="cell-follow_up-sms"')
    assert 'id="ledger"' in page
    assert 'class="toast' not in page
    assert page.count("已记录同意。") == 2  # in the row, and for screen readers
    assert (entry.text_sha256, entry.operator, entry.manner) == (shown, receptionist, "spoken")
    assert has_consent(patient, Purpose.FOLLOW_UP, Channel.SMS)
    assert not has_consent(patient, Purpose.FOLLOW_UP, Channel.CALL)


def test_a_consent_that_has_ended_by_itself_says_so_and_is_asked_for_anew(desk, say, patient):
    cell = "marketing-sms"
    words = ConsentText.objects.get(purpose="marketing", language="zh-hans").sha256
    assert say("granted", cell=cell, text=words).status_code == 200
    for status in ("granted", "paused"):
        ended = timezone.now() - timedelta(days=1)
        ConsentState.objects.update(status=status, expires_at=ended)
        page = desk.get(f"/patients/{patient.code}/consents/").content.decode()
        row = page.partition(f'id="cell-{cell}"')[2].partition("</li>")[0]
        assert timezone.localdate(ended).isoformat() in row
        assert row.count('value="granted"') == row.count('value="withdrawn"') == 1
        assert 'value="paused"' not in row
        assert not has_consent(patient, Purpose.MARKETING, Channel.SMS)
        assert say("granted", cell=cell, text="other words").status_code == 409
        assert say("granted", cell=cell, text=words).status_code == 200
        assert has_consent(patient, Purpose.MARKETING, Channel.SMS)


def test_a_refusal_is_as_easy_and_can_become_a_consent_by_the_patient_alone(say, patient, booked):
    assert say("refused").status_code == 200
    assert not has_consent(patient, Purpose.FOLLOW_UP, Channel.SMS)
    for again in ("granted", "refused"):
        assert say(again).status_code == 422, "nobody asks again while a no rests"
    assert say("refused", unasked="on").status_code == 422
    assert ConsentEntry.objects.count() == 1

    page = say("granted", unasked="on").content.decode()

    assert has_consent(patient, Purpose.FOLLOW_UP, Channel.SMS)
    assert ConsentEntry.objects.get(answer="granted").unasked
    assert booked("consent.granted")[0].detail["unasked"] == 1
    assert "患者主动提出" in page
    assert say("withdrawn").status_code == 200


@pytest.fixture
def tell(patient, receptionist, shown):
    """The same without a page: a session does not last for ninety days."""

    def answer(given, **how) -> None:
        cell = consents.cell_of(patient, CELL)
        consents.answer(
            patient=patient, cell=cell, given=given, manner=Manner.SPOKEN, actor=receptionist,
            text_shown=shown, **how,
        )  # fmt: skip

    return answer


def row_of(desk, patient, cell=CELL) -> str:
    page = desk.get(f"/patients/{patient.code}/consents/").content.decode()
    return page.partition(f'id="cell-{cell}"')[2].partition("</li>")[0]


@pytest.mark.parametrize("first", ["refused", "withdrawn"])
def test_a_no_rests_ninety_days_is_asked_about_once_more_and_then_is_final(
    tell, patient, first, time_machine, receptionist, sign_in_as
):
    began = timezone.now()
    if first == "withdrawn":
        tell(Answer.GRANTED)
    tell(Answer(first))
    day = timezone.localdate()
    row = row_of(sign_in_as(receptionist), patient)
    assert f"{day}" in row
    assert f"{day + timedelta(days=90)}" in row
    assert 'name="unasked"' in row
    assert row.count('name="answer"') == row.count('value="granted"') == 1

    time_machine.move_to(began + timedelta(days=89))
    with pytest.raises(DomainError):
        tell(Answer.GRANTED)
    time_machine.move_to(began + timedelta(days=90))
    row = row_of(sign_in_as(receptionist), patient)
    assert 'name="unasked"' not in row
    assert row.count('value="granted"') == row.count('value="refused"') == 1
    tell(Answer.REFUSED)

    time_machine.move_to(began + timedelta(days=900))
    assert consents.cell_of(patient, CELL).leave.never
    with pytest.raises(DomainError):
        tell(Answer.GRANTED)
    tell(Answer.GRANTED, unasked=True)
    assert has_consent(patient, Purpose.FOLLOW_UP, Channel.SMS)


def test_a_yes_ends_the_rest_and_a_pause_is_no_no(say, desk, patient):
    say("refused")
    say("granted", unasked="on")
    say("paused")
    assert 'name="unasked"' not in row_of(desk, patient)
    assert say("granted").status_code == 200
    assert not ConsentEntry.objects.order_by("-created_at")[0].unasked


def test_a_yes_that_was_asked_for_is_not_called_the_patients_own_idea(say):
    say("granted", unasked="on")
    assert not ConsentEntry.objects.get().unasked


def test_other_questions_do_not_rest_with_it(say, desk, patient):
    say("refused")
    assert 'name="unasked"' not in row_of(desk, patient, "follow_up-call")


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.NURSE, Role.FOLLOWUP_AGENT])
def test_who_speaks_with_the_patient_takes_down_a_no_and_no_yes(
    role, say, clinic, patient, sign_in_as, shown
):
    person = UserFactory.create(clinic=clinic, role=role)
    patient.care_team.create(staff=person)
    client, path = sign_in_as(person), f"/patients/{patient.code}/consents/"

    def tell(answer, cell=CELL):
        form = {"answer": answer, "manner": "spoken", "text": shown, FIELD: new_key()}
        return client.post(f"{path}{cell}/", form).status_code

    page = client.get(path).content.decode()
    assert 'value="granted"' not in page
    assert page.count('value="refused"') == 8
    assert tell("granted") == 403
    assert tell("refused", "follow_up-call") == 302
    say("granted")
    assert 'value="withdrawn"' in client.get(path).content.decode()
    assert tell("paused") == 302
    assert tell("granted") == 403
    assert tell("withdrawn") == 302
    assert 'name="unasked"' not in client.get(path).content.decode()
    say("granted", cell="follow_up-wecom")
    assert client.post(f"{path}stop/", {"how": "stop", FIELD: new_key()}).status_code == 302
    assert set(ConsentState.objects.values_list("status", flat=True)) == {"withdrawn", "refused"}


def test_a_consultant_asks_and_records(carer, patient, sign_in_as, shown):
    assert carer.role == Role.CONSULTANT
    form = {"answer": "granted", "manner": "spoken", "text": shown, FIELD: new_key()}
    answer = sign_in_as(carer).post(f"/patients/{patient.code}/consents/{CELL}/", form)

    assert answer.status_code == 302
    assert ConsentEntry.objects.get().operator == carer


def test_how_it_was_answered_must_be_said(say):
    assert say("granted", manner="").status_code == 422
    assert not ConsentEntry.objects.exists()


def test_consent_to_another_text_than_shown_is_a_conflict(say):
    ConsentText.objects.create(purpose="follow_up", language="zh-hans", version=2, body="新文本")

    assert say("granted").status_code == 409
    assert not ConsentEntry.objects.exists()


@pytest.mark.parametrize(("cell", "answer"), [("nothing-sms", "granted"), (CELL, "maybe")])
def test_what_is_not_asked_cannot_be_answered(say, cell, answer):
    assert say(answer, cell=cell).status_code == 422


def test_a_pause_ends_by_itself_or_never(say, patient):
    day = timezone.localdate() + timedelta(days=3)
    say("granted")

    say("paused", until=day.isoformat())
    state = ConsentState.objects.get()
    assert timezone.localtime(state.paused_until).date() == day
    say("paused")
    state.refresh_from_db()
    assert state.paused_until is None
    assert say("paused", until="2020-01-01").status_code == 422
    assert say("paused", until="whenever").status_code == 422


def test_resuming_goes_on_with_the_words_agreed_to(say, patient):
    say("granted")
    say("paused")
    ConsentText.objects.create(purpose="follow_up", language="zh-hans", version=2, body="新文本")

    assert say("granted").status_code == 200
    newest = ConsentEntry.objects.order_by("-created_at").first()
    assert newest is not None
    assert newest.text is not None
    assert newest.text.version == 1
    assert has_consent(patient, Purpose.FOLLOW_UP, Channel.SMS)


def test_withdrawing_without_consent_is_refused(say):
    assert say("withdrawn").status_code == 422


@pytest.mark.parametrize(("how", "status"), [("pause", "paused"), ("stop", "withdrawn")])
def test_one_tap_stops_all_contact(say, desk, patient, typed, how, status):
    say("granted")
    say("granted", cell="follow_up-call")

    desk.post(
        f"/patients/{patient.code}/consents/stop/",
        {"how": how, "idempotency_key": typed()["idempotency_key"]},
    )

    assert set(ConsentState.objects.values_list("status", flat=True)) == {status}


def test_a_double_click_is_one_line_in_the_ledger(say, typed):
    key = typed()["idempotency_key"]

    say("granted", idempotency_key=key)
    again = say("granted", idempotency_key=key)

    assert ConsentEntry.objects.count() == 1
    assert again.status_code == 204


def test_english_words_for_english_readers(desk, patient):
    page = desk.get(
        f"/patients/{patient.code}/consents/", headers={"Accept-Language": "en"}
    ).content.decode()

    assert "Health Management Centre" in page
