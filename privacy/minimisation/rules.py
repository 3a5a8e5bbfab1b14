"""Find personal numbers in free text and cover them (S12, T5).

Phones in every written form, identity numbers, bank cards, e-mail, WeChat and QQ ids. Doses,
dates, laboratory values, prices and order numbers are spared: a shape alone never suffices
where a check digit, a grouping or a label can be asked for. Positions are code points.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from privacy.minimisation.numbers import (
    passes_luhn,
    plain_digits,
    plausible_id,
    spoken_digits,
    valid_id,
)

COVER = "※"
KEPT = 2  # the last two digits let staff and patient agree which number is meant


class Kind(StrEnum):
    """What was found; the order is the precedence where two claim the same characters."""

    EMAIL = "email"
    ID_CARD = "id_card"
    BANK_CARD = "bank_card"
    PHONE = "phone"
    WECHAT = "wechat"
    QQ = "qq"


@dataclass(frozen=True, slots=True)
class Span:
    """``text[start:end]`` is personal; code points, end exclusive."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Covered:
    """The text with every personal number covered, and how many of each kind there were."""

    text: str
    counts: Mapping[Kind, int]


_ALONE = r"(?<![0-9A-Za-z])(?<!\d[.,])"
_END = r"(?![0-9]|[.,]\d)"
_GAP = r"[ \-.]"
_COUNTRY = r"(?:(?:\+ ?|00)?86 ?-? ?)?"
_TAILS = (
    # 138 0013 8000 · 138-00138000 · 1380013 8000 · 13800 138000 · 138 001 38000 · 1 3 8 0 ...
    rf"\d(?P<g>{_GAP})\d{{4}}(?P=g)\d{{4}}|\d{_GAP}\d{{8}}|\d{{5}}{_GAP}\d{{4}}|\d{{3}}{_GAP}\d{{6}}"
    rf"|\d(?P<h>{_GAP})\d{{3}}(?P=h)\d{{5}}|\d{{2}}(?P<k>{_GAP})\d{{3}}(?P=k)\d{{4}}|\d{{9}}"
)
_MOBILE = re.compile(
    rf"(?:{_ALONE}|(?<=[Tt][Ee][Ll])|(?<=phone)|(?<=mob)){_COUNTRY}"
    rf"(?:1[3-9](?:{_TAILS})|\(1[3-9]\d\) ?\d{{4}}{_GAP}?\d{{4}}"
    rf"|1(?P<s>{_GAP})[3-9](?:(?P=s)\d){{9}}){_END}"
)
_LANDLINE = re.compile(
    rf"{_ALONE}(?:"
    rf"\(?0(?:10|2\d|[3-9]\d{{2}})\)? ?-? ?[2-9]\d{{2,3}}[ \-]?\d{{4}}(?:-\d{{1,5}}|转\d{{1,6}})?"
    rf"|(?:\+ ?|00)86[ \-]?\(?(?:10|2\d|[3-9]\d{{2}})\)?[ \-]?[2-9]\d{{2,3}}[ \-]?\d{{4}}"
    rf"|\+ ?(?!86)\d{{1,3}}(?:[ \-]?\d){{7,12}}"
    rf"){_END}"
)
_LOCAL = re.compile(
    rf"(?:座机|电话|固话)[是为:]{{0,2}} ?(?P<n>(?!20[0-4]\d[01]\d)[2-8]\d{{6,7}}){_END}"
)
_ID = re.compile(r"(?<![0-9A-Za-z])(?=(?P<n>\d(?:[ \-]?\d){16}[ \-]?[\dXx])(?![0-9A-Za-z]))")
_LEGACY_ID = re.compile(r"(?<![0-9A-Za-z])\d{15}(?![0-9A-Za-z])")
_CARD = re.compile(
    r"(?<![0-9A-Za-z])(?:62|60|4\d|5[1-5]|35)\d{2}"
    r"(?:\d{12}(?:\d{3})?|(?P<g>[ \-])\d{4}(?P=g)\d{4}(?P=g)\d{4}(?:(?P=g)\d{3})?"
    r"|\d{2}[ \-]\d{10}(?:\d{3})?)(?![0-9A-Za-z])"
)
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}"
    r"(?:\.[A-Za-z0-9\-]{1,63}){0,4}\.[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
_WXID = re.compile(r"(?<![A-Za-z0-9])wxid_[A-Za-z0-9]{5,20}")
_WECHAT = re.compile(
    r"(?:微信|薇信|威信|维信|徽信|[Vv]信|加[Vv薇]|薇(?=[^\w\s]|心|芯)|(?<![A-Za-z])(?:[Vv][Xx]|[Ww][Xx]"
    r"|[Ww]e[Cc]hat|weixin)|(?<![A-Za-z0-9])[Vv](?=[:：]))"
    r"(?:号|[Ii][Dd]|是|为|叫|心|芯|❤|♥|[ :=(+]){0,6}(?P<n>[A-Za-z][A-Za-z0-9_\-]{5,19}|\d{6,10})"
    r"(?![A-Za-z0-9_])"
)
_NOT_AN_ID = frozenset({"wechat", "weixin", "official", "android", "iphone", "public", "online"})
_QQ = re.compile(
    r"(?:(?<![A-Za-z])[Qq]{2}|扣扣|企鹅号|(?<![A-Za-z])[Qq](?=[:号]))(?:号码?|是|为|[ :=(]){0,4}"
    r"(?P<n>[1-9]\d{4,10})(?!\d)"
)
_ORDER = re.compile(
    r"(?:订单|单号|快递|运单|物流|批号|准字|流水|病历|病案|条码|样本|标本|住院|门诊|就诊|工单|排队|发票)"
    r"[^\d]{0,6}$"
)
_IDENTITY = re.compile(r"(?:身份证|证件|证号)[^\d，。；]{0,8}$")
_LABEL_WINDOW = 16  # a label stands right before its number

_Finder = Callable[[str], Iterator[Span]]


def find(text: str) -> list[Span]:
    """Every personal number in ``text``, in order, never overlapping."""
    plain = plain_digits(text)
    spoken = spoken_digits(text)
    found = [span for finder in _FINDERS for span in finder(plain)]
    if spoken != plain:
        found.extend(_mobiles(spoken))
    ranks = {kind: rank for rank, kind in enumerate(Kind)}
    found.sort(key=lambda span: (ranks[span.kind], span.start))
    taken = bytearray(len(text))
    kept = []
    for span in found:
        if not any(taken[span.start : span.end]):
            taken[span.start : span.end] = b"\x01" * (span.end - span.start)
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def cover(text: str) -> Covered:
    """``text`` with letters and digits of personal numbers replaced by ※, one for one.

    Phones, identity and card numbers keep their last two digits, addresses and ids nothing.
    Covering twice changes nothing.
    """
    spans = find(text)
    parts: list[str] = []
    end = 0
    for span in spans:
        parts += [text[end : span.start], _covered(text[span.start : span.end], span.kind)]
        end = span.end
    parts.append(text[end:])
    return Covered("".join(parts), Counter(span.kind for span in spans))


def _covered(value: str, kind: Kind) -> str:
    kept = KEPT if kind in {Kind.PHONE, Kind.ID_CARD, Kind.BANK_CARD} else 0
    signs = [index for index, sign in enumerate(value) if sign.isalnum()]
    hidden = set(signs[: len(signs) - kept])
    return "".join(COVER if index in hidden else sign for index, sign in enumerate(value))


def _before(plain: str, start: int) -> str:
    return plain[max(0, start - _LABEL_WINDOW) : start]


def _mobiles(plain: str) -> Iterator[Span]:
    yield from (
        Span(found.start(), found.end(), Kind.PHONE)
        for found in _MOBILE.finditer(plain)
        if not _ORDER.search(_before(plain, found.start()))
    )


def _landlines(plain: str) -> Iterator[Span]:
    yield from (
        Span(found.start(), found.end(), Kind.PHONE)
        for found in _LANDLINE.finditer(plain)
        if not _ORDER.search(_before(plain, found.start()))
    )
    yield from (Span(*found.span("n"), Kind.PHONE) for found in _LOCAL.finditer(plain))


def _identities(plain: str) -> Iterator[Span]:
    """18 digits that check, or that a label calls an identity number in spite of a slip."""
    for found in _ID.finditer(plain):
        number = re.sub(r"[ \-]", "", found["n"]).upper()
        labelled = _IDENTITY.search(_before(plain, found.start("n")))
        if valid_id(number) or (labelled and plausible_id(number)):
            yield Span(*found.span("n"), Kind.ID_CARD)
    for found in _LEGACY_ID.finditer(plain):
        if _IDENTITY.search(_before(plain, found.start())) and plausible_id(found[0]):
            yield Span(*found.span(), Kind.ID_CARD)


def _cards(plain: str) -> Iterator[Span]:
    for found in _CARD.finditer(plain):
        ordered = _ORDER.search(_before(plain, found.start()))
        if not ordered and passes_luhn(re.sub(r"[ \-]", "", found[0])):
            yield Span(*found.span(), Kind.BANK_CARD)


def _addresses(plain: str) -> Iterator[Span]:
    yield from (Span(*found.span(), Kind.EMAIL) for found in _EMAIL.finditer(plain))


def _wechat(plain: str) -> Iterator[Span]:
    yield from (Span(*found.span(), Kind.WECHAT) for found in _WXID.finditer(plain))
    yield from (
        Span(*found.span("n"), Kind.WECHAT)
        for found in _WECHAT.finditer(plain)
        if found["n"].lower() not in _NOT_AN_ID
    )


def _qq(plain: str) -> Iterator[Span]:
    yield from (Span(*found.span("n"), Kind.QQ) for found in _QQ.finditer(plain))


_FINDERS: tuple[_Finder, ...] = (
    _addresses,
    _identities,
    _cards,
    _mobiles,
    _landlines,
    _wechat,
    _qq,
)
