"""Synthetic people for honey records, anonymous imports, demo and benchmarks; nobody is meant.

Names are drawn from a small list written here, so one may by chance equal a living person's,
as any Chinese name does. Phone numbers have real prefixes and may belong to somebody: they are
never dialled and never leave the local gateway. Identity numbers carry a valid check and a
sequence of 900 to 995, which registrars hardly reach.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from privacy.minimisation.numbers import id_check_character

# Frequent surnames with rough weights per thousand people.
_SURNAMES = {
    "王": 76,
    "李": 75,
    "张": 71,
    "刘": 54,
    "陈": 46,
    "杨": 31,
    "黄": 23,
    "赵": 21,
    "吴": 20,
    "周": 20,
    "徐": 15,
    "孙": 15,
    "马": 13,
    "朱": 13,
    "胡": 12,
    "郭": 12,
    "何": 11,
    "林": 11,
    "高": 10,
    "罗": 9,
    "郑": 9,
    "梁": 8,
    "谢": 8,
    "宋": 7,
    "唐": 7,
    "许": 7,
    "韩": 6,
    "邓": 6,
    "冯": 6,
    "曹": 6,
    "彭": 6,
    "曾": 5,
    "肖": 5,
    "田": 5,
    "董": 5,
    "潘": 4,
    "袁": 4,
    "蔡": 4,
    "蒋": 4,
    "余": 4,
    "于": 4,
    "杜": 4,
    "叶": 4,
    "程": 4,
    "苏": 4,
    "魏": 4,
    "吕": 4,
    "丁": 4,
    "沈": 4,
    "任": 3,
    "姚": 3,
    "卢": 3,
    "钟": 3,
    "姜": 3,
    "崔": 3,
    "谭": 3,
    "陆": 3,
    "范": 3,
    "汪": 3,
    "廖": 3,
    "石": 3,
    "金": 3,
    "韦": 3,
    "贾": 2,
    "夏": 2,
    "付": 2,
    "方": 2,
    "邹": 2,
    "熊": 2,
    "白": 2,
    "孟": 2,
    "秦": 2,
    "邱": 2,
    "侯": 2,
    "江": 2,
    "尹": 2,
    "薛": 2,
    "段": 2,
    "雷": 2,
    "龙": 2,
    "史": 2,
    "陶": 2,
    "贺": 2,
    "毛": 2,
    "郝": 2,
    "顾": 2,
    "龚": 2,
    "邵": 2,
    "欧阳": 1,
    "司马": 1,
    "上官": 1,
    "诸葛": 1,
    "皇甫": 1,
    "令狐": 1,
    "夏侯": 1,
    "䶮": 1,
}
_FEMALE = "静敏丽艳娟霞燕玲芳婷雪颖琳慧莹洁倩萍红梅兰琴玉珍凤蓉瑶怡佳欣悦彤萱妍菲薇岚蕾𬱖"
_MALE = "伟强磊军勇杰涛斌超鹏辉刚健峰波飞龙俊浩宇轩泽睿哲瀚诚毅达昊楠锋栋震川海阳𫖯"
_EITHER = "文晓小子志明思雨晨宁安心一若云清嘉可乐天平和春华林新元永国建立家育成青禾知言"
_PREFIXES = [
    "135",
    "136",
    "138",
    "139",
    "150",
    "151",
    "158",
    "159",
    "177",
    "180",
    "186",
    "188",
    "189",
    "198",
]
# A few districts only, of provinces far apart; the code says where an ID card was first issued.
_DISTRICTS = [
    "110101",
    "310104",
    "320102",
    "330106",
    "420102",
    "430103",
    "440106",
    "510107",
    "610113",
    "500103",
]
_FEMALE_SHARE = 0.62
_ONE_CHARACTER_SHARE = 0.25
_YOUNGEST, _OLDEST, _USUAL_AGE = 18, 85, 33
_FIRST_SEQUENCE, _SEQUENCES = 900, 48  # 900..995 in steps of two: even women, odd men
_YEAR = 365.2425
_DEMO_DAY = date(2026, 1, 1)  # ages need some day to be counted on


@dataclass(frozen=True, slots=True)
class SyntheticPerson:
    """Somebody who does not exist. ``phone``: 11 digits; ``id_number``: 18 characters."""

    name: str
    female: bool
    born: date
    phone: str
    id_number: str

    def age(self, on: date) -> int:
        """Full years on a day."""
        had_birthday = (on.month, on.day) >= (self.born.month, self.born.day)
        return on.year - self.born.year - (not had_birthday)


class People:
    """A row of people without end; the same dice and day give the same row.

    Phones do not repeat within a row; names and, rarely, identity numbers may, as in life.
    """

    def __init__(self, dice: random.Random, *, today: date = _DEMO_DAY) -> None:
        """``today``: the day on which everybody is 18 to 85 years old."""
        self._dice = dice
        self._today = today
        self._surnames, self._weights = list(_SURNAMES), list(accumulate(_SURNAMES.values()))
        self._phones = _phones(dice)

    def person(self) -> SyntheticPerson:
        """The next one."""
        dice = self._dice
        female = dice.random() < _FEMALE_SHARE
        surname = dice.choices(self._surnames, cum_weights=self._weights)[0]
        born = _birth_date(dice, self._today)
        return SyntheticPerson(
            name=surname + _given_name(dice, _FEMALE if female else _MALE),
            female=female,
            born=born,
            phone=next(self._phones),
            id_number=_id_number(dice, born, female=female),
        )


def _given_name(dice: random.Random, typical: str) -> str:
    last = dice.choice(typical)
    if dice.random() < _ONE_CHARACTER_SHARE:
        return last
    return dice.choice(_EITHER if dice.random() < 1 / 2 else typical) + last


def _birth_date(dice: random.Random, today: date) -> date:
    age = dice.triangular(_YOUNGEST, _OLDEST, _USUAL_AGE)
    return today - timedelta(days=int(age * _YEAR) + 1)


def _phones(dice: random.Random) -> Iterator[str]:
    """Every number of the prefixes once, in a scattered order (a full-period stride)."""
    size = len(_PREFIXES) * 10**8
    place = dice.randrange(size)
    stride = 982_451_653  # prime, so coprime to the size
    while True:
        prefix, rest = divmod(place, 10**8)
        yield f"{_PREFIXES[prefix]}{rest:08d}"
        place = (place + stride) % size


def _id_number(dice: random.Random, born: date, *, female: bool) -> str:
    sequence = _FIRST_SEQUENCE + 2 * dice.randrange(_SEQUENCES) + (not female)
    day = born.isoformat().replace("-", "")
    stem = f"{dice.choice(_DISTRICTS)}{day}{sequence}"
    return stem + id_check_character(stem)
