"""What a thief of the name-token column learns without the key (ADR 0004).

``python -m benchmarks.stolen_names`` makes 20,000 synthetic names, stores them as the product
would, forgets the key, and plays three thieves: one who knows how common surnames are, one who
also knows one patient's name and row, one who knows who the patient is and looks for the row.
"""

import os
import random
import secrets
from collections import Counter, defaultdict
from dataclasses import dataclass

ROWS = 20_000


@dataclass(frozen=True)
class Stolen:
    """One row as the thief sees it, and the truth that only the judge knows."""

    tokens: tuple[int, ...]
    name: str

    @property
    def surname(self) -> str:
        return self.name[:1]


def steal() -> list[Stolen]:
    """A fresh table under a fresh key."""
    from crm.patients.invented import People
    from crm.patients.rules import name_tokens as parts_of
    from privacy.encryption.blind_index import name_tokens

    people = People(random.Random(7))  # the same people every time, for comparing
    names = [people.person().name for _ in range(ROWS)]
    return [Stolen(tuple(name_tokens(parts_of(name))), name) for name in names]


def by_frequency(rows: list[Stolen]) -> tuple[float, int]:
    """Guess surnames by matching ranks: the n-th commonest token is the n-th commonest surname.

    Out: share of rows guessed right, and how many surnames were matched rightly.
    """
    known = Counter(row.surname for row in rows)  # the best case for the thief: exact statistics
    seen = Counter(token for row in rows for token in row.tokens)
    # A surname makes two tokens of its own that always come together (prefix and character).
    pairs = Counter()
    for row in rows:
        common = sorted(row.tokens, key=lambda token: -seen[token])[:2]
        pairs[tuple(sorted(common))] += 1
    guess = {
        pair: surname
        for (pair, _n), (surname, _m) in zip(pairs.most_common(), known.most_common(), strict=False)
    }
    right = Counter()
    for row in rows:
        common = tuple(sorted(sorted(row.tokens, key=lambda token: -seen[token])[:2]))
        right[row.surname] += guess.get(common) == row.surname
    whole = sum(1 for surname, hits in right.items() if hits > known[surname] / 2)
    return sum(right.values()) / len(rows), whole


def with_one_known(rows: list[Stolen]) -> dict[str, float]:
    """Knowing one patient's row and name: how many others share their surname, or whole name."""
    shares: dict[str, list[float]] = defaultdict(list)
    index = defaultdict(set)
    for number, row in enumerate(rows):
        for token in row.tokens:
            index[token].add(number)
    for known in rows[:300]:
        together = sorted((index[token] for token in known.tokens), key=len)
        same_surname = [row for row in rows if row.surname == known.surname]
        found = max(together, key=len)
        right = sum(rows[number].surname == known.surname for number in found)
        shares["rows the commonest token names"].append(len(found))
        shares["of them truly of that surname, %"].append(100 * right / len(found))
        shares["share of that surname found, %"].append(100 * right / len(same_surname))
        same = set.intersection(*together)
        shares["rows with all the same tokens"].append(len(same))
    return {name: sum(values) / len(values) for name, values in shares.items()}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.test")
    os.environ["SUIAN_ROOT_CONTACT"] = secrets.token_hex(32)
    import django

    django.setup()
    rows = steal()
    share, surnames = by_frequency(rows)
    print(f"{ROWS} rows, {len({row.surname for row in rows})} surnames, "
          f"{len({row.name for row in rows})} different names")  # fmt: skip
    print(f"by frequency alone: {share:.0%} of surnames guessed, {surnames} surnames told apart")
    for name, value in with_one_known(rows).items():
        print(f"knowing one patient: {name}: {value:.1f}")


if __name__ == "__main__":
    main()
