"""24 canaries: one for every kind of text that a day of the clinic types or makes."""

import random
from dataclasses import dataclass
from typing import Any

from crm.embedded.leaks import Canary

# Rare characters: such a text stands nowhere by chance.
LETTERS = "燚龘犇骉麤羴鱻毳淼焱垚赑猋飍灥劦"


@dataclass(frozen=True)
class Words:
    """What is typed, by place. Numbers are synthetic."""

    by_place: dict[str, str]

    def __getitem__(self, place: str) -> str:
        return self.by_place[place]

    def canaries(self) -> list[Canary]:
        return [Canary(place, text) for place, text in self.by_place.items()]


PLACES = (
    "name", "complaint", "chat of the patient", "chat of the consultant", "addendum",
    "estimate title", "estimate item", "estimate unit", "insurance note", "draft line",
    "draft note", "search phrase", "department", "name by API", "complaint by API",
    "name looked for",
)  # fmt: skip


def throw(seed: int) -> Words:
    """The texts of a run, the same for the same seed."""
    dice = random.Random(seed)
    texts = {place: "".join(dice.choices(LETTERS, k=6)) for place in PLACES}
    texts["phone"] = f"139{dice.randrange(10**7, 10**8)}"
    texts["phone by API"] = f"137{dice.randrange(10**7, 10**8)}"
    texts["phone in a chat"] = f"136{dice.randrange(10**7, 10**8)}"
    texts["ID number"] = _id_number(dice)
    texts["password"] = f"walk {dice.randrange(10**15)} the river"
    return Words(texts)


def with_secrets(words: Words, **secrets: Any) -> Words:
    """And what the product itself makes: seeds, tokens, session keys."""
    return Words({**words.by_place, **{name.replace("_", " "): str(one) for name, one in
                                       secrets.items()}})  # fmt: skip


def _id_number(dice: random.Random) -> str:
    """A number with a right last digit (GB 11643), of a place and a day long gone."""
    body = f"110105194912{dice.randrange(10, 31)}{dice.randrange(100, 1000)}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]
