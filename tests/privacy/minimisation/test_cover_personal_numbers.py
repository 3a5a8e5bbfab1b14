"""Numbers that name a person are covered; numbers of medicine and money are not."""

import json
from collections import Counter
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from privacy.minimisation import numbers
from privacy.minimisation.finding import find_numbers as find
from privacy.minimisation.rules import cover
from privacy.minimisation.spans import Kind
from tests.factories.sizes import examples
from tests.shared_data import shared

ID = "11010119900307993X"  # invented, sequence 993; the check character fits
ID_DIGITS = "110101199003079796"  # the same with sequence 979
CARD16, CARD19 = "6222020000000007", "6222020000000000000"


def found(text: str) -> list[tuple[str, str]]:
    return [(text[s.start : s.end], s.type.value) for s in find(text)]


PHONES = [
    "13800138000", "138 0013 8000", "138-0013-8000", "138.0013.8000", "138－0013－8000",
    "１３８００１３８０００", "1 3 8 0 0 1 3 8 0 0 0", "(138)00138000", "（138）0013-8000",
    "138-00138000",
    "1380013 8000", "13800 138000", "138 001 38000", "1380 013 8000", "+8613800138000",
    "+86 138 0013 8000", "0086-13800138000", "86-13800138000", "＋８６ １３８００１３８０００",
    "一三八〇〇一三八〇〇〇", "幺三八零零幺三八零零零", "壹叁捌零零壹叁捌零零零", "138零零一三8000",
    "1\u200b3\u200b8\u200b0\u200b0\u200b1\u200b3\u200b8\u200b0\u200b0\u200b0", "𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎",
    "١٣٨٠٠١٣٨٠٠٠",
    "010-33673698", "(010)33673698", "02875837728", "0571-7589452", "0755 8877 7963",
    "021-48993756转802", "+86-10-33673698", "+852 9123 4567", "+1 415 555 2671",
]  # fmt: skip


@pytest.mark.parametrize("written", PHONES)
@pytest.mark.parametrize(
    "frame", ["打{}找我", "{}", "周三 {}（同号）", "电话：{}，晚上", "{}\n\n好"]
)
def test_phones_in_every_written_form(written, frame):
    assert found(frame.format(written)) == [(written, "phone")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Tel13800138000", "13800138000"),
        ("座机83669347", "83669347"),
        ("周三13800138000", "13800138000"),
    ],
)
def test_phones_behind_a_word(text, value):
    assert found(text) == [(value, "phone")]


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        (f"身份证{ID}。", ID, "id_card"),
        (f"{ID.lower()}帮我建档", ID.lower(), "id_card"),
        (ID_DIGITS, ID_DIGITS, "id_card"),
        ("110101 19900307 993X", "110101 19900307 993X", "id_card"),
        ("110101-19900307-993x", "110101-19900307-993x", "id_card"),
        ("身份证号：110101199003079930", "110101199003079930", "id_card"),
        ("身份证110101900307993", "110101900307993", "id_card"),
        (CARD16, CARD16, "bank_card"),
        (f"卡号{CARD19}，", CARD19, "bank_card"),
        ("6222 0200 0000 0007", "6222 0200 0000 0007", "bank_card"),
        ("6222-0200-0000-0000-000", "6222-0200-0000-0000-000", "bank_card"),
        ("邮箱a.b+c@mail.example.cn，", "a.b+c@mail.example.cn", "email"),
        ("ａｂｃ＠example.com", "ａｂｃ＠example.com", "email"),
        ("wxid_7qzj5ccshrv3ya", "wxid_7qzj5ccshrv3ya", "wechat"),
        ("微信号：haoyun364", "haoyun364", "wechat"),
        ("加V: zhang_li-1", "zhang_li-1", "wechat"),
        ("VX haoyun364", "haoyun364", "wechat"),
        ("薇❤️haoyun364", "haoyun364", "wechat"),
        ("微信b13800138000", "b13800138000", "wechat"),
        ("QQ号是12345678，", "12345678", "qq"),
        ("扣扣 12345", "12345", "qq"),
    ],
)
def test_other_numbers(text, value, kind):
    assert found(text) == [(value, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "血压138/86，心率72，体重61.5kg，体重+2.1kg",
        "HCG 13856.2，孕酮 27.31ng/ml，E2 3672pg/ml",
        "13.8 15.6 12.3 14.5 16.2 17.1",
        "果纳芬150IU打了10天，一共花了3860元，13800元",
        "检查费1380，药费15800，手术费18600",
        "2026-11-21 09:02，末次月经2025年11月3日，20261121",
        "预约13:50-14:20，3楼302诊室",
        "订单号202511180000123456",
        "订单号13800138000",
        "快递单号SF1380013800138到哪了",
        "病历号202202158194，IVF202208019069",
        "病历号0571-75894526",
        f"订单号{CARD16}",
        "6222020000000008",
        "国药准字H20140159",
        "客服热线12320，400-820-8820",
        "110101199003079930",
        "990101199003079936",
        "110101199013319930",
        "110101189903079939",
        "110101900307993",
        "身份证990101900307993",
        "精子总数1500万，13.8x10^6",
        "13800138000123",
        "0.13800138000",
        "12800138000",
        "微信wechat",
        "微信同号",
        "电话20261121",
        "QQ群",
        "a@b",
        "一三五七九",
        "※※※※※※※※※00",
        "",
    ],
)
def test_what_is_spared(text):
    assert found(text) == []
    assert cover(text).text == text


def test_covering_keeps_length_separators_and_two_digits():
    covered = cover(f"电话138-0013-8021，证{ID}，邮箱ab@example.com，微信haoyun364，QQ123456")

    assert covered.text == (
        "电话※※※-※※※※-※※21，证※※※※※※※※※※※※※※※※3X，邮箱※※@※※※※※※※.※※※，微信※※※※※※※※※，QQ※※※※※※"
    )
    assert covered.counts == {
        Kind.PHONE: 1, Kind.ID_CARD: 1, Kind.EMAIL: 1, Kind.WECHAT: 1, Kind.QQ: 1,
    }  # fmt: skip


PIECES = st.one_of(
    st.sampled_from(
        [*PHONES, ID, CARD16, CARD19, "wxid_abcdef1", "微信", "QQ", "a@example.com", "-", " "]
    ),
    st.text(alphabet="0123456789 -.()+xX一二三幺aV：", max_size=24),
    st.text(max_size=12),
)


@given(st.lists(PIECES, max_size=8).map("".join))
@settings(max_examples=examples(400))
@example("13800138000" * 3)
def test_covering_changes_nothing_but_what_was_found(text):
    covered, spans = cover(text), find(text)

    assert len(covered.text) == len(text)
    assert sum(covered.counts.values()) == len(spans)
    inside = {index for span in spans for index in range(span.start, span.end)}
    for index, (before, after) in enumerate(zip(text, covered.text, strict=True)):
        assert before == after or (index in inside and after == "※")
    ends = [(span.start, span.end) for span in spans]
    assert ends == sorted(ends)
    assert all(left[1] <= right[0] for left, right in pairwise(ends))


@given(st.integers(13 * 10**9, 20 * 10**9 - 1), st.text(alphabet="好，。\n 的", max_size=9))
def test_a_covered_phone_is_gone(number, words):
    text = f"{words}{number}{words}"

    assert str(number) not in cover(text).text
    assert find(cover(text).text) == []


@pytest.mark.parametrize("unit", ["1", "1 ", "1-", "微信", "(", "+", "0", "6222 ", "a", "a.", "@"])
def test_awkward_repetition_is_survived(unit):
    text = unit * 20_000

    assert len(cover(text).text) == len(text)


@given(st.integers(0, 10**17 - 1).map(lambda n: f"{n:017}"))
def test_the_check_character_is_iso_7064(digits):
    total = sum(int(d) * 2 ** (17 - i) for i, d in enumerate(digits))

    assert numbers.id_check_character(digits) == "0123456789X"[(1 - total) % 11]


def test_birth_dates_in_identity_numbers():
    assert numbers.id_birth_date(ID) == date(1990, 3, 7)
    assert numbers.id_birth_date("110101900307993") == date(1990, 3, 7)


NUMBERS = {"phone", "id_card", "bank_card", "email", "wechat", "qq"}


def test_the_labelled_sentences_are_scored_and_hard_negatives_left_alone():
    right, extra, missed = Counter(), Counter(), Counter()
    with shared("pii/dev.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            gold = {(s["start"], s["end"], s["type"]) for s in row["spans"] if s["type"] in NUMBERS}
            ours = {(s.start, s.end, s.type.value) for s in find(row["text"])}
            assert not (row["kind"] == "hard_negative" and not row["spans"] and ours), row["id"]
            right.update(kind for *_, kind in gold & ours)
            extra.update(kind for *_, kind in ours - gold)
            missed.update(kind for *_, kind in gold - ours)

    for kind in NUMBERS:
        f1 = 2 * right[kind] / (2 * right[kind] + extra[kind] + missed[kind])
        assert f1 >= 0.97, (kind, right[kind], extra[kind], missed[kind])
