"""Who is spoken of: names with and without titles, and nicknames (T5).

No shape alone makes a name in Chinese. Every candidate is weighed: its surname, the characters
of its given name, the words before it and after it. A candidate needs
``ENOUGH`` points.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

from privacy.minimisation.name_stops import CROSSING, NOT_NICKNAMES, NOT_PEOPLE, STOPS
from privacy.minimisation.name_words import (
    AFTER,
    AFTER_LONGEST,
    BEFORE,
    BEFORE_LONGEST,
    EDGE,
    LABEL,
    ROLE,
)
from privacy.minimisation.spans import Kind, Span
from privacy.minimisation.surnames import (
    COMMON,
    COMPOUND,
    EVERYDAY,
    GRAMMAR,
    NEVER,
    RARE,
    VIVID,
    WORDLIKE,
)

FOUND = "\ue000"  # stands for a number that was found already
ENOUGH = 5.0
_ALONE, _GLUED, _NUMBERED, _NEXT = 6.5, -1.5, 2.0, 3.0
_STOPPED, _BROKEN, _CROSSED = -4.0, -1.5, -3.0
_TITLE_SCORE, _GRAMMAR, _NICKNAME, _VIVID = 3.0, 3.0, 2.75, 1.75
_GIVEN = VIVID | EVERYDAY
_FIRSTS = COMMON | RARE | {name[0] for name in COMPOUND}
_STARTS = re.compile(f"[{''.join(sorted(_FIRSTS))}小老阿]")
_TITLE = re.compile(
    r"(?:(?:副?主任|主治|住院|执业)?医师|(?:副?主任)?(?:护士长?|护师)|女士|先生|小姐|太太|医生|大夫|副?主任"
    r"|副?教授|副?院长|博士|老师|阿姨|叔叔|大姐|大哥|夫人|经理|顾问|咨询师|客服|药师|技师|师傅|同学|院士"
    r"|护工|美女|帅哥|科长|组长|店长|总监|[姐哥总姨叔嫂](?![\u4e00-\u9fff])"
    r"|[姐哥总姨叔嫂](?=[的说来给在让和]))"
)
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_JOINERS = " \t　:：（(【[「“\"'‘=-—@#*_/|"
_NEXT_TO = re.compile(
    r"[ \t　，,：:（(、/|]{0,3}(?:\ue000|[女男](?![\u4e00-\u9fff])|女性|男性|\d{2}周?岁|病历|病案"
    r"|住院号|门诊号|联系电话|联系方式|电话|手机|身份证|证件|微信|卡号|住址|地址|年龄|性别|出生|籍贯"
    r"|邮箱|QQ|档案|生日|预约)"
)
_DOT = re.compile(r"[·•・]")
_AFTER_NUMBER = re.compile(f"{FOUND}[，,]?$")
_COUNTED = re.compile(r"[\d一二两三四五六七八九十几半多][周段万钟季项位方成步]")
_DOTTED = re.compile(
    r"(?:(?![第项一二三四五六七八九十])[\u4e00-\u9fff]){2,7}[·•・]"
    r"(?:(?![第项一二三四五六七八九十的了])[\u4e00-\u9fff]){2,8}"
)
_CHARACTER_POINTS = (
    dict.fromkeys(NEVER, -4.0) | dict.fromkeys(VIVID, _VIVID) | dict.fromkeys(EVERYDAY, 1.0)
)
_VERBS = frozenset("来到去是在也已未以于让等时人开发")  # 今天陆涛来 is 陆涛
_SHORT_NAME = 2


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int
    end: int
    score: float


def names(text: str) -> Iterator[Span]:
    """Names and nicknames, titles included; doctors without a name and words are spared.

    In: found numbers may be masked by U+E000; a number beside a name speaks for the name.
    """
    found = [candidate for at in _STARTS.finditer(text) for candidate in _at(text, at.start())]
    found += _dotted(text)
    found.sort(key=lambda one: (-one.score, one.start - one.end, one.start))
    taken: set[int] = set()
    for one in found:
        places = range(one.start, one.end)
        if taken.isdisjoint(places):
            taken.update(places)
            yield Span(one.start, one.end, Kind.NAME)


def _at(text: str, start: int) -> Iterator[_Candidate]:
    """The candidates that begin at ``start`` and have enough points."""
    before = _before(text, start)
    if text[start] in "小老阿":
        yield from _nickname(text, start, before)
    for size in (2, 1):
        surname = text[start : start + size]
        points = _surname_points(surname)
        if points is not None:
            yield from _titled(text, start, size, points, before)
            yield from _full(text, start, size, points, before)


def _surname_points(surname: str) -> float | None:
    if surname in COMPOUND:
        return 2.5
    if surname not in COMMON and surname not in RARE:
        return None
    points = (2.0 if surname in COMMON else 1.25) - (surname in WORDLIKE)
    return points - _GRAMMAR if surname in GRAMMAR else points


def _full(text: str, start: int, size: int, points: float, before: float) -> Iterator[_Candidate]:
    """Surname and one or two characters, with a title or without."""
    for length in (1, 2):
        end = start + size + length
        given = text[start + size : end]
        if len(given) < length or not all(map(_HAN.match, given)):
            return
        name = text[start:end]
        if name in NOT_PEOPLE or text[start : start + 3] in NOT_PEOPLE:
            return
        whole = before >= LABEL and not _HAN.match(text[end : end + 1])  # 开户名邵育来。
        meant = max(0.0, _given_points(given)) if whole else _given_points(given)
        score = points + meant + _stop_points(name, given) + before
        title = _TITLE.match(text, end)
        if title and score + _TITLE_SCORE >= ENOUGH:
            yield _Candidate(start, title.end(), score + _TITLE_SCORE)
        after = _after(text, end)
        if score + after >= (_ALONE if _lonely(before, after) else ENOUGH):
            yield _Candidate(start, end, score + after)


def _lonely(before: float, after: float) -> bool:
    """Whether punctuation is all that speaks for a name."""
    return before <= EDGE and after == EDGE


def _given_points(given: str) -> float:
    if given[-1] in _VERBS:
        return -1.0
    points = sum(map(_CHARACTER_POINTS.get, given, repeat(0.0)))
    return points if len(given) > 1 or points else -0.5


def _stop_points(name: str, given: str) -> float:
    if name in STOPS:
        return _STOPPED
    if name[:2] not in STOPS:
        return 0.0
    return -3.0 if all(one in _GIVEN for one in given) else _STOPPED


def _titled(text: str, start: int, size: int, points: float, before: float) -> Iterator[_Candidate]:
    """Surname and title: 刘女士, 李主任."""
    title = _TITLE.match(text, start + size)
    if not title:
        return
    if before == _GLUED:
        before = 0.0
    score = points + before + _TITLE_SCORE
    if score >= ENOUGH:
        yield _Candidate(start, title.end(), score)


def _nickname(text: str, start: int, before: float) -> Iterator[_Candidate]:
    """小, 老 or 阿 and one character, where somebody is expected."""
    name = text[start : start + _SHORT_NAME]
    if len(name) < _SHORT_NAME or name in NOT_NICKNAMES:
        return
    if name[1] not in _GIVEN and name[1] not in COMMON:
        return
    after = _after(text, start + _SHORT_NAME)
    score = _NICKNAME + before + after
    if score >= ENOUGH and not (before <= EDGE and after <= EDGE):
        yield _Candidate(start, start + _SHORT_NAME, score)


def _dotted(text: str) -> Iterator[_Candidate]:
    """Names with a middle dot: 阿依古丽·买买提."""
    for found in _DOTTED.finditer(text):
        for start in range(found.start(), found.end()):
            if _before(text, start) >= ROLE and _DOT.search(text, start, found.end()):
                yield _Candidate(start, found.end(), ROLE + ENOUGH)
                break


def _before(text: str, start: int) -> float:
    """How much the words that end at ``start`` announce a person."""
    if start == 0:
        return EDGE
    if text[start - 1 : start + 1] in CROSSING or _COUNTED.search(text[start - 1 : start + 1]):
        return _CROSSED
    points = _GLUED if _HAN.match(text[start - 1]) else EDGE
    end = start
    for joiners in (_JOINERS, "是叫为" + _JOINERS):
        points = max(points, _announced(text, end))
        while end and text[end - 1] in joiners:
            end -= 1
    return max(points, _announced(text, end))


def _announced(text: str, end: int) -> float:
    if _AFTER_NUMBER.search(text[max(0, end - 2) : end]):
        return _NUMBERED
    for size in range(min(BEFORE_LONGEST, end), 0, -1):
        points = BEFORE.get(text[end - size : end])
        if points is not None:
            return points
    return _GLUED


def _after(text: str, end: int) -> float:
    """How much the words that begin at ``end`` speak of a person before them."""
    if _NEXT_TO.match(text, end):
        return _NEXT
    for size in range(AFTER_LONGEST, 0, -1):
        points = AFTER.get(text[end : end + size])
        if points is not None:
            return points
    return _BROKEN if _HAN.match(text[end : end + 1]) else EDGE
