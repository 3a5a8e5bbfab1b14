"""Names of accounts: e-mail, WeChat, QQ, with the spellings people use for them (S12, T5)."""

import re
from collections.abc import Iterator

from privacy.minimisation.numbers import plain_digits
from privacy.minimisation.spans import Kind, Span

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}"
    r"(?:\.[A-Za-z0-9\-]{1,63}){0,4}\.[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
# zhang艾特example点com · zhang [at] example [dot] com · 12345678@qq。com
_DOT = r"(?: ?[\[(]?(?:dot|点)[\])]? ?| ?[.。] ?)"
_SPELT = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9][A-Za-z0-9._%+\-]{1,63}"
    r" ?(?:@|[\[(] ?(?:at|@) ?[\])]|(?<= )at(?= )|艾特|圈[aA]|小老鼠|#|\*) ?"
    rf"[A-Za-z0-9\-]{{1,63}}(?:{_DOT}[A-Za-z0-9\-]{{1,63}}){{0,3}}{_DOT}"
    r"(?:com|cn|net|org|edu|gov|hk|tw|me|io|co|vip|info)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_WXID = re.compile(r"(?<![A-Za-z0-9])wxid_[A-Za-z0-9]{5,20}(?![A-Za-z0-9])")
_HEART = r"[心芯❤♥♡💗💓💕💖💙💚💛💜🧡🖤🤍❣新星]"
_WECHAT_WORD = (
    rf"微信|薇信|威信|维信|徽信|微x|围信|韦信|魏信|卫信|薇芯|唯信|微芯|[Vv][信{_HEART[1:]}"
    rf"|卫星|(?:薇|微|维|威|➕|加|\+)\s?(?:{_HEART}|薇|微|[Vv](?![A-Za-z]))"
    rf"|薇(?=[\WA-Za-z])|绿泡泡|小绿书?|绿色软件"
    r"|(?<![A-Za-z])(?:[Vv][Xx]|[Ww][Xx]|[Ww]e ?[Cc]hat|[Ww]ei ?[Xx]in)"
    r"|(?<![A-Za-z0-9])[Vv](?=[:是号]|我:)"
)
_JOIN = (
    r"(?:号码?|[Ii][Dd]|是|为|叫|就|的|我|你|您|搜索?|加|一下|可以|账号|帐号|也|同|多少|在|这个|用|换成"
    rf"|联系|找|好友|验证|通过|申请|{_HEART}|[ :=(+→\-\[「『\"“'，,\n])"
)
_ID = r"(?P<n>[A-Za-z][A-Za-z0-9_\-]{5,19})(?![A-Za-z0-9_@]|\.[A-Za-z])"
_WECHAT = re.compile(rf"(?:{_WECHAT_WORD}){_JOIN}{{0,8}}{_ID}")
_WECHAT_DIGITS = re.compile(
    rf"(?:{_WECHAT_WORD})(?:号码?|[Ii][Dd]|是|为|{_HEART}|[ :=(+]){{0,6}}(?P<n>\d{{6,10}})"
    r"(?!\d|[.,]\d| ?(?:元|块|万|号线))"
)
_ADD_ME = re.compile(rf"(?:加我|搜我|私我|加一下|加下)[ :，,]{{0,2}}{_ID}")
# 13800138000/haoyun364: what else somebody is reached by, in a list of their data
_LISTED = re.compile(rf"(?<=\d{{7}})[/|]{_ID}")
# haoyun364（微信）· haoyun364是我微信
_WECHAT_AFTER = re.compile(
    r"(?<![A-Za-z0-9_\-@.])(?P<n>[A-Za-z][A-Za-z0-9_\-]{5,19})"
    r"[ (，,]{0,2}(?:这?是)?(?:我|他|她|老公)?的?(?:微信|薇信|威信|[Vv]信|[Vv][Xx](?![A-Za-z]))"
)
_PLAIN_WORDS = frozenset(
    ("wechat", "weixin", "official", "android", "iphone", "public", "online", "windows", "doctor")
)
_CODES = re.compile(
    r"(?:hcg|amh|fsh|tsh|hpv|icsi|ivf|pgt|pgd|iui|fet|ohss|hiv|tct|hbsag|covid|iphone|sars|pm|vit)"
    r"[\d_\-]{0,8}",
    re.IGNORECASE,
)
_QQ_NUMBER = re.compile(r"qq\d{5,11}", re.IGNORECASE)
_DATE = re.compile(r"20[0-4]\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{0,2}")
_QQ_WORD = (
    r"(?<![A-Za-z])[Qq]{2}(?![A-Za-z])|扣扣|蔻蔻|秋秋|球球|抠抠|叩叩|口口|企鹅号?|🐧|扣号|扣(?=:)"
    r"|(?<![A-Za-z])[Qq](?=[:号])|(?:加|\+|➕|加我|我的?|留个?)[Qq](?![A-Za-z])"
)
_QQ = re.compile(
    rf"(?:{_QQ_WORD})(?:号码?|是|为|我|的|你|加|联系|可以|账号|搜索?|也|就|[ :=(+，,/\-]){{0,6}}"
    r"(?P<n>[1-9]\d{4,10}|[1-9]\d{1,3}(?: \d{2,4}){1,3})(?!\d|[.,]\d| ?(?:元|块))"
)
_QQ_AFTER = re.compile(
    r"(?<![0-9A-Za-z.])(?P<n>[1-9]\d{4,10})[ (，,]{0,2}(?:这?是)?我?的?"
    r"(?:[Qq]{2}(?!邮)|扣扣)(?!\d|[号:])"
)


def emails(text: str) -> Iterator[Span]:
    """E-mail addresses, also with the signs written as words."""
    plain = plain_digits(text)
    yield from (Span(*found.span(), Kind.EMAIL) for found in _EMAIL.finditer(plain))
    yield from (Span(*found.span(), Kind.EMAIL) for found in _SPELT.finditer(plain))


def wechat_ids(text: str) -> Iterator[Span]:
    """WeChat ids: by their build (wxid_), or by a word for WeChat, slang or not, beside them."""
    plain = plain_digits(text)
    yield from (Span(*found.span(), Kind.WECHAT) for found in _WXID.finditer(plain))
    for pattern in (_WECHAT, _ADD_ME, _LISTED, _WECHAT_AFTER):
        yield from (
            Span(*found.span("n"), Kind.WECHAT)
            for found in pattern.finditer(plain)
            if _could_be_an_id(found, sure=pattern is _WECHAT)
        )
    for found in _WECHAT_DIGITS.finditer(plain):
        if not _DATE.fullmatch(found["n"]):
            yield Span(*found.span("n"), Kind.WECHAT)


def _could_be_an_id(found: re.Match[str], *, sure: bool) -> bool:
    """Whether a Latin word is an account: not plain English, not a test or a treatment."""
    word = found["n"]
    if _QQ_NUMBER.fullmatch(word):  # 微信qq123456 is one; 加我qq123456 and 微信，qq123456 are not
        return sure and found.string[found.start("n") - 1] not in "，,\n"
    if word.lower() in _PLAIN_WORDS or _CODES.fullmatch(word):
        return False
    return sure or any(sign.isdigit() or sign == "_" for sign in word)


def qq_numbers(text: str) -> Iterator[Span]:
    """QQ numbers behind a word for QQ, slang or not."""
    plain = plain_digits(text)
    for pattern in (_QQ, _QQ_AFTER):
        yield from (Span(*found.span("n"), Kind.QQ) for found in pattern.finditer(plain))
