"""``python -m crm.embedded run | manage ... | test ... | bench ...``; see the Makefile."""

import os
import sys
from collections.abc import Sequence

from crm.embedded import commands, running, testing
from crm.embedded.home import PROJECT

USAGE_ERROR = 2
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Do one of the four things; returns the exit code."""
    os.chdir(PROJECT)
    word, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    try:
        match word:
            case "run":
                return running.run()
            case "manage":
                return commands.manage(rest)
            case "test":
                return testing.test(rest)
            case "bench":
                return testing.bench(rest)
    except KeyboardInterrupt:
        return INTERRUPTED
    sys.stderr.write(f"{__doc__}\n")
    return USAGE_ERROR


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
