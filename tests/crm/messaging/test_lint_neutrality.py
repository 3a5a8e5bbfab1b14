"""A text on a locked screen tells nobody what kind of clinic wrote it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.messaging.neutral_words import CHINESE, LATIN, Topic
from crm.messaging.rules import is_stop_word, lint, neutral

WORDS = sorted({word for words in CHINESE.values() for word in words})
LATIN_WORDS = sorted({word for words in LATIN.values() for word in words})


def test_the_list_is_long_enough():
    assert len(WORDS) + len(LATIN_WORDS) >= 300


@pytest.mark.parametrize(
    "text",
    [
        "【健康管理中心】您好，您预约的时间是11月21日9:30，请提前10分钟到。回复T退订。",
        "这是管理中心给您的提醒，请于方便时登录查看。",
        "您有一条新消息，请在手机上查看。验证码 482913，5分钟内有效。",
        "Health Management Centre: you have a new message. Reply T to stop.",
        "元旦快乐，城市管理有序。",
        "chivas, drive, tbsp, shivf",
        "",
        "※※※※",
    ],
)
def test_neutral_texts_pass(text):
    assert lint(text) == []
    assert neutral(text)


@pytest.mark.parametrize(
    ("text", "word", "topic"),
    [
        ("您的试管疗程", "试管", Topic.PROCEDURE),
        ("您的试 管 疗程", "试 管", Topic.PROCEDURE),
        ("您的试\u200b-管疗程", "试\u200b-管", Topic.PROCEDURE),
        ("試管", "試管", Topic.PROCEDURE),
        ("市管婴儿", "市管", Topic.PROCEDURE),
        ("明天取卵", "取卵", Topic.PROCEDURE),
        ("移值后", "移值", Topic.PROCEDURE),
        ("不孕门", "不孕", Topic.DISEASE),
        ("性病", "性病", Topic.DISEASE),
        ("爱滋", "爱滋", Topic.DISEASE),
        ("流产后", "流产", Topic.DISEASE),
        ("肿瘤", "肿瘤", Topic.DISEASE),
        ("抑郁", "抑郁", Topic.DISEASE),
        ("您的IVF已", "IVF", Topic.PROCEDURE),
        ("I.V.F", "I.V.F", Topic.PROCEDURE),
        ("ＩＶＦ", "ＩＶＦ", Topic.PROCEDURE),
        ("h i v", "h i v", Topic.DISEASE),
        ("shi guan", "shi guan", Topic.PROCEDURE),
        ("李医生", "医生", Topic.TITLE),
        ("王女士您好", "女士", Topic.NAME),
        ("共3,860.00元", "3,860.00元", Topic.AMOUNT),
        ("￥ 380", "￥ 3", Topic.AMOUNT),
        ("三千元", "三千元", Topic.AMOUNT),
        ("100 RMB", "100 RMB", Topic.AMOUNT),
    ],
)
def test_words_that_give_a_patient_away(text, word, topic):
    found = [(text[hit.start : hit.end], hit.topic) for hit in lint(text)]

    assert (word, topic) in found


def test_hits_are_in_order_with_their_places():
    hits = lint("王女士，取卵费用3860元")

    assert [(h.start, h.end, h.word) for h in hits] == [
        (1, 3, "女士"),
        (4, 6, "取卵"),
        (6, 8, "费用"),
        (8, 13, ""),
    ]


@given(
    st.sampled_from(WORDS),
    st.sampled_from(["", " ", ".", "－", "\u200b", "·", "※"]),
    st.text(alphabet="您好，。 的了在", max_size=6),
)
def test_every_listed_word_is_found_however_spread(word, gap, around):
    assert lint(around + gap.join(word) + around)


@given(st.sampled_from(LATIN_WORDS), st.sampled_from(["", " ", "."]), st.booleans())
def test_every_latin_word_is_found_alone_only(word, gap, upper):
    written = gap.join(word.upper() if upper else word)

    assert any(hit.end - hit.start == len(written) for hit in lint(f"您好{written}，"))
    assert not lint(f"zz{word}zz") or gap


@given(st.text(max_size=40))
def test_any_text_is_linted(text):
    for hit in lint(text):
        assert 0 <= hit.start < hit.end <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "T",
            "t",
            "TD",
            "td.",
            "N",
            "ｔｄ",
            "Ｔ Ｄ",
            " T D ",
            "退订",
            "退 订",
            "“退订”",
            "取消",
            "停止",
        ),
        *(
            "拒收",
            "不要再发",
            "别发了",
            "别发了！",
            "请停止",
            "麻烦退订谢谢",
            "STOP",
            "我要退订",
            "退訂",
        ),
    ],
)
def test_stop_words(text):
    assert is_stop_word(text)


@pytest.mark.parametrize(
    "text",
    ["", "。", "好的", "取消预约", "停止用药后会怎样", "今天能来吗", "TDT", "退订" * 20],
)
def test_other_answers_go_to_a_person(text):
    assert not is_stop_word(text)
