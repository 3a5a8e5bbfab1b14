"""Memory with keys in it is written to no file and shown to no neighbour."""

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h


def keep_in_memory() -> None:
    """No core file of this process, nor of what it forks; no debugger of the same user.

    On Linux it is marked as not dumpable besides: its memory, environment and open files under
    /proc are root's alone then, and core handlers of the host get nothing. Elsewhere the limit is
    all there is. Processes forked later inherit both; a program executed in its place, the limit.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
