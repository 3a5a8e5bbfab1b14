"""Two people on one draft: nothing is overwritten unseen, nobody's words are lost."""

import pytest
from django.urls import reverse

from consult.consultations import services
from consult.consultations.models import Consultation
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.errors import Conflict
from tests.consult.consultations.conftest import outcome_fields, posted
from tests.factories.consultations import draft_of, submitted_of, whole_outcome

HTMX = {"HX-Request": "true"}


def texts(draft, actor):
    opened = services.open_draft(draft=draft, actor=actor)
    return [(turn.speaker, turn.text.reveal(opened.receipt)) for turn in opened.turns]


def test_autosave_answers_with_time_and_version(desk, draft):
    url = reverse("consult:draft-save", args=[draft.pk])

    answer = desk.post(url, outcome_fields(draft, note="写到一半", source=""))

    assert answer.status_code == 200
    assert answer.json()["version"] == 2
    assert Consultation.objects.get().source == ""


def test_autosave_takes_what_is_not_complete_and_says_what_makes_no_sense(desk, draft):
    url = reverse("consult:draft-save", args=[draft.pk])
    empty = {"source": "", "worries": [], "disposition": "", "next_step": "", "started_at": ""}

    assert desk.post(url, outcome_fields(draft, **empty)).status_code == 200
    answer = desk.post(url, outcome_fields(draft, version=2, next_contact_at="昨天"))
    assert answer.status_code == 422
    assert "下次联系" in answer.json()["detail"]
    assert desk.post(url, outcome_fields(draft, version=2, note="长" * 4001)).status_code == 422


def test_the_second_to_autosave_is_told_who_was_first(desk, draft, second):
    services.save_outcome(
        draft=draft, actor=second, version=1, outcome=whole_outcome(note="周敏写的")
    )

    answer = desk.post(
        reverse("consult:draft-save", args=[draft.pk]), outcome_fields(draft, note="我写的")
    )

    assert answer.status_code == 409
    assert "周敏" in answer.json()["detail"]


@pytest.mark.parametrize("act", [{}, {"submit": "1"}])
def test_saving_on_top_of_somebody_shows_both_versions(desk, draft, second, carer, act):
    services.save_outcome(
        draft=draft, actor=second, version=1, outcome=whole_outcome(note="周敏写的")
    )
    page = reverse("consult:draft", args=[draft.pk])

    conflict = desk.post(page, outcome_fields(draft, note="我写的", **act))

    shown = conflict.content.decode()
    assert conflict.status_code == 409
    assert "周敏写的" in shown
    assert "我写的" in shown
    assert "周敏 在" in shown
    again = desk.post(page, outcome_fields(draft, version=2, note="两人合写", **act))
    assert again.status_code == 302


def test_the_version_of_each_field_is_chosen_by_itself(desk, draft, second):
    services.save_outcome(
        draft=draft,
        actor=second,
        version=1,
        outcome=whole_outcome(note="周敏写的", worries=["risk"], keyword="周敏的词"),
    )
    page = reverse("consult:draft", args=[draft.pk])
    mine = outcome_fields(draft, note="我写的", keyword="我的词", worries=["privacy"])

    conflict = desk.post(page, mine)

    theirs = {one.name: one for one in conflict.context["theirs"]}
    assert {"note", "worries", "keyword"} <= set(theirs)
    assert (theirs["note"].mine, theirs["note"].saved) == ("我写的", "周敏写的")
    sent = {f"saved_{name}": list(one.values) for name, one in theirs.items()}
    picks = {"pick_note": "theirs", "pick_worries": "theirs", "pick_keyword": "mine"}
    # An autosave of the own version in between takes nothing away: the page holds both.
    autosaved = desk.post(
        reverse("consult:draft-save", args=[draft.pk]), {**mine, **sent, "version": 2}
    )
    assert autosaved.status_code == 200
    saved = desk.post(page, {**mine, **sent, **picks, "version": 3})
    assert saved.status_code == 302
    form = desk.get(page).context["form"]
    assert form.initial["note"] == "周敏写的"
    assert form.initial["worries"] == ["risk"]
    assert form.initial["keyword"] == "我的词"


def test_own_second_window_is_told_apart(desk, draft, carer):
    services.save_outcome(draft=draft, actor=carer, version=1, outcome=whole_outcome())

    with pytest.raises(Conflict, match="另一个窗口"):
        services.save_outcome(draft=draft, actor=carer, version=1, outcome=whole_outcome())


def test_a_draft_submitted_by_somebody_else_gives_back_what_was_typed(desk, draft, second):
    services.submit(draft=draft, actor=second, version=1, talk_version=1, outcome=whole_outcome())

    answer = desk.post(
        reverse("consult:draft", args=[draft.pk]), outcome_fields(draft, note="没来得及存")
    )

    assert answer.status_code == 409
    assert "没来得及存" in answer.content.decode()


def test_a_talk_changed_by_somebody_else_is_read_before_it_is_submitted(desk, draft, second):
    words = services.hand_written(speaker="staff", text="周敏补的一句")
    services.add_turns(draft=draft, actor=second, turns=[words])

    answer = desk.post(reverse("consult:draft", args=[draft.pk]), outcome_fields(draft, submit="1"))

    assert answer.status_code == 409
    assert "周敏补的一句" in answer.content.decode()
    assert Consultation.objects.get().is_draft


def test_result_and_talk_are_edited_side_by_side_without_conflict(draft, carer, second):
    words = services.hand_written(speaker="staff", text="补的一句")
    services.add_turns(draft=draft, actor=second, turns=[words])

    saved = services.save_outcome(draft=draft, actor=carer, version=1, outcome=whole_outcome())

    assert (saved.version, saved.talk_version) == (2, 2)


def test_two_people_adding_messages_both_succeed(desk, sign_in_as, draft, second, carer):
    url = reverse("consult:draft-add", args=[draft.pk])
    for browser, text in ((desk, "甲的话"), (sign_in_as(second), "乙的话")):
        answer = browser.post(
            url, posted(unsent=text, speaker="staff", talk_version=1), headers=HTMX
        )
        assert answer.status_code == 200

    assert [text for _who, text in texts(draft, carer)][2:] == ["甲的话", "乙的话"]
    assert "请刷新看全" in answer.content.decode()
    assert 'name="talk_version" value="1"' in answer.content.decode()  # still has to look


def test_a_message_changed_by_somebody_else_keeps_both_wordings(desk, draft, second):
    turn = draft.turns.first()
    url = reverse("consult:draft-turn", args=[draft.pk, turn.pk])
    stale = turn.updated_at.isoformat()
    services.edit_turn(
        draft=draft, actor=second, turn_id=turn.pk, seen=turn.updated_at, speaker="patient",
        text="周敏改的",
    )  # fmt: skip

    answer = desk.post(url, posted(seen=stale, speaker="patient", text="我改的"), headers=HTMX)

    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "周敏改的" in shown
    assert "我改的" in shown
    fresh = draft.turns.first().updated_at.isoformat()
    assert f'value="{fresh}"' in shown
    again = desk.post(url, posted(seen=fresh, speaker="patient", text="我改的"), headers=HTMX)
    assert again.status_code == 200


def test_the_other_persons_words_are_shown_against_an_event_that_stands(desk, draft, second, carer):
    turn = draft.turns.first()
    services.edit_turn(
        draft=draft, actor=second, turn_id=turn.pk, seen=turn.updated_at, speaker="patient",
        text="周敏改的",
    )  # fmt: skip
    given = posted(seen=turn.updated_at.isoformat(), speaker="patient", text="我改的")

    answer = desk.post(reverse("consult:draft-turn", args=[draft.pk, turn.pk]), given, headers=HTMX)

    with acting_as(READER):
        shown = AuditEvent.objects.get(pk=answer.context["receipt"].event_id)
    assert (shown.actor, shown.action) == (carer.pk, "consultation.opened")
    assert "turn.text" in shown.fields


def test_a_message_removed_by_somebody_else_leaves_the_text_in_the_editor(desk, draft, second):
    turn = draft.turns.first()
    services.remove_turn(draft=draft, actor=second, turn_id=turn.pk, seen=turn.updated_at)

    answer = desk.post(
        reverse("consult:draft-turn", args=[draft.pk, turn.pk]),
        posted(seen=turn.updated_at.isoformat(), speaker="patient", text="我改的"),
        headers=HTMX,
    )

    assert answer.status_code == 409
    assert "我改的" in answer.content.decode()


def test_correcting_side_and_words(desk, draft, carer):
    turn = draft.turns.first()

    desk.post(
        reverse("consult:draft-turn", args=[draft.pk, turn.pk]),
        posted(seen=turn.updated_at.isoformat(), speaker="staff", text="电话13812345678"),
        headers=HTMX,
    )

    assert texts(draft, carer)[0] == ("staff", "电话※※※※※※※※※78")
    assert draft.turns.first().covered == 1


def test_splitting_at_an_empty_line_and_joining_again(draft, carer):
    turn = draft.turns.first()
    where = {"draft": draft, "actor": carer, "turn_id": turn.pk}
    services.split_turn(
        **where, seen=turn.updated_at, speaker="patient", text="一\r\n \r\n二\n\n三"
    )
    assert [text for _who, text in texts(draft, carer)][:3] == ["一", "二", "三"]

    middle = draft.turns.all()[1]
    services.merge_turn(draft=draft, actor=carer, turn_id=middle.pk, seen=middle.updated_at)

    assert [text for _who, text in texts(draft, carer)] == [
        *("一\n二", "三", "费用分四类，我发您预估。")
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"act": "split", "text": "没有空行"}, "空行"),
        ({"act": "merge", "text": "x"}, "前面没有"),
        ({"text": ""}, "写下"),
        ({"text": "长" * 20_001}, "20000"),
    ],
)
def test_what_cannot_be_done_is_said_in_the_editor(desk, draft, fields, words):
    turn = draft.turns.first()

    answer = desk.post(
        reverse("consult:draft-turn", args=[draft.pk, turn.pk]),
        posted(seen=turn.updated_at.isoformat(), speaker="patient", **fields),
        headers=HTMX,
    )

    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_naming_a_side_moves_all_messages_under_that_name(desk, patient, carer):
    paste = "阿宝 2026-11-20 09:00\n在吗\n\n阿宝 2026-11-20 09:01\n请问\n"
    turns = services.read_talk(paste, staff=carer, day=None)
    draft = services.start_draft(patient=patient, actor=carer, channel="wecom", turns=turns)
    first = draft.turns.first()
    assert "“阿宝”" in desk.get(reverse("consult:draft", args=[draft.pk])).content.decode()

    answer = desk.post(
        reverse("consult:draft-turn", args=[draft.pk, first.pk]),
        posted(act="name", speaker="patient", talk_version=1),
        headers=HTMX,
    )

    assert "阿宝" not in answer.content.decode()
    assert {turn.speaker for turn in draft.turns.all()} == {"patient"}
    assert all(turn.label is None for turn in draft.turns.all())


def test_the_editor_comes_and_goes(desk, draft):
    turn = draft.turns.first()
    url = reverse("consult:draft-turn", args=[draft.pk, turn.pk])

    editor = desk.get(url, headers=HTMX).content.decode()
    shown = desk.get(url, {"shown": "1"}, headers=HTMX).content.decode()
    plain = desk.get(url)

    assert "<textarea" in editor
    assert "<textarea" not in shown
    assert f"?edit={turn.pk}" in plain.url


def test_a_chat_pasted_into_a_draft(desk, draft):
    url = reverse("consult:draft-paste", args=[draft.pk])
    chat = "患者 2026-11-20 10:00\n还有一个问题，微信 abc123456\n"

    taken = desk.post(url, posted(paste=chat, talk_version=1), headers=HTMX)
    nothing = desk.post(url, posted(paste="", talk_version=2), headers=HTMX)
    unclear = desk.post(url, posted(paste="看不懂", talk_version=2), headers=HTMX)
    kept = desk.post(url, posted(paste="看不懂", as_one="1", talk_version=2), headers=HTMX)

    assert taken.status_code == kept.status_code == 200
    assert "abc123456" not in taken.content.decode()
    assert nothing.status_code == unclear.status_code == 422
    assert 'name="as_one"' in unclear.content.decode()
    assert draft.turns.count() == 4


def test_the_unsent_sentence_is_used_up_when_it_is_put_into_the_talk(desk, draft, carer):
    services.save_outcome(draft=draft, actor=carer, version=1, outcome=whole_outcome(unsent="半句"))

    desk.post(
        reverse("consult:draft-add", args=[draft.pk]),
        posted(unsent="半句话", speaker="nobody"),
        headers=HTMX,
    )

    assert Consultation.objects.get().unsent is None
    assert texts(draft, carer)[-1] == ("unknown", "半句话")


def test_a_discarded_draft_is_gone_for_the_other(desk, draft, carer, patient):
    assert desk.post(reverse("consult:discard", args=[draft.pk]), posted()).status_code == 302
    with pytest.raises(Conflict, match="放弃"):
        services.save_outcome(draft=draft, actor=carer, version=1, outcome=whole_outcome())


def test_a_submitted_record_has_no_draft_page(desk, patient, carer):
    record = submitted_of(patient, carer)
    draft = draft_of(patient, carer)

    to_record = desk.get(reverse("consult:draft", args=[record.pk]))
    to_draft = desk.get(reverse("consult:consultation", args=[draft.pk]))

    assert to_record.url == reverse("consult:consultation", args=[record.pk])
    assert to_draft.url == reverse("consult:draft", args=[draft.pk])
