"""Name and phone are asked for three times at most, and never after a no (S17, U15)."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from consult.consultations import services
from consult.consultations.asking import MOST_ASKS, Asking, asked_in, asking_in, declined_in
from consult.consultations.models import Consultation
from consult.consultations.notices import CURRENT, EDITIONS, edition
from consult.consultations.rules import Outcome
from consult.consultations.services.texts import hand_written
from crm.patients.asked_facts import AskedFact
from crm.patients.collecting import COOL_OFF, Fact
from crm.patients.services import collecting
from crm.patients.services.care import change_contact
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.consult.consultations.asking_phrases import (
    ASKS,
    DOES_NOT,
    NO_REFUSAL,
    REFUSES,
    REFUSES_BY_ITSELF,
)
from tests.factories.people import PatientFactory
from tests.shared_data import shared

OUTCOME = Outcome(
    channel="wecom",
    started_at=datetime(2026, 11, 20, 1, 2, tzinfo=UTC),
    source="brand_search",
    worries=["fees"],
    disposition="refer_to_visit",
    next_step="await_patient",
)

NAME, PHONE = frozenset({Fact.NAME}), frozenset({Fact.PHONE})
SAY = st.tuples(
    st.sampled_from(["patient", "staff", "unknown"]),
    st.sampled_from([*ASKS, *DOES_NOT, *REFUSES, *NO_REFUSAL]) | st.text(max_size=60),
)


def test_the_list_is_long_enough_and_says_nothing_twice() -> None:
    said = [*ASKS, *DOES_NOT]
    assert len(said) >= 120
    assert len(set(said)) == len(said)
    assert len(DOES_NOT) >= 50


@pytest.mark.parametrize("text", ASKS)
def test_this_asks(text) -> None:
    assert asked_in(text)


@pytest.mark.parametrize("text", DOES_NOT)
def test_this_does_not(text) -> None:
    assert not asked_in(text)


@pytest.mark.parametrize("text", [*REFUSES, *REFUSES_BY_ITSELF])
def test_this_is_a_no(text) -> None:
    assert declined_in(text, asked=PHONE)


@pytest.mark.parametrize("text", REFUSES_BY_ITSELF)
def test_this_is_a_no_without_a_question(text) -> None:
    assert declined_in(text, asked=frozenset())


@pytest.mark.parametrize("text", NO_REFUSAL)
def test_this_is_no_no(text) -> None:
    assert not declined_in(text, asked=PHONE)


@pytest.mark.parametrize(
    ("text", "asked", "about"),
    [
        ("不要问我的姓名", PHONE, NAME),
        ("我不想留电话", NAME, PHONE),
        ("不留电话，也别问名字", frozenset(), NAME | PHONE),
        ("不方便", NAME | PHONE, NAME | PHONE),
        ("不方便", NAME, NAME),
    ],
)
def test_a_no_is_about_what_it_names_or_what_was_asked(text, asked, about) -> None:
    assert declined_in(text, asked=asked) == about


@pytest.mark.parametrize(
    ("text", "about"),
    [("您贵姓", NAME), ("方便留个电话吗", PHONE), ("您贵姓，留个电话吧", NAME | PHONE)],
)
def test_a_question_tells_what_it_is_about(text, about) -> None:
    assert asked_in(text) == about


def test_a_no_about_something_else_is_none() -> None:
    assert asking_in([("staff", "哪里不舒服"), ("patient", "走路不方便")]).refused is False


@given(st.lists(SAY, max_size=12))
def test_the_count_adds_up(talk) -> None:
    found = asking_in(talk)
    staff = [text for speaker, text in talk if speaker == "staff"]
    assert found.times == sum(bool(asked_in(text)) for text in staff)
    assert found.after_refusal <= found.times
    assert found.after_refusal == 0 or found.refused
    assert found.too_often is (found.times > MOST_ASKS)
    assert found.refused or not found.declined
    assert found.faulty is (found.too_often or found.after_refusal > 0)


@given(st.lists(SAY, max_size=8), st.lists(SAY, max_size=8))
def test_a_longer_talk_never_counts_less(first, then) -> None:
    short, whole = asking_in(first), asking_in(first + then)
    assert whole.times >= short.times
    assert whole.after_refusal >= short.after_refusal
    assert whole.refused >= short.refused


@given(st.lists(SAY, max_size=8), st.integers(0, 9))
def test_earlier_talks_and_a_rest_only_add(talk, before) -> None:
    alone, among = asking_in(talk), asking_in(talk, before=before, resting=NAME | PHONE)
    assert (among.times, among.in_all) == (alone.times, before + alone.times)
    assert among.too_often is (alone.times > 0 and among.in_all > MOST_ASKS)
    assert among.after_refusal == among.times >= alone.after_refusal
    assert among.declined == alone.declined


@given(st.text())
def test_any_text_is_taken(text) -> None:
    assert asked_in(text) <= NAME | PHONE
    assert declined_in(text, asked=PHONE) <= NAME | PHONE


def test_the_fourth_is_too_many() -> None:
    talk = [("staff", "方便留个电话吗"), ("patient", "看看再说")] * 3
    assert asking_in(talk) == Asking(times=3)
    assert asking_in(talk).enough
    assert asking_in([*talk, ("staff", "您贵姓")]).too_often


def test_after_a_no_one_is_too_many() -> None:
    talk = [("staff", "方便留个电话吗"), ("patient", "先不留了"), ("staff", "那说说症状")]
    assert asking_in(talk) == Asking(times=1, refused=True, declined=PHONE)
    assert asking_in([*talk, ("staff", "还是留一下电话吧")]).after_refusal == 1


@pytest.mark.parametrize(
    ("later", "left"),
    [("好吧，我电话※※※※※※※※※78", NAME), ("我姓王", PHONE), ("我叫什么不重要", NAME | PHONE)],
)
def test_who_tells_after_all_has_not_declined(later, left) -> None:
    talk = [("staff", "您贵姓，方便留个电话吗"), ("patient", "先不留了"), ("patient", later)]
    assert asking_in(talk).declined == left
    assert asking_in(talk).refused


def test_who_tells_in_the_same_breath_has_not_declined() -> None:
    talk = [("staff", "您贵姓"), ("patient", "不用客气，我姓王，不留电话")]
    assert asking_in(talk).declined == PHONE
    assert asking_in([talk[0], ("patient", "不用客气，我姓王")]).declined == frozenset()


def test_a_question_for_what_rests_comes_after_a_no() -> None:
    talk = [("staff", "方便留个电话吗"), ("staff", "您贵姓")]
    assert asking_in(talk, resting=PHONE).after_refusal == 1


def test_dialogues_of_doctors_hardly_ask() -> None:
    """Doctors' answers in public dialogues ask for no contact: every hit there is looked at."""
    rows = shared("consultations/dialogues.jsonl").read_text().splitlines()
    lines = [
        str(turn.get("text", ""))
        for row in rows
        for turn in json.loads(row).get("turns", [])
        if turn.get("role") != "patient"
    ]
    if not lines:
        pytest.skip("the file has another shape")
    hits = [line for line in lines if asked_in(line)]
    assert len(hits) <= len(lines) // 200, hits[:5]


# --- with a record --------------------------------------------------------------------------------


def booked(action: str) -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(action=action))


def talk_of(*said: tuple[str, str]) -> list[services.NewTurn]:
    return [hand_written(speaker=speaker, text=text) for speaker, text in said]


@pytest.mark.django_db
def test_the_submitted_record_bears_the_count(patient, carer, sign_in_as) -> None:
    turns = talk_of(
        ("staff", "方便留个电话吗"), ("patient", "先不留了"), ("staff", "您还是留一下电话吧"),
    )  # fmt: skip
    draft = services.start_draft(
        patient=patient, actor=carer, channel="wecom", turns=turns, notice=True
    )
    desk = sign_in_as(carer)
    page = desk.get(f"/consultations/{draft.pk}/draft/").content.decode()
    assert page.count('role="status"') >= 1
    found = services.submit(
        draft=draft, actor=carer, version=draft.version, talk_version=draft.talk_version,
        outcome=OUTCOME,
    )  # fmt: skip
    assert (found.contact_asks, found.asks_after_refusal) == (2, 1)
    assert found.asking.faulty
    assert found.notice == CURRENT
    (counted,) = booked("consultation.asks_counted")
    assert (counted.actor, counted.process) == (None, "asking")
    (event,) = booked("consultation.submitted")
    assert (event.detail["asks"], event.detail["asks_after_refusal"]) == (2, 1)
    assert desk.get(f"/consultations/{draft.pk}/").status_code == 200


def submitted(patient, carer, *said: tuple[str, str], days_ago: float = 1) -> Consultation:
    """A locked talk of some days ago."""
    moment = timezone.now() - timedelta(days=days_ago)
    draft = services.start_draft(
        patient=patient, actor=carer, channel="wecom", started_at=moment, turns=talk_of(*said)
    )
    return services.submit(
        draft=draft, actor=carer, version=1, talk_version=draft.talk_version,
        outcome=replace(OUTCOME, started_at=moment),
    )  # fmt: skip


NO = (("staff", "方便留个电话吗"), ("patient", "先不留了"))


@pytest.mark.django_db
def test_a_no_in_a_talk_rests_in_the_next_one_and_on_the_patients_page(
    patient, carer, sign_in_as
) -> None:
    talk = submitted(patient, carer, *NO)
    day = timezone.localdate(talk.started_at)
    (row,) = AskedFact.objects.filter(patient=patient)
    assert (row.fact, row.answer, row.asked_on, row.asked_by) == ("phone", "declined", day, carer)
    (event,) = booked("patient.fact_taken")
    assert (event.actor, event.codes, event.target) == (carer.pk, [patient.code], talk.target)

    desk, until = sign_in_as(carer), f"{day + COOL_OFF:%Y-%m-%d}"
    start = f"/patients/{patient.code}/consultations/new/"
    draft = services.start_draft(
        patient=patient, actor=carer, channel="wecom", turns=talk_of(("staff", "留个电话吧"))
    )
    shown = [start, f"/patients/{patient.code}/", f"/patients/{patient.code}/facts/",
             f"/consultations/{draft.pk}/draft/"]  # fmt: skip
    for page in shown:
        assert until in desk.get(page).content.decode(), page
    asks = desk.get(shown[-1]).context["asks"]
    assert (asks.asking.after_refusal, asks.asking.faulty) == (1, True)
    found = services.submit(
        draft=draft, actor=carer, version=1, talk_version=draft.talk_version,
        outcome=replace(OUTCOME, started_at=draft.started_at),
    )  # fmt: skip
    assert (found.asks_after_refusal, found.asks_before) == (1, 1)


@pytest.mark.django_db
def test_a_no_while_one_rests_is_the_same_no_and_later_the_second(patient, carer) -> None:
    submitted(patient, carer, *NO, days_ago=200)
    submitted(patient, carer, *NO, days_ago=100)
    assert [one.leave.never for one in collecting.rests_of(patient)] == [True]
    assert AskedFact.objects.filter(patient=patient).count() == 2


@pytest.mark.django_db
def test_two_noes_in_a_row_are_one(patient, carer) -> None:
    submitted(patient, carer, *NO, days_ago=3)
    submitted(patient, carer, *NO, days_ago=2)
    (rest,) = collecting.rests_of(patient)
    assert not rest.leave.never
    assert rest.leave.again_from == timezone.localdate() - timedelta(days=3) + COOL_OFF
    assert not collecting.facts_of(patient)[0].rests


@pytest.mark.django_db
def test_a_talk_written_down_late_answers_for_no_no_that_came_after_it(
    patient, carer, sign_in_as
) -> None:
    submitted(patient, carer, *NO, days_ago=2)
    late = submitted(patient, carer, ("staff", "留个电话吧"), days_ago=5)
    assert (late.contact_asks, late.asks_after_refusal) == (1, 0)
    draft = services.start_draft(
        patient=patient, actor=carer, channel="wecom",
        started_at=timezone.now() - timedelta(days=4), turns=talk_of(("staff", "留个电话吧")),
    )  # fmt: skip
    assert not sign_in_as(carer).get(f"/consultations/{draft.pk}/draft/").context["asks"].rests


@pytest.mark.django_db
@pytest.mark.parametrize(("hour", "after"), [(11, 0), (13, 1)])
def test_on_the_same_day_a_talk_answers_for_a_no_that_was_kept_before_it(
    patient, carer, hour, after
) -> None:
    noon = timezone.localtime().replace(hour=12, minute=0) - timedelta(days=1)
    with time_machine.travel(noon, tick=False):
        submitted(patient, carer, *NO, days_ago=0)
    with time_machine.travel(noon + timedelta(hours=3), tick=False):
        talk = submitted(patient, carer, ("staff", "留个电话吧"), days_ago=(15 - hour) / 24)
    assert talk.asks_after_refusal == after


@pytest.mark.django_db
def test_a_talk_of_the_rest_answers_for_the_no_when_it_is_written_down_after_it(
    patient, carer
) -> None:
    submitted(patient, carer, *NO, days_ago=95)
    late = submitted(patient, carer, *NO, days_ago=15)
    assert late.asks_after_refusal == 1
    assert AskedFact.objects.filter(patient=patient).count() == 1  # the same no


@pytest.mark.django_db
def test_an_earlier_no_written_down_while_a_later_one_rests_is_the_same(patient, carer) -> None:
    submitted(patient, carer, *NO, days_ago=2)
    submitted(patient, carer, *NO, days_ago=30)
    (rest,) = collecting.rests_of(patient)
    assert not rest.leave.never


@pytest.mark.django_db
def test_what_was_told_after_the_talk_does_not_undo_its_rest(patient, carer) -> None:
    submitted(patient, carer, *NO, days_ago=10)
    change_contact(patient=patient, name="", phone="+8613900139000", actor=carer)
    late = submitted(patient, carer, ("staff", "留个电话吧"), days_ago=3)
    assert late.asks_after_refusal == 1


@pytest.mark.django_db
def test_after_ninety_days_it_may_be_asked_once_more(patient, carer, sign_in_as) -> None:
    submitted(patient, carer, *NO, days_ago=90)
    assert collecting.rests_of(patient) == []
    assert [one.fact for one in collecting.noes_of(patient)] == [Fact.PHONE]
    draft = services.start_draft(
        patient=patient, actor=carer, channel="wecom", turns=talk_of(("staff", "留个电话吧"))
    )
    asks = sign_in_as(carer).get(f"/consultations/{draft.pk}/draft/").context["asks"]
    assert (asks.asking.before, asks.asking.after_refusal, asks.tells) == (0, 0, False)


@pytest.mark.django_db
def test_who_tells_the_number_later_ends_the_rest(patient, carer) -> None:
    submitted(patient, carer, *NO)
    change_contact(patient=patient, name="王芳芳", phone="", actor=carer)
    assert collecting.rests_of(patient)
    change_contact(patient=patient, name="", phone="+8613900139000", actor=carer)
    assert collecting.rests_of(patient) == []
    answers = [event.detail["answer"] for event in booked("patient.fact_taken")]
    assert sorted(answers) == ["declined", "given"]


@pytest.mark.django_db
def test_questions_count_over_the_talks_of_ninety_days(patient, carer, clinic) -> None:
    other = PatientFactory.create(clinic=clinic)
    other.care_team.create(staff=carer)
    submitted(other, carer, ("staff", "您贵姓"))
    submitted(patient, carer, ("staff", "您贵姓"), days_ago=93)
    submitted(patient, carer, ("staff", "您贵姓"), ("staff", "怎么称呼您"), days_ago=5)
    last = submitted(patient, carer, ("staff", "您贵姓"), ("staff", "留个电话吧"), days_ago=2)
    quiet = submitted(patient, carer, ("staff", "哪里不舒服"), days_ago=1)
    assert (last.contact_asks, last.asks_before, last.asking.too_often) == (2, 2, True)
    assert (quiet.asks_before, quiet.asking.enough, quiet.asking.too_often) == (4, True, False)
    early = submitted(patient, carer, ("staff", "您贵姓"), days_ago=10)
    assert early.asks_before == 1  # 93 days ago; what was said after it does not count against it


@pytest.mark.django_db
def test_a_talk_that_does_not_open_is_counted_as_far_as_it_does(patient, carer) -> None:
    draft = services.start_draft(
        patient=patient, actor=carer, channel="wecom", turns=talk_of(("staff", "您贵姓"))
    )
    draft.turns.update(text=b"broken")
    found = services.submit(draft=draft, actor=carer, version=1, talk_version=1, outcome=OUTCOME)
    assert found.contact_asks == 0
    assert found.notice is None


def test_editions_are_numbered_from_one_and_never_change() -> None:
    assert [one.version for one in EDITIONS] == list(range(1, len(EDITIONS) + 1))
    assert edition(1) == EDITIONS[0]
    assert edition(99) is None
    assert "保密" in EDITIONS[0].zh


@pytest.mark.django_db
def test_the_page_that_begins_a_record_says_what_to_tell(patient, carer, sign_in_as) -> None:
    page = sign_in_as(carer).get(f"/patients/{patient.code}/consultations/new/").content.decode()
    assert CURRENT.zh in page
    assert not Consultation.objects.exists()
