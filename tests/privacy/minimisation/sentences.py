"""Invented sentences with invented personal data, and where it lies: for judging the finder.

Everything is drawn from seeds; the values follow the public build of numbers and names. Names,
numbers and addresses mean nobody. Sentences are written for this file.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from privacy.minimisation.numbers import id_check_character, passes_luhn
from tests.privacy.minimisation.sentence_words import (
    CARRIERS,
    COMPOUND,
    ESTATES,
    GIVEN,
    NICKS,
    PARTS,
    PLACES,
    SELDOM,
    SURNAMES,
    TEMPLATES,
    TITLES,
    TOWNS,
)


@dataclass
class Sentence:
    """A text under way: plain words and labelled values."""

    text: str = ""
    spans: list[tuple[int, int, str]] = field(default_factory=list)


class Inventor:
    """Draws people, numbers and sentences from one seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311  invented test data, no secrets

    def one(self, choices) -> str:
        spaced = isinstance(choices, str) and " " in choices
        return self.dice.choice(choices.split() if spaced else choices)

    def digits(self, count: int) -> str:
        return "".join(self.one("0123456789") for _ in range(count))

    # --- values ---------------------------------------------------------------------------
    def full(self) -> str:
        roll = self.dice.random()
        surname = self.one(SURNAMES if roll < 0.8 else SELDOM if roll < 0.95 else COMPOUND)
        if self.dice.random() < 0.5:
            return surname + self.one(GIVEN)
        return surname + self.one(PARTS) + (self.one(PARTS) if self.dice.random() < 0.7 else "")

    def name(self) -> str:
        roll = self.dice.random()
        if roll < 0.6:
            return self.full()
        if roll < 0.78:
            return self.one(SURNAMES) + self.one(TITLES)
        if roll < 0.88:
            return self.full() + self.one(TITLES)
        return self.one("小老阿") + self.one(NICKS)

    def mobile(self) -> str:
        return "1" + self.one("3456789") + self.digits(9)

    def phone(self) -> str:
        n = self.mobile()
        a, b, c = n[:3], n[3:7], n[7:]
        chinese = str.maketrans("0123456789", "零一二三四五六七八九")
        area = self.one("311 371 512 532 571 591 731 755 769 851 871 991")
        city = self.one("10 21 22 23 24 25 27 28 29")
        forms = [
            n,
            n,
            f"{a} {b} {c}",
            f"{a}-{b}-{c}",
            f"{a}.{b}.{c}",
            f"（{a}）{b}{c}",
            f"({a}){b}-{c}",
            " ".join(n),
            f"+86{n}",
            f"+86 {n}",
            f"0086-{n}",
            f"86-{n}",
            f"+86-{a}-{b}-{c}",
            n.translate({48 + i: 0xFF10 + i for i in range(10)}),
            n.translate(chinese),
            n.translate(chinese).replace("一", "幺"),
            n.translate(chinese).replace("零", "〇"),
            n.translate(str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")),
            a + b.translate(chinese) + c,
            n.translate(str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")),
            f"{a}-{b}{c}",
            f"{a} {b}{c}",
            f"{n[:7]} {c}",
            f"{a} {b[:3]} {n[6:]}",
            f"{a.translate(chinese)} {b.translate(chinese)} {c.translate(chinese)}",
            f"{a}然后{b}再{c}",
            f"{a}，中间{b}，最后{c}",
            f"{a} - {b} - {c}",
            f"{a}_{b}_{c}",
            f"0{city}-{self.one('5678')}{self.digits(7)}",
            f"0{area}-{self.one('2678')}{self.digits(7)}",
            f"（021）{self.one('56')}{self.digits(7)}",
            f"0{self.one('21 25 27')}{self.one('568')}{self.digits(7)}",
            f"0532－{self.one('68')}{self.digits(7)}",
            f"010 6{self.digits(3)} {self.digits(4)}",
        ]
        return self.one(forms)

    def id_card(self) -> str:
        area = (
            self.one("11 12 13 21 31 32 33 34 37 41 42 43 44 50 51 53 61 65")
            + self.one("01 02 05 13 24")
            + self.one("02 03 11 21 26 81")
        )
        born = f"{self.dice.randint(1965, 2004)}{self.day()}"
        serial = f"{self.dice.randint(900, 995)}"
        last = id_check_character(area + born + serial)
        return self.one(
            [
                f"{area}{born}{serial}{last}",
                f"{area}{born}{serial}{last.lower()}",
                f"{area} {born} {serial}{last}",
                f"{area}-{born}-{serial}{last}",
                f"{area}{born} {serial}{last}",
            ]
        )

    def day(self) -> str:
        return f"{self.dice.randint(1, 12):02}{self.dice.randint(1, 28):02}"

    def bank_card(self) -> str:
        body = self.one("622202 621700 622848 623668 621226 6217995") + self.digits(12)
        body = body[: self.one([15, 18])]
        whole = next(body + d for d in "0123456789" if passes_luhn(body + d))
        groups = re.findall(r".{1,4}", whole)
        return self.one([whole, " ".join(groups), "-".join(groups)])

    def wechat(self) -> str:
        base = self.one(
            "lihua xiaoyu mengmeng tangtang dashu beibei zhouzhou wanwan linlin qiqi yaya duoduo"
        )
        return self.one(
            [
                "wxid_"
                + "".join(self.one("abcdefghijkmnpqrstuvwxyz0123456789") for _ in "14 characters"),
                f"{base}{self.digits(3)}",
                f"{base}_{self.digits(4)}",
                f"{base[:4]}-{self.digits(4)}",
                self.one("abcxyzlw") + self.mobile(),
            ]
        )

    def email(self) -> str:
        base = self.one("lihua zhou.yun chen_min mengmeng8 t.wang w-liu")
        house = self.one("example.com mail.example.org example.net a.example.cn")
        return f"{base}{self.digits(2)}@{house}"

    def qq(self) -> str:
        return self.one("123456789") + self.digits(self.dice.randint(6, 9))

    def record_no(self) -> str:
        date = f"20{self.dice.randint(18, 26)}{self.day()}"
        return self.one(["", "", "BL", "ZY", "IVF", "MZ"]) + date + self.digits(4)

    def address(self) -> str:
        province, city, districts = self.dice.choice(PLACES)
        province = province.strip("-")
        district = self.one(districts or [""])
        head = self.one([province + city + district, city + district, district or city])
        block = f"{self.dice.randint(1, 40)}{self.one('栋 幢 号楼 座')}"
        flat = f"{self.dice.randint(1, 30)}{self.dice.randint(1, 6):02}"
        tail = (
            block
            + self.one(["", f"{self.dice.randint(1, 4)}单元", "二单元"])
            + flat
            + self.one(["", "室"])
        )
        if self.dice.random() < 0.15:
            return (
                head
                + self.one("解放大道 滨江路 文昌街 建设二路")
                + f"{self.dice.randint(2, 300)}号"
            )
        if self.dice.random() < 0.1:
            return (
                head
                + self.one("滨江路 文昌街")
                + f"{self.dice.randint(2, 300)}号"
                + self.one(ESTATES)
                + tail
            )
        return head + self.one([*TOWNS, ""]) + self.one(ESTATES) + tail

    # --- sentences ------------------------------------------------------------------------
    def filled(self, template: str) -> Sentence:
        """``{name}`` and the like become values; their places are noted."""
        made = Sentence()
        for part in re.split(r"(\{\w+\})", template):
            if part.startswith("{"):
                kind = part[1:-1]
                value = getattr(self, kind)()
                label = "name" if kind == "full" else "phone" if kind == "mobile" else kind
                made.spans.append((len(made.text), len(made.text) + len(value), label))
                made.text += value
            else:
                made.text += part
        return made

    def sentence(self) -> Sentence:
        """A template amid carriers that hold no personal data."""
        before = self.one([*CARRIERS, "", ""])
        after = self.one([*CARRIERS, "", ""])
        made = self.filled(self.one(TEMPLATES))
        if after and made.text[-1] not in "。？！":
            made.text += self.one("。，；\n")
        return Sentence(
            before + made.text + after,
            [(start + len(before), end + len(before), kind) for start, end, kind in made.spans],
        )


def sentences(count: int, seed: int) -> Iterator[Sentence]:
    inventor = Inventor(seed)
    return (inventor.sentence() for _ in range(count))
