"""How a measurement tells what it came to: so many cases, so many of them as they should be."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

VARIABLE = "SUIAN_OUTCOME_FILE"


@dataclass(frozen=True)
class Outcome:
    """``good`` of ``of`` cases; a figure is reached when all are good and there was one at all."""

    good: int
    of: int
    text: str = ""

    @property
    def reached(self) -> bool:
        return self.good == self.of > 0


def tell(good: int, of: int, text: object = "") -> int:
    """Print ``text``; leave the outcome where ``make assure`` asked for it. Out: the exit code."""
    outcome = Outcome(int(good), int(of), str(text))
    if outcome.text:
        sys.stdout.write(f"{outcome.text}\n")
    if file := os.environ.get(VARIABLE):
        Path(file).write_text(json.dumps(asdict(outcome), ensure_ascii=False))
    return 0 if outcome.reached else 1
