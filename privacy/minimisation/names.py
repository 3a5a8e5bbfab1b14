"""Who is spoken of: names with and without titles, and nicknames (T5).

No shape alone makes a name in Chinese. Every candidate is weighed: its surname, the characters
of its given name, the words before it and after it. A candidate needs
``ENOUGH`` points.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

from privacy.minimisation.name_stops import CROSSING, KIN, NOT_NICKNAMES, NOT_PEOPLE, STOPS
from privacy.minimisation.name_words import (
    AFTER,
    AFTER_LONGEST,
    BEFORE,
    BEFORE_LONGEST,
    EDGE,
    FIRM,
    LABEL,
    LEAD,
    ROLE,
    WHEN,
)
from privacy.minimisation.spans import Kind, Span
from privacy.minimisation.surnames import (
    CALLED,
    COMMON,
    COMPOUND,
    EVERYDAY,
    GRAMMAR,
    NEVER,
    RARE,
    SPOKEN_COMPOUND,
    TOWARDS,
    VIVID,
    WORDLIKE,
)

FOUND = "\ue000"  # stands for a number that was found already
ENOUGH = 5.0
_ALONE, _GLUED, _NUMBERED, _NEXT = 6.5, -1.5, 2.0, 3.0
_STOPPED, _BROKEN, _CROSSED = -4.0, -1.5, -3.0
_TITLE_SCORE, _GRAMMAR, _NICKNAME, _VIVID = 3.0, 3.0, 2.75, 1.75
_GIVEN = VIVID | EVERYDAY
_MEANT = 2.75  # two characters of names, one of them hardly anything else
_FIRSTS = COMMON | RARE | {name[0] for name in COMPOUND}
_STARTS = re.compile(f"[{''.join(sorted(_FIRSTS))}小老阿]")
_TITLE = re.compile(
    r"(?:(?:副?主任|主治|住院|执业)?医师|(?:副?主任)?(?:护士长?|护师)|女士|先生|小姐|太太|医生|大夫|副?主任"
    r"|副?教授|副?院长|博士|老师|阿姨|叔叔|大姐|大哥|(?<!大)夫人|经理|顾问|咨询师|客服|药师|技师|师傅|同学|院士"
    r"|护工|美女|帅哥|科长|组长|店长|总监|[姐哥总姨叔嫂](?![\u4e00-\u9fff])"
    r"|[姐哥总姨叔嫂](?=[的说来给在让和]))"
)
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_JOINERS = " \t　:：（(【[「“\"'‘=-－—@#*_/|"
_SEPARATED = r"[ \t　，,：:（(、/|\-]"
# 王丽女，31岁 is a woman called 王丽; 王丽男。 is somebody called 王丽男.
_PAPERS = (
    rf"(?:{_SEPARATED}{{1,3}}[女男](?![\u4e00-\u9fff])|[女男](?=[ ，,]?\d)"
    rf"|{_SEPARATED}{{0,3}}(?:女性|男性|\d{{2}}周?岁|病历|病案|住院号|门诊号|身份证|证件|卡号|年龄"
    r"|性别|出生|籍贯|档案))"
)
_BESIDE_PAPERS = re.compile(_PAPERS)
_NEXT_TO = re.compile(
    rf"{_PAPERS}|{_SEPARATED}{{0,3}}"
    r"(?:\ue000|联系电话|联系方式|电话|手机|微信|住址|地址|邮箱|QQ|生日|预约)"
)
# What a note says of a patient right after the name.
_NOTED = re.compile(
    r"[，,：: （(]{1,2}(?:卵泡|取卵|移植|促排|内膜|孕\d|主诉|诊断|查体|已确认|已约|未接|无不适"
    r"|请问|[您你]好|今日|明日|昨日|[Aa][Mm][Hh]|[Ff][Ss][Hh]|[Hh][Cc][Gg])"
)
_NUMBER_NEXT = re.compile(rf"{_SEPARATED}{{0,3}}\ue000")
_NUMBER_BEFORE = re.compile(rf"{FOUND}{_SEPARATED}{{1,3}}$")
_LISTED = re.compile(r"[、/&和与及]|[ ，,、]{1,2}\d[.、)）] ?")
_LISTED_BEFORE = "、/&和与及"
_CLOSED = re.compile("[】\\])）」』”\"’'] ?")
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
_OF = frozenset("的们那")
_ASKING = frozenset("吗呢吧啊呀嘛")
_VERBS = frozenset("来到去是有在也都尽改已未以于让等时人开发")  # 今天陆涛来 is 陆涛
_UNUSUAL = -0.2  # one character that is in no table: 李合
_SHORT_NAME, _LONGEST_NAME = 2, 4


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
    taken: set[int] = set()
    while found:
        kept = list(_apart(found, taken))
        yield from (Span(one.start, one.end, Kind.NAME) for one in kept)
        found = [listed for one in kept for listed in _listed(text, one, taken)]


def _apart(found: list[_Candidate], taken: set[int]) -> Iterator[_Candidate]:
    """The best of the candidates that do not overlap; ``taken`` notes their places."""
    for one in sorted(found, key=lambda one: (-one.score, one.start - one.end, one.start)):
        places = range(one.start, one.end)
        if taken.isdisjoint(places):
            taken.update(places)
            yield one


def _listed(text: str, one: _Candidate, taken: set[int]) -> Iterator[_Candidate]:
    """Who is named next to somebody: 王丽、原静."""
    joint = _LISTED.match(text, one.end)
    if joint and joint.end() not in taken:
        yield from _surnamed(text, joint.end(), ROLE)
    end = one.start - 1
    if end > 0 and text[end] in _LISTED_BEFORE and end - 1 not in taken:
        for start in range(max(0, end - _LONGEST_NAME), end):
            announced = max(_before(text, start), ROLE)
            if not _HAN.match(text[max(0, start - 1) : start]):
                yield from (who for who in _surnamed(text, start, announced) if who.end == end)


def _at(text: str, start: int) -> Iterator[_Candidate]:
    """The candidates that begin at ``start`` and have enough points."""
    before = _before(text, start)
    if text[start] in "小老阿":
        yield from _nickname(text, start, before)
    yield from _surnamed(text, start, before)


def _surnamed(text: str, start: int, before: float) -> Iterator[_Candidate]:
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
        if len(given) < length or given[-1] in _ASKING or not all(map(_HAN.match, given)):
            return
        name = text[start:end]
        if name in NOT_PEOPLE or text[start : start + 3] in NOT_PEOPLE:
            return
        meant = _given_points(given)
        if size > 1 and name[:size] not in SPOKEN_COMPOUND:
            meant = max(-0.5, meant)
        fits = _for_a_name(text, start, end, before)  # 开户名邵育来。
        worth = _worth(name[:size], points, meant, before, fits=fits)
        score = worth + _stop_points(name, given)
        title = _TITLE.match(text, end)
        spoken = score + _TITLE_SCORE + (0.0 if before == _GLUED and meant >= 1 else before)
        if meant < 0 and given[-1] in _VERBS and before >= LEAD:  # 经办人李玉发主任
            spoken -= meant
        if title and spoken >= ENOUGH:
            yield _Candidate(start, title.end(), spoken)
        after = _after(text, end)
        if score + before + after >= (_ALONE if _lonely(size, before, after) else ENOUGH):
            yield _Candidate(start, end, score + before + after)


def _for_a_name(text: str, start: int, end: int, before: float) -> bool:
    """Whether only a name fits here: a clause behind a label, beside papers, amid numbers."""
    if _HAN.match(text[end : end + 1]):
        return False
    if before >= LABEL or (before >= EDGE and _BESIDE_PAPERS.match(text, end)):
        return True
    return bool(_NUMBER_BEFORE.search(text[max(0, start - 4) : start])) and bool(
        _NUMBER_NEXT.match(text, end)
    )


def _worth(surname: str, points: float, meant: float, before: float, *, fits: bool) -> float:
    """The points of a whole name: more where little else can stand, as in 我老公向文静的."""
    if fits:  # one point more: 我叫诸葛伟发， is not 诸葛伟 who sends
        return _called_points(surname, points, meant) + max(0.0, meant) + 1
    if before >= LEAD and meant >= _MEANT:
        return _called_points(surname, points, meant) + meant
    return points + meant


def _called_points(surname: str, points: float, meant: float) -> float:
    """What a surname that is also a word is worth where a name is expected."""
    if surname in GRAMMAR and (surname not in CALLED or meant < 1):
        return points
    return max(points, 2.0 if surname in COMMON else 1.25)


def _lonely(size: int, before: float, after: float) -> bool:
    """Whether punctuation is all that speaks for a name; compound surnames speak themselves."""
    return size == 1 and before <= EDGE and after == EDGE


def _given_points(given: str) -> float:
    if given[-1] in _VERBS:
        return -1.0
    points = sum(map(_CHARACTER_POINTS.get, given, repeat(0.0)))
    return points if len(given) > 1 or points else _UNUSUAL


def _stop_points(name: str, given: str) -> float:
    if name in STOPS:
        return _STOPPED
    if name[:2] not in STOPS or name[:2] in COMPOUND:
        return 0.0
    return -3.0 if all(one in _GIVEN for one in given) else _STOPPED


def _titled(text: str, start: int, size: int, points: float, before: float) -> Iterator[_Candidate]:
    """Surname and title: 刘女士, 李主任."""
    title = _TITLE.match(text, start + size)
    if not title:
        return
    if _is_called(text, start, title.end(), before):
        points = 1.25
    elif text[start : start + size] not in GRAMMAR and _acts(text, start, title.end(), before):
        points = max(points, 1.25) + 1
    if before == _GLUED:
        before = 0.0
    score = points + before + _TITLE_SCORE
    if score >= ENOUGH:
        yield _Candidate(start, title.end(), score)


def _acts(text: str, start: int, end: int, before: float) -> bool:
    """Whether somebody with a title does something: 你们蔺小姐态度真差; not 小三阳医生您好."""
    apart = before > _GLUED or text[start - 1 : start] in _OF
    return apart and _after(text, end) >= FIRM


def _is_called(text: str, start: int, end: int, before: float) -> bool:
    """Whether a grammatical surname with a title is named or acts: 是向医生给我看的."""
    if text[start] not in CALLED or _after(text, end) < FIRM:
        return False
    alone = not _HAN.match(text[max(0, start - 1) : start])
    return (
        before >= LABEL or text[start - 1 : start] == "是" or (alone and text[start] not in TOWARDS)
    )


def _nickname(text: str, start: int, before: float) -> Iterator[_Candidate]:
    """小, 老 or 阿 and one character, where somebody is expected."""
    name = text[start : start + _SHORT_NAME]
    end = start + _SHORT_NAME
    if len(name) < _SHORT_NAME or not _may_be_called(text, name, end, before):
        return
    if before == _GLUED and text[start - 1] == "的":  # 我们那的小倩也在
        before = 0.0
    after = _after(text, end)
    score = _NICKNAME + before + after
    if score >= ENOUGH and not (before <= EDGE and after <= EDGE):
        yield _Candidate(start, end, score)


def _may_be_called(text: str, name: str, end: int, before: float) -> bool:
    """Whether a nickname's character makes one here: the surer the place, the more may."""
    if name in NOT_NICKNAMES:  # 备用联系人小年 021-61234567
        labelled = before >= LABEL and bool(_NUMBER_NEXT.match(text, end))
        placed = labelled or (before >= LEAD and _after(text, end) >= FIRM)
        return placed and name[1] in _GIVEN and name not in KIN
    if name[1] in _GIVEN or name[1] in COMMON:
        return True
    if name[1] in NEVER or not _HAN.match(name[1]):
        return False
    if before >= LABEL and not _HAN.match(text[end : end + 1]):
        return True
    announced = before >= WHEN and before != EDGE
    return announced and _after(text, end) >= FIRM


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
    if text[start - 1] in "：:】":  # 今日移植：王洁
        points = LEAD
    end = start
    for joiners in (_JOINERS, "是叫为写填" + _JOINERS):
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
    if _NOTED.match(text, end):
        return FIRM
    closed = _CLOSED.match(text, end)
    end = closed.end() if closed else end
    for size in range(AFTER_LONGEST, 0, -1):
        points = AFTER.get(text[end : end + size])
        if points is not None:
            return points
    return _BROKEN if _HAN.match(text[end : end + 1]) else EDGE
