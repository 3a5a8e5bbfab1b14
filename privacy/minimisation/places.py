"""Where somebody lives: an address down to a building, a road number or a village (T5)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.minimisation.numbers import plain_digits
from privacy.minimisation.spans import Kind, Span

_NUMBER = r"(?:\d{1,5}|[A-Za-z]\d{0,4}|[一二三四五六七八九十百]{1,4}|[东西南北甲乙丙丁])"
_UNIT = r"(?:号院|号楼|号|栋|幢|座|支?弄|单元|梯|门|层|楼|室|房|户|组|队|期|区|#)"
# 25号楼2单元2502室 · 88弄12号301 · 3栋5-502 · A座1203 · 3-2-502
_TAIL = re.compile(
    rf"(?:{_NUMBER}{_UNIT}(?: (?=\d))?){{1,6}}"
    r"(?:(?<![室房户])\d{1,5}(?:-\d{1,5}){0,2})?(?:室|号|房|户)?"
    r"|\d{1,3}-\d{1,3}-\d{3,4}(?:室|号|房)?"
)
_BUILDING = re.compile(r"号院|号楼|栋|幢|座|弄|单元|室|\d#|\d-\d")
_BREAK = re.compile(r"[，。；！？,;!?\n\r\t、:\"“”【】\[\]()<>|\ue000]")
_REACH = 48  # characters before the house number
_GAP = re.compile(r"[\u4e00-\u9fff]{1,12}")  # between 20号 and 3栋: the name of the estate
_CUE = re.compile(
    r"(?:住址|地址|住所)[是为在]?|(?:居|租|暂|现)?住(?![宅院户所])(?:在|到|的是|于(?![都洪田]))?|寄[到给往]?我?"
    r"|[送发]到|发货到|快递到|搬到|家在|户口(?:是|在)?|户籍(?:是|在)?|老家(?:是|在)?|位于|来自|[在到是]|从(?![化江])"
)
_TOLD = re.compile(
    r"(?:住址|地址|住所|所在地|住地|家住|住在|[寄送发货递][到往至])[是为在:(\s]{0,3}$"
)
_WEAK_CUES = frozenset(("位于", "来自", "在", "到", "是", "从"))
_FILLER = re.compile(
    r"(?:我们?|咱们?|本人|他们?|她们?|您|就|都(?![江匀安昌兰])|一直|目前|现在|平时|家|的)+"
)
_KNOWN = re.compile(
    r"(?:北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南"
    r"|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
    r"|广州|深圳|成都|杭州|武汉|西安|南京|苏州|郑州|长沙|东莞|沈阳|青岛|合肥|佛山|宁波|昆明|福州|无锡|厦门"
    r"|济南|哈尔滨|长春|温州|石家庄|大连|南宁|泉州|贵阳|常州|南昌|太原|嘉兴|珠海|兰州|绍兴|海口|乌鲁木齐)"
    r"(?=[省市]|[\u4e00-\u9fff]{1,5}[区县市镇])(?![\u4e00-\u9fff]?[路街])"
)
_ADMIN = re.compile(r"[\u4e00-\u9fff](?:省|市|自治|区|县|旗|镇|乡|街道)")
_ROAD = re.compile(r"(?:[路街道巷弄段村庄屯里坊镇乡]|胡同|小区|花园|苑|公寓)$")
_ESTATE = re.compile(
    r"(?:小区|花园|家园|公寓|社区|广场|大厦|地区|[苑府庭城湾里村坊园邸居轩墅郡第院阁楼舍寓宅寨屯庄路街道巷段])$"
)
_PUBLIC = re.compile(
    r"医院|院区|住院|门诊|诊[室所]|病[区房]|科室|中心|急诊|[我本贵]院|药[房店]|妇产|保健院|检验|学校|公司|大学"
)
# Words of a sentence and not of a place; but 悦来镇, 来广营, 离石区, 看丹街道, 加查县 are places.
_SAYING = re.compile(
    r"[的了去有很做说吗呢我你您他她]|(?<![怀泰惠悦西])来(?![安凤宾广])|离(?!石)|看(?!丹)|(?<![加布])查"
)
_VILLAGE = re.compile(
    r"(?:镇|乡|街道)[\u4e00-\u9fff]{1,8}?(?:村|社区|小区|花园|家园|公寓|苑|庄|屯)"
)
_DISTRICT = re.compile(r"[\u4e00-\u9fff][省市县区旗]")
_SEAM = frozenset("省市区县镇乡道路街号楼栋幢座元村院苑园旗")


@dataclass(frozen=True, slots=True)
class _Head:
    """The words of an address before its first number."""

    start: int
    words: str
    told: bool  # 住在, 地址: somebody says where they live


def addresses(text: str) -> Iterator[Span]:
    """Addresses that end in a house, a flat or a village; a city alone is none.

    Hospitals' own buildings, consulting rooms and floors are spared.
    """
    plain = plain_digits(text)
    reached = 0
    for tail in _TAIL.finditer(plain):
        if tail.start() < reached:
            continue
        head = _head(plain, tail.start(), reached)
        end = _whole_tail(plain, tail)
        if _is_home(head, plain[tail.start() : end]) and not _PUBLIC.match(plain, end):
            yield Span(head.start, end, Kind.ADDRESS)
            reached = end
    for found in _VILLAGE.finditer(plain):
        head = _head(plain, found.end(), 0)
        if head.told and _DISTRICT.search(head.words) and not _SAYING.search(head.words):
            yield Span(head.start, found.end(), Kind.ADDRESS)


def _whole_tail(plain: str, tail: re.Match[str]) -> int:
    """The end of the address: 20号 may be followed by an estate and its own numbers."""
    end = tail.start() + len(tail[0].rstrip())
    for _ in range(2):
        name = _GAP.match(plain, end)
        following = _TAIL.match(plain, name.end()) if name else None
        # The name may swallow a Chinese number (幸福里一单元): look for the number inside too.
        inner = _TAIL.search(plain, end, name.end() + 8) if name else None
        following = following or inner
        if not following or _SAYING.search(plain, end, following.start()):
            break
        if following.start() == end or not _BUILDING.search(following[0]):
            break
        end = following.start() + len(following[0].rstrip())
    return end


def _head(plain: str, at: int, reached: int) -> _Head:
    """Where the words that lead to the number at ``at`` begin to be an address."""
    start = max(reached, at - _REACH)
    for stop in _BREAK.finditer(plain, start, at):
        start = stop.end()
    for index in range(start, at):
        if plain[index] == " " and (index == start or plain[index - 1] not in _SEAM):
            start = index + 1
    told = _told_before(plain, start)
    for cue in _CUE.finditer(plain, start, at):
        start, told = cue.end(), told or cue[0] not in _WEAK_CUES
    filler = _FILLER.match(plain, start, at)
    start = filler.end() if filler else start
    known = _KNOWN.search(plain, start, at)
    if known and not _ADMIN.search(plain, start, known.start()):
        start = known.start()
    return _Head(start, plain[start:at], told)


def _told_before(plain: str, start: int) -> bool:
    """Whether 地址： or 住址 stands right before."""
    return bool(_TOLD.search(plain[max(0, start - 8) : start]))


def _is_home(head: _Head, numbers: str) -> bool:
    words = head.words
    if _PUBLIC.search(words) or _SAYING.search(words):
        return False
    building = bool(_BUILDING.search(numbers))
    if not words:
        return head.told and building and len(numbers) > _SHORT_NUMBERS
    if len(words) == 1:
        return False
    if building:
        return head.told or bool(_ADMIN.search(words) or _ESTATE.search(words))
    return bool(_ROAD.search(words)) and ("号" in numbers or head.told)


_SHORT_NUMBERS = 4
