"""The heads kept outside the database: a file of another account, one JSON line a checkpoint."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

TAIL_BYTES = 4096  # enough of the file's end to hold its last line
TYPED = re.compile(r"0*(\d{1,15}) ?[:：] ?((?:[0-9a-fA-F] ?){64})")
BEGINNING = '{"number":'  # the last line may be one that is being written right now


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line of the file. ``number`` 0: a line that cannot be read."""

    number: int = 0
    last_seq: int = 0
    chain: str = ""

    @property
    def readable(self) -> bool:
        return self.number > 0

    def __str__(self) -> str:
        row = {"number": self.number, "last_seq": self.last_seq, "chain": self.chain}
        return json.dumps(row, separators=(",", ":"))


def typed(text: str) -> Anchor | None:
    """A head as a person keeps it: ``number: 64 digits``, in groups or not; None if it is none."""
    found = TYPED.fullmatch(" ".join(text.split()))
    if not found:
        return None
    return Anchor(int(found[1]), 0, found[2].replace(" ", "").lower())


def _file() -> Path | None:
    return Path(settings.AUDIT_ANCHOR_FILE) if settings.AUDIT_ANCHOR_FILE else None


def drop_anchor(anchor: Anchor) -> None:
    """Write a head where a change of the database does not reach (ADR 0005), once."""
    path = _file()
    if path is None:
        return
    if not path.exists():
        path.touch(mode=0o600)
    with path.open("a+b") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
        tail = file.read()
        if tail.rstrip(b"\n").rpartition(b"\n")[2] == str(anchor).encode():
            return
        torn = tail and not tail.endswith(b"\n")  # the machine stopped in the middle of a line
        file.write(b"\n" * bool(torn) + str(anchor).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def last_anchor() -> Anchor | None:
    """The newest line of the file; None without one."""
    path = _file()
    if path is None or not path.is_file():
        return None
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return read_line(lines[-1]) if lines else None


def anchors() -> Iterator[Anchor]:
    """All lines of the anchor file, oldest first; none if no file is kept.

    A line torn by a power cut is passed over: the sealer writes that head again on the next
    line. Any other unreadable line is handed out as such.
    """
    path = _file()
    if path is None or not path.is_file():
        return
    torn = ""
    with path.open(encoding="utf-8", errors="replace") as file:
        for raw in file:
            line = raw.rstrip("\n")
            if torn and not line.startswith(torn):
                yield Anchor()
            anchor = read_line(line)
            torn = "" if anchor.readable else line
            if anchor.readable:
                yield anchor
    if torn and not torn.startswith(BEGINNING):
        yield Anchor()


def read_line(line: str) -> Anchor:
    """The anchor of one line; number 0 if it is none."""
    try:
        row = json.loads(line)
        return Anchor(int(row["number"]), int(row["last_seq"]), str(row["chain"]))
    except (ValueError, KeyError, TypeError):
        return Anchor()
