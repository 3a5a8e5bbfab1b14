"""Telephone numbers in every written form (S12, T5)."""

import re
from collections.abc import Iterator

from privacy.minimisation.labels import named_call, named_order
from privacy.minimisation.numbers import plain_digits, spoken_digits
from privacy.minimisation.spans import Kind, Span

# 周三13800138000 with Chinese digits: what belongs to the weekday is not the number's.
_ALONE = (
    r"(?:(?<![0-9A-Za-z])(?<!\d\.)(?<!(?<!\d{4})\d,)"
    r"|(?<=[周期]\d)|(?<=[Tt][Ee][Ll])|(?<=phone)|(?<=mob))"
)
_END = r"(?![0-9]|\.\d|,\d{1,3}(?!\d)| ?(?:元|块|[Ii][Uu]|m[Ii][Uu]|[nmup]g|ml|万|亿))"
_GAP = r"(?: ?[\-._/*~] ?| {1,3})"
_COUNTRY = r"(?:\((?:\+ ?|00)86\) ?-? ?|(?:\+ ?|00)?86 ?-? ?)?"
_TAILS = (
    # 138 0013 8000 · 138-00138000 · 1380013 8000 · 13800 138000 · 138 001 38000 · 1380 0138 000
    rf"\d(?P<g>{_GAP})\d{{4}}(?P=g)\d{{4}}|\d{_GAP}\d{{8}}|\d{{5}}{_GAP}\d{{4}}|\d{{3}}{_GAP}\d{{6}}"
    rf"|\d(?P<h>{_GAP})\d{{3}}(?P=h)\d{{5}}|\d{{2}}(?P<k>{_GAP})\d{{3}}(?P=k)\d{{4}}"
    rf"|\d{{2}}(?P<m>{_GAP})\d{{4}}(?P=m)\d{{3}}|\d[ \-]\d{{4}}[ \-]\d{{4}}|\d{{9}}"
)
_MOBILE = re.compile(
    rf"(?=[\d(+]){_ALONE}{_COUNTRY}"
    rf"(?:1[3-9](?:{_TAILS})|\(1[3-9]\d\) ?-?\d{{4}}{_GAP}?\d{{4}}"
    rf"|1(?P<s>{_GAP})[3-9](?:(?P=s)\d){{9}}){_END}"
)
_AREA = r"(?:10|2\d|[3-9]\d{2})"
_LANDLINE = re.compile(
    rf"(?=[\d(+]){_ALONE}(?:"
    rf"(?:\(0{_AREA}\)|0{_AREA})[ \-]{{0,2}}[2-9]\d{{2,3}}[ \-]?\d{{4}}"
    rf"(?:(?:-|转|分机|ext\.?) ?\d{{1,6}})?"
    rf"|(?:\+ ?|00)86[ \-]?(?:\(0?{_AREA}\)|0?{_AREA})[ \-]?[2-9]\d{{2,3}}[ \-]?\d{{4}}"
    rf"|\+ ?(?!86)\d{{1,3}}(?:[ \-]?\d){{7,12}}"
    rf"){_END}"
)
_LOCAL = re.compile(
    rf"(?:座机|电话|固话)[号是为:]{{0,2}} ?"
    rf"(?P<n>(?!20[0-4]\d[01]\d)[2-8]\d{{2,3}}[ \-]?\d{{4}}){_END}"
)
# 138然后0013最后8000 · 前三位138，中间0013，尾号8000
_WORD = (
    r"然后|接着|再|中间|后面|最后|前面|后四位|[三四]位|是|空格|杠|横线|加|之后|跟着"
    r"|结尾|尾号|开头|呃|嗯|那个"
)
_TALK = rf"(?:{_WORD}|[，,、；;\s\-…]){{1,5}}"
_TALKED = re.compile(
    rf"(?=1){_ALONE}1[3-9]\d(?P<j>{_TALK})(?:\d{{4}}(?P<k>{_TALK})\d{{4}}|\d{{8}}){_END}"
)
_SAID = re.compile(_WORD)
# Letters that pass for digits: l38OO138OOO
_LOOKALIKE = re.compile(
    r"(?=[1lI])(?<![0-9A-Za-z.])(?=\d{0,10}[OolI])[1lI][3-9][0-9OolI]{9}(?![0-9A-Za-z])"
)
_CHINESE_LONG = 7  # 零二一四八九九三七五六: so many Chinese digits are no date, no dose


def phones(text: str) -> Iterator[Span]:
    """Mobile and landline numbers; public hotlines, orders, charts and values are spared."""
    plain, spoken = plain_digits(text), spoken_digits(text)
    yield from _ordinary(plain)
    yield from _worded(plain)
    yield from _spans(_LOOKALIKE, plain)
    yield from (Span(*found.span("n"), Kind.PHONE) for found in _LOCAL.finditer(plain))
    if spoken != plain:
        yield from _spans(_MOBILE, spoken)
        yield from _worded(spoken)
        for found in _spans(_LANDLINE, spoken):
            written = text[found.start : found.end]
            if sum(not sign.isascii() for sign in written) >= _CHINESE_LONG:
                yield found


def _ordinary(plain: str) -> Iterator[Span]:
    yield from _spans(_MOBILE, plain)
    yield from _spans(_LANDLINE, plain)


def _spans(pattern: re.Pattern[str], plain: str) -> Iterator[Span]:
    for found in pattern.finditer(plain):
        if not named_order(plain, found.start()):
            yield Span(*found.span(), Kind.PHONE)


def _worded(plain: str) -> Iterator[Span]:
    """Digits with words between; commas alone count only where somebody is to be called."""
    for found in _TALKED.finditer(plain):
        joined = found["j"] + (found["k"] or "")
        if _SAID.search(joined) or named_call(plain, found.start()):
            yield Span(*found.span(), Kind.PHONE)
