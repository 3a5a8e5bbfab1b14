"""A crash must not write keys to the disk, nor a neighbour read them out of memory."""

import ctypes
import os
import resource
import signal
import sys

import pytest

from privacy.encryption import memory

ON_LINUX = sys.platform == "linux"
PR_GET_DUMPABLE = 3


@pytest.mark.skipif(not ON_LINUX, reason="prctl is Linux's own")
def test_this_process_is_not_dumpable_and_neither_is_a_fork() -> None:
    """Django was set up in it, as in every process that opens a key."""
    assert ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
    child = os.fork()
    if child == 0:
        os._exit(ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_crash_leaves_no_core_file() -> None:
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGABRT, signal.SIG_DFL)
        os.abort()
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status)
    assert not os.WCOREDUMP(status)


def test_elsewhere_than_on_linux_the_limit_is_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _name: pytest.fail("asked for prctl"))
    memory.keep_in_memory()
