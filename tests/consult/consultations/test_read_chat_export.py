"""A pasted chat becomes turns, and not one character of it is lost."""

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.consultations.rules import ChatExport, Speaker, read_chat_export
from tests.factories.sizes import examples

TODAY = date(2026, 11, 21)
PATIENT, STAFF, UNKNOWN = Speaker.PATIENT, Speaker.STAFF, Speaker.UNKNOWN


def read(text: str, **options) -> ChatExport:
    return read_chat_export(text, today=TODAY, **options)


def said(export: ChatExport) -> list[tuple[str, str]]:
    return [(turn.label, turn.text) for turn in export.turns]


def at(hour: int, minute: int, second: int = 0, day: int = 21) -> datetime:
    return datetime(2026, 11, day, hour, minute, second)  # noqa: DTZ001 - clinic-local by contract


def squeezed(text: str) -> str:
    return "".join(text.split())


def spelled(export: ChatExport) -> str:
    parts = [export.leftover]
    for turn in export.turns:
        parts += [turn.heading, turn.text]
    return squeezed("".join(parts))


FORMS = {
    "商务通, name date time above": (
        "客服 小林 2026-11-21 09:02:11\n您好，请讲。\n"
        "访客 2026-11-21 09:02:40\n我想问一下\n检查要空腹吗",
        [("客服 小林", "您好，请讲。"), ("访客", "我想问一下\n检查要空腹吗")],
    ),
    "商务通, time only": (
        "访客 09:02:11\n在吗\n客服 09:02:40\n在的",
        [("访客", "在吗"), ("客服", "在的")],
    ),
    "bracketed time": (
        "[09:02:11] 访客 说：在吗\n[09:02:40] 客服小林 说：在的",
        [("访客", "在吗"), ("客服小林", "在的")],
    ),
    "QQ, date first with number": (
        "2026-11-21 9:02:11 开心小猪(12345678)\n在吗\n\n"
        "2026-11-21 9:02:40 随安客服<a@example.com>\n在的",
        [("开心小猪", "在吗"), ("随安客服", "在的")],
    ),
    "QQ, name first": (
        "开心小猪 2026/11/21 9:02:11\n在吗\n随安顾问 2026/11/21 9:02:40\n在的",
        [("开心小猪", "在吗"), ("随安顾问", "在的")],
    ),
    "date first": (
        "2026/11/21 9:02 小林\n您好\n2026/11/21 9:03 王女士\n你好",
        [("小林", "您好"), ("王女士", "你好")],
    ),
    "WeCom": (
        "林晓@随安诊所 11月21日 上午9:02\n您好\n\n开心@微信 11月21日 上午9:04\n[图片]",
        [("林晓@随安诊所", "您好"), ("开心@微信", "[图片]")],
    ),
    "WeCom, name and colon above": (
        "林晓:\n您好\n\n王女士:\n你好\n林晓:\n请讲\n",
        [("林晓", "您好"), ("王女士", "你好"), ("林晓", "请讲")],
    ),
    "WeCom prototype, run on": (
        "患者 09:02你们昨天发的费用变更我看到了\n顾问 09:04 复查看到卵泡发育偏慢",
        [("患者", "你们昨天发的费用变更我看到了"), ("顾问", "复查看到卵泡发育偏慢")],
    ),
    "full-width colons": (
        "患者：多少钱？\n医生：要看情况：先检查。",
        [("患者", "多少钱？"), ("医生", "要看情况：先检查。")],
    ),
    "full-width digits": (
        "访客　２０２６－１１－２１　０９：０２：１１\n在吗\n"
        "客服　２０２６－１１－２１　０９：０２：４０\n在",
        [("访客", "在吗"), ("客服", "在")],
    ),
    "date, time and colon": (
        "2026-11-21 09:02 小林：您好\n2026-11-21 09:03 王女士：你好",
        [("小林", "您好"), ("王女士", "你好")],
    ),
    "time in brackets behind the name": (
        "小林(2026-11-21 09:02): 您好\n王女士(2026-11-21 09:03): 你好",
        [("小林", "您好"), ("王女士", "你好")],
    ),
    "English": (
        "Nurse Lin 11/21/2026 9:02 AM\nHello\n"
        "Patient 11/21/2026 9:03 AM\nHi, a question: is it fasting?",
        [("Nurse Lin", "Hello"), ("Patient", "Hi, a question: is it fasting?")],
    ),
    "English, inline": (
        "[9:02 AM] Agent: Hello\n[9:03 AM] Visitor: Hi",
        [("Agent", "Hello"), ("Visitor", "Hi")],
    ),
    "rare characters and emoji": (
        "患者𬱖䶮：我叫䶮𬱖𫖯👩‍👧\n医生：好的❤️",
        [("患者𬱖䶮", "我叫䶮𬱖𫖯👩‍👧"), ("医生", "好的❤️")],
    ),
}


@pytest.mark.parametrize(("text", "turns"), FORMS.values(), ids=FORMS)
def test_each_form_is_recognised(text, turns):
    export = read(text)

    assert said(export) == turns
    assert export.recognised
    assert export.leftover == ""
    assert spelled(export) == squeezed(text)


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_of_other_systems(newline):
    export = read(newline.join(["访客 09:02:11", "在吗", "客服 09:02:40", "在的"]))

    assert said(export) == [("访客", "在吗"), ("客服", "在的")]


def test_moments_are_read_with_their_date():
    export = read(
        "客服 2026-11-21 09:02:11\n好\n访客 2026-11-21 下午1:05\n好\n客服 11/21/2026 1:06 PM\n好"
    )

    assert [t.moment for t in export.turns] == [at(9, 2, 11), at(13, 5), at(13, 6)]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("中午12:30", at(12, 30)),
        ("中午11:50", at(11, 50)),
        ("中午1:10", at(13, 10)),
        ("晚上8:00", at(20, 0)),
        ("晚上20:00", at(20, 0)),
        ("凌晨0:10", at(0, 10)),
        ("12:05 AM", at(0, 5)),
        ("12:05 p.m.", at(12, 5)),
        ("9:02:03.123", at(9, 2, 3)),
    ],
)
def test_parts_of_the_day(written, moment):
    assert read(f"访客 {written}\n好", day=TODAY).turns[0].moment == moment


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("昨天 09:02", at(9, 2, day=20)),
        ("前天 09:02", at(9, 2, day=19)),
        ("Today 09:02", at(9, 2)),
        ("11月20日 09:02", at(9, 2, day=20)),
        ("11/22 09:02", at(9, 2, day=22)),
        ("21/11/2026 09:02", at(9, 2)),
        ("2026.11.21 周六 09:02", at(9, 2)),
        ("12-31 09:02", datetime(2025, 12, 31, 9, 2)),  # noqa: DTZ001 - clinic-local by contract
        ("2-29 09:02", datetime(2024, 2, 29, 9, 2)),  # noqa: DTZ001 - clinic-local by contract
    ],
)
def test_short_dates_are_the_latest_that_can_be(written, moment):
    assert read(f"访客 {written}\n好").turns[0].moment == moment


def test_a_time_alone_has_no_moment_until_a_day_is_known():
    text = "访客 09:02:11\n在吗\n客服 09:02:40\n在的"

    assert [t.moment for t in read(text).turns] == [None, None]
    assert read(text).without_moment == 2
    assert read(text, day=TODAY).turns[1].moment == at(9, 2, 40)


def test_midnight_moves_the_date_on_and_disorder_does_not():
    text = "访客 23:58\n一\n客服 23:59\n二\n访客 00:03\n三\n客服 00:02\n四"
    export = read(text, day=date(2026, 11, 20))

    assert [t.moment for t in export.turns] == [
        at(23, 58, day=20),
        at(23, 59, day=20),
        at(0, 3),
        at(0, 2),
    ]
    assert export.out_of_order == 1


def test_a_date_divider_dates_what_follows():
    text = "—— 2026年11月20日 ——\n访客 09:02\n在吗\n\n2026-11-21\n\n访客 09:03\n还在吗"
    export = read(text)

    assert [t.moment for t in export.turns] == [at(9, 2, day=20), at(9, 3)]
    assert said(export) == [("访客", "在吗"), ("访客", "还在吗")]
    assert spelled(export) == squeezed(text)


def test_a_divider_with_a_time_serves_names_without_one():
    export = read(
        "2026-11-21 09:02\n林晓:\n您好\n09:05\n王女士:\n你好\n09:06\n林晓:\n好\n",
        staff_names=["林晓"],
    )

    assert [t.moment for t in export.turns] == [at(9, 2), at(9, 5), at(9, 6)]


def test_a_date_that_is_an_answer_stays_an_answer():
    export = read(
        "客服 09:02:11\n末次月经哪天，几点方便\n"
        "访客 09:02:30\n2026-11-01\n14:30\n客服 09:03:00\n好的"
    )

    assert said(export)[1] == ("访客", "2026-11-01\n14:30")


def test_a_date_before_plain_text_or_at_the_end_is_text():
    assert said(read("访客 09:02\n好\n2026-11-22\n来院\n2026-11-23")) == [
        ("访客", "好\n2026-11-22\n来院\n2026-11-23")
    ]
    assert read("2026-11-22\n来院").leftover == "2026-11-22\n来院"


def test_system_lines_are_kept_as_text():
    export = read("客服 09:02\n您好\n以上是历史消息\n[图片]\n访客 09:03\n撤回了一条消息")

    assert said(export) == [("客服", "您好\n以上是历史消息\n[图片]"), ("访客", "撤回了一条消息")]


def test_what_stands_before_the_first_turn_is_left_over():
    export = read("对话编号 8842\n\n患者：在吗\n医生：在")

    assert export.leftover == "对话编号 8842"
    assert len(export.turns) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t\n",
        "患者昨天来电，问费用。已答复。",
        "血压：138/86\n心率：72\n体重：61.5kg",
        "医生建议：多喝水\n患者姓名：王女士",
        "https://example.com/a\nhttp://example.com/b\nhttp://example.com/c",
        "我约了 09:00\n三楼",
        "客服 25:61\n好",
        "客服 2026-02-30 09:02\n好",
        "2026-11-21 09:00 这是一句很长的话，不是名字。\n好",
        "09:02 !!!\n好",
        "2026-11-21 09:02 抽血",
        "超过二十四个字符的名字显然不可能是一个人的昵称吧对不对 2026-11-21 09:02\n好",
        "?！ 2026-11-21 09:02\n好",
        "x" * 500,
        "2026-11-21" + " " * 300,
        "2026-11-21 09:02" + "长" * 300,
        "小王: 在吗\n小李: 在",
    ],
)
def test_a_paste_without_turns_comes_back_whole(text):
    export = read(text)

    assert not export.recognised
    assert squeezed(export.leftover) == squeezed(text)


def test_text_that_looks_like_a_heading_inside_a_timed_chat_stays_text():
    export = read(
        "客服 09:02:11\n医生：王主任周三出诊\n患者：请带身份证\n访客 09:03:00\n好", day=TODAY
    )

    assert said(export)[0] == ("客服", "医生：王主任周三出诊\n患者：请带身份证")


def test_names_that_come_again_are_speakers():
    export = read("小王: 在吗\n小李: 在\n小王: 好\n血压: 120\n小李: 嗯")

    assert [label for label, _ in said(export)] == ["小王", "小李", "小王", "小李"]
    assert export.turns[2].text == "好\n血压: 120"
    assert export.unknown_labels == ("小王", "小李")


@pytest.mark.parametrize(
    ("label", "speaker"),
    [
        ("患者", PATIENT), ("访客3512", PATIENT), ("王女士", PATIENT), ("患者家属", PATIENT),
        ("开心@微信", PATIENT), ("Visitor", PATIENT), ("客服", STAFF), ("王医生", STAFF),
        ("客户经理 小王", STAFF), ("Dr. Lin", STAFF), ("林晓@随安诊所", STAFF), ("晓", STAFF),
        ("春晓", UNKNOWN), ("Andrea", UNKNOWN),
    ],
)  # fmt: skip
def test_sides_are_guessed_from_names(label, speaker):
    text = f"{label} 2026-11-21 09:02\n好\n甲甲 2026-11-21 09:03\n好\n乙乙 2026-11-21 09:04\n好"
    export = read(text, staff_names=["林晓", "晓", ""])

    assert export.turns[0].speaker == speaker


def test_of_two_names_the_other_is_the_other_side():
    staffed = read("林晓: 您好\n开心小猪: 在吗\n开心小猪: 你好", staff_names=["林晓"])
    patient = read("访客 2026-11-21 09:02\n好\n甲甲 2026-11-21 09:03\n好")

    assert [t.speaker for t in staffed.turns] == [STAFF, PATIENT, PATIENT]
    assert [t.speaker for t in patient.turns] == [PATIENT, STAFF]


LINES = st.one_of(
    st.sampled_from([
        "客服 小林 2026-11-21 09:02:11", "访客 09:02:11", "[10:12:03] 访客 说：在吗", "患者：你好",
        "医生：好", "2026-11-21",
        "—— 昨天 ——", "09:05", "2026/11/21 9:02 小林", "", "   ", "血压：138/86",
        "Nurse Lin 11/21/2026 9:02 AM", "小林:",
        "龘䶮 𬱖 12-31 24:00", "昨天 23:59 甲：", "以上是历史消息",
    ]),
    st.text(max_size=60),
    st.text(alphabet="0123456789:：-/年月日 []()甲患者", max_size=60),
)  # fmt: skip


@given(st.lists(LINES, max_size=25), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=examples(400))
def test_nothing_is_lost(lines, newline):
    text = newline.join(lines)

    assert spelled(read(text, day=TODAY)) == squeezed(text)


@pytest.mark.parametrize(
    "line",
    [
        "1",
        "客服 2026-11-21 09:02:1",
        "((((((((((:",
        "9:9:9:9:9:",
        "a" * 39 + " ",
        " " * 60,
        "12-31 " * 10 + ":",
    ],
)
def test_awkward_lines_are_read_through_a_bounded_window(line):
    text = "\n".join([line] * 2000) + "\n" + line * 40_000

    assert spelled(read(text)) == squeezed(text)
