"""``python -m crm.embedded run|manage|test|coverage|bench|assure``, as the Makefile calls it."""

import os
import sys
from collections.abc import Sequence

from crm.embedded import commands, running, testing
from crm.embedded.home import PROJECT

USAGE_ERROR = 2
INTERRUPTED = 130
WORDS = {
    "run": running.run,
    "manage": commands.manage,
    "test": testing.test,
    "coverage": testing.coverage,
    "bench": testing.bench,
    "assure": testing.assure,
}


def main(arguments: Sequence[str]) -> int:
    """Do what the first word says with the others; returns the exit code."""
    os.chdir(PROJECT)
    do = WORDS.get(arguments[0]) if arguments else None
    if do is None:
        sys.stderr.write(f"{__doc__}\n")
        return USAGE_ERROR
    try:
        return do(arguments[1:])
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
