"""Who is speaking: a guess from the words in a name, which staff may correct."""

import re
from collections.abc import Iterable
from enum import StrEnum

from consult.consultations.chat_lines import shadow_of


class Speaker(StrEnum):
    """The side of the talk a turn belongs to."""

    PATIENT = "patient"
    STAFF = "staff"
    UNKNOWN = "unknown"


_STAFF_WORDS = [
    *("客服", "客户经理", "客户服务", "顾问", "咨询师", "咨询员", "咨询医生", "医生", "医师"),
    *("大夫", "主任", "护士", "护师", "护理", "导诊", "助理", "前台", "接待", "药师", "技师"),
    *("健康管理师", "健管师", "专家", "教授", "坐席", "值班"),
    *("staff", "agent", "nurse", "doctor", "dr", "dr.", "consultant", "advisor", "adviser"),
    *("support", "reception", "receptionist", "clinic", "counsellor", "counselor"),
]
_PATIENT_WORDS = [
    *("患者", "病人", "访客", "客户", "顾客", "家属", "用户", "咨询者", "来访者", "网友", "游客"),
    *("女士", "先生", "小姐", "patient", "visitor", "customer", "client", "guest", "user"),
]
# "医生建议：" and "患者姓名：" start a sentence or a form line; they are not speakers.
_NOT_A_NAME = re.compile(
    "建议|诊断|意见|回复|回答|嘱|说明|电话|手机|姓名|信息|情况|主诉|资料|年龄|性别|编号|地址"
    "|时间|备注|病史|要求|检查"
)


def _words(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_STAFF = re.compile(rf"(?<![a-z])(?:{_words(_STAFF_WORDS)})(?![a-z])")
_PATIENT = re.compile(rf"(?<![a-z])(?:{_words(_PATIENT_WORDS)})(?![a-z])|@微信$")
_ANY = _words([*_STAFF_WORDS, *_PATIENT_WORDS])
# 患者 · 王医生 · 客服 小林 · 医生2 · 访客(3512) · Nurse Lin
_STRICT = re.compile(
    rf"(?:\w{{1,8}}\s?)?(?:{_ANY})(?:\s?\d{{1,6}}|\s?[A-Za-z]|\s\w{{1,12}}|[^\W\d_a-z]{{1,3}}|\s?\(\w{{1,12}}\))?"
)


def guess(label: str, staff_names: Iterable[str] = ()) -> Speaker:
    """The side ``label`` speaks for.

    Staff names count when they equal the label or, from two characters on, occur in it
    ("林晓@随安诊所"). Words for staff win over words for patients: 客户经理 is staff.
    """
    plain = shadow_of(label).casefold()
    names = [shadow_of(name).casefold().strip() for name in staff_names]
    if any(name and (name == plain or (len(name) > 1 and name in plain)) for name in names):
        return Speaker.STAFF
    if _STAFF.search(plain):
        return Speaker.STAFF
    return Speaker.PATIENT if _PATIENT.search(plain) else Speaker.UNKNOWN


def names_a_speaker(label: str, staff_names: Iterable[str] = ()) -> bool:
    """Whether ``label`` alone is surely a speaker: a role word and a short name, or staff."""
    plain = shadow_of(label).casefold().strip()
    if any(plain == shadow_of(name).casefold().strip() for name in staff_names):
        return True
    return bool(_STRICT.fullmatch(plain)) and not _NOT_A_NAME.search(plain)
