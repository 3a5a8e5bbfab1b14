"""Personal data in free text is found whichever way it is written, and medicine is left alone."""

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.minimisation.finding import find
from privacy.minimisation.spans import Kind, Span, settled
from tests.factories.sizes import examples
from tests.privacy.minimisation.sentence_words import CARRIERS
from tests.privacy.minimisation.sentences import sentences
from tests.shared_data import shared

ID = "11010119900307993X"  # invented, sequence 993; the check character fits
GOOD_ENOUGH = 0.97


def found(text: str) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.type.value) for one in find(text)]


def judged(rows) -> dict[str, tuple[int, int, int]]:
    """By kind: right, extra, missed, by exact span."""
    right, extra, missed = Counter(), Counter(), Counter()
    for text, gold in rows:
        ours = {(one.start, one.end, one.type.value) for one in find(text)}
        right.update(kind for *_, kind in gold & ours)
        extra.update(kind for *_, kind in ours - gold)
        missed.update(kind for *_, kind in gold - ours)
    return {kind.value: (right[kind], extra[kind], missed[kind]) for kind in Kind}


def assert_good(score: dict[str, tuple[int, int, int]]) -> None:
    for kind, (right, extra, missed) in score.items():
        assert 2 * right / (2 * right + extra + missed) >= GOOD_ENOUGH, (kind, score[kind])


def test_the_labelled_sentences_are_scored():
    with shared("pii/dev.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    gold = [{(s["start"], s["end"], s["type"]) for s in row["spans"]} for row in rows]

    assert_good(judged(zip((row["text"] for row in rows), gold, strict=True)))
    assert not [row["id"] for row in rows if not row["spans"] and find(row["text"])]


def test_invented_sentences_are_scored():
    assert_good(judged((one.text, set(one.spans)) for one in sentences(1500, seed=20)))


@pytest.mark.parametrize("text", CARRIERS)
def test_carriers_hold_nobody(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        # telephones
        ("号码①③⑧⓪⓪①③⑧⓪⓪⓪", "①③⑧⓪⓪①③⑧⓪⓪⓪", "phone"),
        ("一三八 零零一三 八零零零，打这个", "一三八 零零一三 八零零零", "phone"),
        ("洞二一四八九九三七五六 是办公室", "洞二一四八九九三七五六", "phone"),
        ("138然后0013再8000", "138然后0013再8000", "phone"),
        ("电话138，0013，8000", "138，0013，8000", "phone"),
        ("l38OOl38OOO", "l38OOl38OOO", "phone"),
        ("（+86）13800138000", "（+86）13800138000", "phone"),
        ("（0571-75894526）", "0571-75894526", "phone"),
        ("①13800138000", "13800138000", "phone"),
        ("一共3，13800138000", "13800138000", "phone"),
        ("住院期间打13800138000", "13800138000", "phone"),
        # papers
        (
            "身份证一一零一零一一九九零零三零七九七九六",
            "一一零一零一一九九零零三零七九七九六",
            "id_card",
        ),
        (f"{ID} 13800138000"[:18], ID, "id_card"),
        ("护照号E12345678", "E12345678", "id_card"),
        ("银行卡号6222020000000001", "6222020000000001", "bank_card"),
        ("6222020000000007", "6222020000000007", "bank_card"),
        ("病历号：BL202206245066", "BL202206245066", "record_no"),
        ("IVF-202208019069已取", "IVF-202208019069", "record_no"),
        ("门诊号 0012345", "0012345", "record_no"),
        ("病号202202158194，复诊", "202202158194", "record_no"),
        ("病历(202202158194)", "202202158194", "record_no"),
        ("查202202158194这个病历号", "202202158194", "record_no"),
        ("病历号忘了，可能是202202158194", "202202158194", "record_no"),
        ("病例号202202158194，", "202202158194", "record_no"),
        ("MRN 202202158194", "202202158194", "record_no"),
        ("病历本上写的CK202202158194", "CK202202158194", "record_no"),
        ("张伟（FK202202158194）", "FK202202158194", "record_no"),
        # accounts
        ("加我微❤haoyun364", "haoyun364", "wechat"),
        ("薇 haoyun364", "haoyun364", "wechat"),
        ("加维：haoyun364", None, ""),
        ("绿泡泡搜haoyun364", "haoyun364", "wechat"),
        ("haoyun364（微信）", "haoyun364", "wechat"),
        ("可以加我haoyun364", "haoyun364", "wechat"),
        ("微信号是12345678", "12345678", "wechat"),
        ("企鹅：12345678", "12345678", "qq"),
        ("🐧 12345678", "12345678", "qq"),
        ("12345678（QQ）", "12345678", "qq"),
        ("加我qq123456789", "123456789", "qq"),
        ("留个q 123456789", "123456789", "qq"),
        ("QQ／123456789", "123456789", "qq"),
        ("扣扣也可以123456789", "123456789", "qq"),
        ("通过下微信好友验证haoyun364", "haoyun364", "wechat"),
        ("李洁/13800138000/haoyun364", "haoyun364", "wechat"),
        ("微信qq123456789", "qq123456789", "wechat"),
        ("没有微信，QQ123456789", "123456789", "qq"),
        ("QQ联系123456789", "123456789", "qq"),
        ("我薇haoyun364", "haoyun364", "wechat"),
        ("v我：haoyun364", "haoyun364", "wechat"),
        ("zhang艾特example点com", "zhang艾特example点com", "email"),
        ("zhang [at] example [dot] com", "zhang [at] example [dot] com", "email"),
        ("12345678@qq。com", "12345678@qq。com", "email"),
        # where people live
        ("家住南京市鼓楼区汉中路88号", "南京市鼓楼区汉中路88号", "address"),
        (
            "地址：文昌街20号丽景花园3栋2单元501室，快递",
            "文昌街20号丽景花园3栋2单元501室",
            "address",
        ),
        ("住3号楼2单元501", "3号楼2单元501", "address"),
        ("住址：丽景花园3-2-501", "丽景花园3-2-501", "address"),
        ("我家在合肥市肥西县桃花镇A座1203", "合肥市肥西县桃花镇A座1203", "address"),
        (
            "四川省 成都市 武侯区 簇桥街道 3栋 201",
            "四川省 成都市 武侯区 簇桥街道 3栋 201",
            "address",
        ),
        ("家住南通市如东县河口镇双桥村，想来看病", "南通市如东县河口镇双桥村", "address"),
        ("家住都江堰市玉堂街道丽景花园3栋201", "都江堰市玉堂街道丽景花园3栋201", "address"),
        ("地址：文昌街20号丽景花园9#1404，", "文昌街20号丽景花园9#1404", "address"),
        ("发货到：南通市如东县河口镇双桥村五组", "南通市如东县河口镇双桥村五组", "address"),
        ("租住于肥西县桃花镇丽景花园3栋201", "肥西县桃花镇丽景花园3栋201", "address"),
        ("我从肥西县桃花镇丽景花园3栋201过来", "肥西县桃花镇丽景花园3栋201", "address"),
        ("住在从化区江埔街道丽景花园3栋201", "从化区江埔街道丽景花园3栋201", "address"),
        ("常住地：肥西县桃花镇双桥村二组", "肥西县桃花镇双桥村二组", "address"),
        ("住址 朝阳区来广营地区丽景花园3栋201", "朝阳区来广营地区丽景花园3栋201", "address"),
        ("家住大邑县悦来镇丽景花园3栋201，远", "大邑县悦来镇丽景花园3栋201", "address"),
        ("地址：丰台区看丹街道丽景花园3栋201", "丰台区看丹街道丽景花园3栋201", "address"),
        ("就在那边苏州市吴中区碧水湾3栋201", "苏州市吴中区碧水湾3栋201", "address"),
        # names
        ("我叫欧阳娜", "欧阳娜", "name"),
        ("司马懿辰来电", "司马懿辰", "name"),
        ("患者𬱖静今日复查", "𬱖静", "name"),
        ("张𬱖，女，31岁", "张𬱖", "name"),
        ("今天陆涛来交费", "陆涛", "name"),
        ("姓名：阿依古丽·买买提", "阿依古丽·买买提", "name"),
        ("开户名邵育来。", "邵育来", "name"),
        ("我叫麦兴，明天来", "麦兴", "name"),
        ("约了李主任", "李主任", "name"),
        ("联系人王丽华副主任医师", "王丽华副主任医师", "name"),
        ("已和王姐说好", "王姐", "name"),
        ("联系人小红，13800138000"[:6], "小红", "name"),
        ("黄金凤，病历号", "黄金凤", "name"),
    ],
)
def test_families_of_forms(text, value, kind):
    assert (value, kind) in found(text) if value else found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        # words that begin like names
        "高血压、高血脂都有",
        "黄体酮打了三天",
        "白带常规正常",
        "方案是拮抗剂方案",
        "安全第一",
        "金额3,280.00元",
        "时间是上午",
        "于是又来了",
        "周期第3天",
        "马上就好",
        "明天何时来",
        "常规检查",
        "关于费用",
        "毛病不少",
        "项目很多",
        "左侧输卵管不通",
        "严重时再来",
        "第6周进行复查",
        "约了主任医生",
        "找医生，问原因，",
        "向医生咨询",
        "和医生沟通",
        "谢谢医生",
        "主任医师的号",
        "小腹疼，老公陪我，阿姨也来",
        "金毓婷，吃了",
        "当归、白芍、黄芪、党参",
        "患者小便正常",
        "小蠿今天来电",  # no character of a name
        "老公于是生气",
        "我是高龄初产妇",
        "替代医生的诊断",
        "扩张总要时间",
        "小",
        # numbers of medicine, money and trade
        "第5天囊胚4AB一枚",
        "批号13800138000",
        "订单号BL202206245066",
        "对湿参·炎症有用吗",
        "13800138000元",
        "病历13",
        "序列号62220200000000078",
        "维生素B12 500ug",
        "叶酸加VitaminB6",
        "微信hcg1385",
        "每支1500/hcg123456",
        "微信20251118",
        "加V hcg123456",
        "QQ 3860元",
        "病历书写时间202202151819",
        "看过病历，订单号202511180000",
        "每次一粒q 20251118",
        "138，1500，2000",
        "138 156 123 145 16",
        # the clinic's own house, and towns without a house
        "3号楼2楼检验科",
        "门诊楼3楼302诊室",
        "我院2号楼301室",
        "成都市武侯区",
        "住7楼有电梯",
        "11月3号",
        "周三去3号楼2单元",
        "家住成都",
        "从朝阳区来看3号楼的2单元",
        "地址",
        "市妇幼医院3栋201",
        "姓名第六·六项",
        "",
    ],
)
def test_what_is_nobody(text):
    assert found(text) == []


def test_offsets_count_code_points_after_rare_characters():
    text = "😀👩‍👧𬱖𬱖ＡＢ　我叫王丽华，１３８００１３８０００。"

    assert found(text) == [("王丽华", "name"), ("１３８００１３８０００", "phone")]


def test_several_kinds_side_by_side():
    text = f"张伟 13800138000 {ID} 微信haoyun364 a@example.com 病历号202202158194"

    assert [kind for _value, kind in found(text)] == [
        "name",
        "phone",
        "id_card",
        "wechat",
        "email",
        "record_no",
    ]


def test_the_higher_kind_wins_an_overlap_then_the_longer():
    spans = [
        Span(0, 4, Kind.NAME),
        Span(2, 6, Kind.PHONE),
        Span(5, 9, Kind.PHONE),
        Span(5, 8, Kind.QQ),
    ]

    assert settled(spans, 9) == [Span(2, 6, Kind.PHONE)]
    assert settled([Span(0, 2, Kind.NAME), Span(0, 3, Kind.NAME)], 3) == [Span(0, 3, Kind.NAME)]


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "王丽华",
                    "13800138000",
                    ID,
                    "微信",
                    "姓名",
                    "住",
                    "3栋201",
                    "成都市",
                    "小红",
                    "医生",
                    "，",
                ]
            ),
            st.text(max_size=8),
        ),
        max_size=8,
    ).map("".join)
)
@settings(max_examples=examples(300))
def test_spans_are_in_order_and_apart(text):
    spans = find(text)

    assert all(0 <= one.start < one.end <= len(text) for one in spans)
    assert all(left.end <= right.start for left, right in pairwise(spans))


@pytest.mark.parametrize(
    "unit", ["王", "小", "市1号", "1-", "路1栋里", "姓名王丽", "住", "微信", "1.2.", "(", "是"]
)
def test_awkward_repetition_is_survived(unit):
    text = unit * (20_000 // len(unit))

    assert all(one.end <= len(text) for one in find(text))
