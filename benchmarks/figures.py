"""The last words of a measurement: one line of JSON that a program reads."""

import json
import sys
from typing import Any

from benchmarks.outcome import tell


def conclude(good: int, of: int, text: object = "", **figures: Any) -> int:
    """Tell people and ``make assure`` (``outcome.tell``), then print the figures as JSON.

    In: ``good`` of ``of`` cases; ``figures`` are numbers, texts or lists of them. Out: the exit
    code, 0 where all cases are good and there was one at all.
    """
    code = tell(good, of, text)
    line = {"good": int(good), "of": int(of), **figures, "reached": code == 0}
    sys.stdout.write(f"{json.dumps(line, ensure_ascii=False, default=str)}\n")
    sys.stdout.flush()
    return code
