"""Personal numbers are covered before anything is stored, whichever way words come in."""

from django.db import connection
from django.urls import reverse

from consult.consultations import rules, services
from consult.consultations.models import Consultation
from tests.consult.consultations.conftest import outcome_fields, posted
from tests.factories.consultations import draft_of, submitted_of

NUMBERS = {
    "phone": "13812345678",
    "spaced": "138 1234 5678",
    "full": "１３８１２３４５６７８",
    "id": "11010519491231002X",
    "bank": "6222020200112233445",
    "mail": "xiaoyu@example.com",
    "wechat": "xiaoyu_8899",
}
SAID = (
    "电话13812345678 或 138 1234 5678 或 １３８１２３４５６７８，身份证11010519491231002X，"
    "邮箱 xiaoyu@example.com，微信号：xiaoyu_8899"
)
CHAT = f"患者 2026-11-20 09:00\n{SAID}\n\n客服 2026-11-20 09:01\n好的\n"


def stored_bytes() -> str:
    """Everything in the feature's tables, sealed boxes as they lie there."""
    found = []
    with connection.cursor() as cursor:
        for table in ("consult_consultation", "consult_turn", "consult_addendum"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


def opened_words(actor):
    record = Consultation.objects.get()
    opened = services.open_consultation(consultation=record, actor=actor)
    outcome = opened.outcome()
    turns = [turn.text.reveal(opened.receipt) for turn in opened.turns]
    labels = [turn.label.reveal(opened.receipt) for turn in opened.turns if turn.label]
    added = [one.text.reveal(opened.receipt) for one in opened.addenda]
    return "\n".join([*turns, *labels, *added, outcome.keyword, outcome.note, outcome.unsent])


def test_no_way_into_the_record_leads_past_the_cover(desk, patient, carer):
    desk.post(
        reverse("consult:consultation-new", args=[patient.code]),
        posted(channel="wecom", paste=CHAT),
    )
    record = Consultation.objects.get()
    page = reverse("consult:draft", args=[record.pk])
    htmx = {"HX-Request": "true"}
    desk.post(f"{page}turns/", posted(unsent=SAID, speaker="staff"), headers=htmx)
    desk.post(f"{page}paste/", posted(paste=SAID, as_one="1"), headers=htmx)
    desk.post(f"{page}save/", outcome_fields(record, unsent=SAID, note=SAID, keyword=SAID))
    assert not any(number in opened_words(carer) for number in NUMBERS.values())

    last = outcome_fields(record, version=2, talk_version=3, note=SAID, submit="1")
    assert desk.post(page, last).status_code == 302
    desk.post(reverse("consult:addendum", args=[record.pk]), posted(kind="addition", text=SAID))

    words = opened_words(carer)
    assert not any(number in words for number in NUMBERS.values())
    assert words.count("※※※※※※※※※78") >= 4
    rows = stored_bytes()
    assert not any(number in rows for number in (*NUMBERS.values(), "好的", "电话"))
    assert record.turns.first().covered == 6


def test_a_name_with_a_number_in_it_is_covered_too(patient, carer):
    chat = "13812345678 2026-11-20 09:00\n在吗\n\n13812345678 2026-11-20 09:01\n请问\n"
    turns = services.one_turn(chat) if "※" in chat else services.read_talk(
        "小雨13812345678 2026-11-20 09:00\n在吗\n\n小雨13812345678 2026-11-20 09:02\n请问\n",
        staff=carer, day=None,
    )  # fmt: skip

    assert {turn.label for turn in turns} == {"小雨※※※※※※※※※78"}


def test_nothing_typed_reaches_the_log(desk, patient, caplog):
    desk.post(
        reverse("consult:consultation-new", args=[patient.code]),
        posted(channel="wecom", paste="乱写 13812345678"),
    )
    desk.post(reverse("consult:check"), {"unsent": "再乱写 13812345678"})

    assert "13812345678" not in caplog.text
    assert "乱写" not in caplog.text


def test_note_and_addendum_point_at_what_they_name_while_being_typed(desk, patient, carer):
    draft = draft_of(patient, carer)
    record = submitted_of(patient, carer)
    pages = {
        "note": reverse("consult:draft", args=[draft.pk]),
        "text": reverse("consult:consultation", args=[record.pk]),
    }
    for name, page in pages.items():
        text = desk.get(page).content.decode()
        assert f'hx-params="{name}"' in text
        assert f'hx-target="#live-id_{name}"' in text
        assert f'id="live-id_{name}"' in text
        tip = desk.post(reverse("consult:check"), {name: "李娜住朝阳区建国路88号，电话13812345678"})
        assert "李娜" in tip.content.decode()
        assert "建国路88号" in tip.content.decode()


def test_patient_names_of_the_chat_are_not_kept(patient, carer):
    chat = "小雨@微信 2026-11-20 09:00\n在吗\n\n林晓客服 2026-11-20 09:02\n在的\n"

    turns = services.read_talk(chat, staff=carer, day=None)

    assert [(turn.speaker, turn.label) for turn in turns] == [
        ("patient", ""), ("staff", "林晓客服")
    ]  # fmt: skip


def test_what_stands_before_the_first_heading_is_not_lost(patient, carer):
    chat = "群聊记录导出\n患者 2026-11-20 09:00\n在吗\n"

    turns = services.read_talk(chat, staff=carer, day=None)

    assert [(turn.speaker, turn.text) for turn in turns] == [
        ("unknown", "群聊记录导出"), ("patient", "在吗")
    ]  # fmt: skip


def test_a_very_long_message_becomes_several(patient, carer):
    chat = "患者 2026-11-20 09:00\n" + "长" * 45_000

    turns = services.read_talk(chat, staff=carer, day=None)

    assert [len(turn.text) for turn in turns] == [20_000, 20_000, 5_000]


def test_a_number_across_the_cut_of_a_long_message_is_covered():
    before = "好" * (rules.LONGEST_TURN - 6)

    turns = services.one_turn(f"{before}。13812345678，再见")

    words = "".join(turn.text for turn in turns)
    assert len(turns) == 2
    assert "13812345678" not in words
    assert [turn.covered for turn in turns] == [1, 0]
