"""How often a talk asks for name or phone, and whether it goes on after a no (S17, U15, R8).

Words only: what staff wrote, clause by clause. Nothing is stored here, and nobody is judged: the
count stands beside the record, and quality control reads it. What earlier talks asked, and what
rests after an earlier no, comes from outside.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from consult.consultations.speakers import Speaker
from crm.patients.collecting import Fact
from privacy.minimisation.rules import COVER

MOST_ASKS: Final = 3
LONGEST_CLAUSE: Final = 80  # characters; what is longer without a stop is looked at in pieces

_STOPS = re.compile(r"[，。！？、；：,.!?;:\s~～…]+")
_NUMBER = r"(?:联系)?(?:电话|手机|号码|联系方式|微信)(?:号码|号)?"
_NAME = r"(?:姓名|名字|全名|大名|称呼)"
# "Shall we not ..." asks; it does not decline.
_POLITE = re.compile(
    r"能不能|可不可以|可不可|方不方便|要不要|好不好|行不行|愿不愿意|要不|不妨|不如|不知道?"
)
_NOT = re.compile(r"(?:不|无需|勿|别|没)[^留给说发填报]{0,5}$")
_OURS = re.compile(
    r"(?:我们|我院|咱们|医院|门诊|前台|诊所|科室|医生|大夫|客服|护士站?|中心|药房)的?$"
)

_ASKS_NAME = (
    re.compile(r"贵姓|尊姓|(?:怎么|如何|怎样)称呼(?:$|您|你|呢|啊|呀|比较|更|才|好)"),
    re.compile(r"(?:您|你)(?:本人|自己)?(?:叫|姓)(?:什么|啥)"),
    re.compile(rf"(?:您|你)(?:本人)?的?{_NAME}(?:是什么|是|叫什么|能|可以|方便|多少|呢)"),
    re.compile(rf"(?:留|填|报|登记|提供|告诉我们?|告知|说|问)(?:一?下|一?个)?(?:您|你)?的?{_NAME}"),
)
_ASKS_NUMBER = (
    re.compile(rf"(?:留|填写?|报|登记|提供|说)(?:一?下|下|一?个)?(?:(?:您|你)的?)?{_NUMBER}"),
    re.compile(
        rf"(?:给|告诉|告知|发)(?:给)?(?:我们?|这边)(?:留)?(?:一?下|一?个)?(?:(?:您|你)的)?{_NUMBER}"
    ),
    re.compile(rf"发(?:一?下)?(?:您|你)的?{_NUMBER}"),
    re.compile(rf"(?:给|告诉|告知)一?[下个](?:(?:您|你)的?)?{_NUMBER}"),
    re.compile(
        rf"{_NUMBER}(?:是?多少|是什么|是几|有吗|呢$|方便[留给说告提发透报]|[能可]以?[留给说告提发透报]"
        r"|麻烦[留给说告提发报]|[留给说发填报]一?下|留个|登记一下|提供一下)"
    ),
    re.compile(rf"{_NUMBER}(?:发|给|告诉|报|留)(?:一?下|个)?给?(?:我|这边|过来)"),
    re.compile(r"(?:怎么|如何|怎样)(?:才能)?联系(?:得?到)?(?:您|你)"),
    re.compile(r"加(?:一?下|一?个)?(?:(?:您|你)的?)?微信"),
)
_QUESTIONS: Final[Mapping[Fact, tuple[re.Pattern[str], ...]]] = {
    Fact.NAME: _ASKS_NAME,
    Fact.PHONE: _ASKS_NUMBER,
}
# After a question these are a no; by themselves they may be about anything.
_NO = re.compile(
    r"不(?:太)?(?:方便|想|愿意?|便|用|必|需要|留|说|给|告诉|透露|提供)|先不|暂时不|暂不|还是算了|算了"
    r"|没必要|别问|匿名|保密|(?:为什么|干嘛|干什么|凭什么)(?:一定)?要"
)
# A no that says to what.
_NO_TO = re.compile(
    r"(?:不|别|没必要|先不)[^，。！？]{0,4}(?:留|说|给|提供|透露|告诉|问)[^，。！？]{0,4}"
    r"(?:电话|手机|号码|姓名|名字|联系方式|微信)"
)
_NAMES_THE_NAME = re.compile(r"姓名|名字")
_TELLS_THE_NAME = re.compile(r"(?:我姓|我叫|叫我|称呼我)(?!什么|啥)")


@dataclass(frozen=True, slots=True)
class Asking:
    """What a talk shows: turns that asked, and those of them after the patient's no.

    ``before``: turns that asked in the patient's other talks of the 90 days up to this one.
    ``declined``: what the patient would rather not say, and did not say later in the talk.
    """

    times: int = 0
    refused: bool = False
    after_refusal: int = 0
    before: int = 0
    declined: AbstractSet[Fact] = frozenset()

    @property
    def in_all(self) -> int:
        """This talk and those before it."""
        return self.before + self.times

    @property
    def too_often(self) -> bool:
        """This talk asked, and it was more than the third time (S17)."""
        return self.times > 0 and self.in_all > MOST_ASKS

    @property
    def enough(self) -> bool:
        """Three times are reached: the next one would be too many."""
        return self.in_all >= MOST_ASKS

    @property
    def faulty(self) -> bool:
        """Whether quality control has to look: too often, or after a no."""
        return self.too_often or self.after_refusal > 0


def asked_in(text: str) -> frozenset[Fact]:
    """What a message of staff asks for: the patient's name, their phone or the like, or both."""
    clauses = [_POLITE.sub("请", clause) for clause in _clauses(text)]
    return frozenset(
        fact
        for fact, patterns in _QUESTIONS.items()
        if any(_asks(pattern, clause) for clause in clauses for pattern in patterns)
    )


def _clauses(text: str) -> Iterable[str]:
    for clause in _STOPS.split(text):
        for start in range(0, len(clause), LONGEST_CLAUSE):
            yield clause[start : start + LONGEST_CLAUSE]


def _asks(pattern: re.Pattern[str], clause: str) -> bool:
    found = pattern.search(clause)
    if found is None:
        return False
    before = clause[: found.start()]
    return not _NOT.search(before) and not _OURS.search(before)


def declined_in(text: str, *, asked: AbstractSet[Fact]) -> AbstractSet[Fact]:
    """What a message of the patient declines to say; ``asked``: what the message before it asked
    for. A no that names what it is about is about that, any other about what was asked."""
    named = {
        Fact.NAME if _NAMES_THE_NAME.search(no[0]) else Fact.PHONE for no in _NO_TO.finditer(text)
    }
    if named:
        return named
    return asked if _NO.search(text) else frozenset()


def _told_in(text: str) -> set[Fact]:
    """What a message of the patient tells after all; a number stands covered in a stored talk."""
    told = {Fact.PHONE} if COVER in text else set()
    return told | ({Fact.NAME} if _TELLS_THE_NAME.search(text) else set())


def asking_in(
    turns: Iterable[tuple[str, str]], *, before: int = 0, resting: Collection[Fact] = ()
) -> Asking:
    """Count over a talk. In: (speaker code, text) in order; the unknown count as nobody.

    ``before``: how often other talks asked; ``resting``: what the patient declined earlier and is
    not to be asked for now (R8): such a question comes after a no.
    """
    times = after = 0
    refused = False
    asked: frozenset[Fact] = frozenset()
    declined: set[Fact] = set()
    for speaker, text in turns:
        if speaker == Speaker.STAFF:
            asked = asked_in(text)
            times += bool(asked)
            after += bool(asked) and (refused or not asked.isdisjoint(resting))
        elif speaker == Speaker.PATIENT:
            noes = declined_in(text, asked=asked)
            refused = refused or bool(noes)
            declined = (declined | noes) - _told_in(text)
    return Asking(times, refused, after, before, frozenset(declined))
