"""The shape of a training: every sentence in both languages."""

from dataclasses import dataclass

from django.utils.translation import get_language


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence in Chinese and English; ``str()`` is the reader's."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if get_language() == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its options (the right one first), and why."""

    key: str
    asked: Said
    options: tuple[Said, ...]
    why: Said


Pair = tuple[str, str]  # Chinese, English


def asked(key: str, question: Pair, *options: Pair, why: Pair) -> Question:
    """A question of a bank; the right option comes first."""
    return Question(key, Said(*question), tuple(Said(*one) for one in options), Said(*why))


@dataclass(frozen=True, slots=True)
class Course:
    """A round of training: points to learn, and the bank that a test draws from."""

    key: str
    points: tuple[Said, ...]
    bank: tuple[Question, ...]

    def question(self, key: str) -> Question | None:
        """One question by key; None if this version of the product asks it no more."""
        return next((one for one in self.bank if one.key == key), None)
