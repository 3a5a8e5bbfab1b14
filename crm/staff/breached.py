"""Whether a password stands in a list of those that were stolen elsewhere.

The list is the one that Have I Been Pwned gives away: a line ``SHA-1 in capitals:how often`` each,
in order. It is read in place, by halves; nobody is asked, so nobody learns that somebody asked.
"""

import os
from hashlib import sha1
from pathlib import Path
from typing import IO

DIGITS = 40  # of a SHA-1


def is_breached(password: str, file: Path) -> bool:
    """Raises: OSError if the list cannot be read."""
    wanted = sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        return _stands_in(lines, wanted)


def _stands_in(lines: IO[bytes], wanted: bytes) -> bool:
    low, high = 0, lines.seek(0, os.SEEK_END)
    while low < high:  # the line sought begins in [low, high)
        middle = (low + high) // 2
        begin = _first_line_from(lines, middle)
        found = lines.readline()[:DIGITS].upper()
        if begin < high and found == wanted:
            return True
        if begin < high and found < wanted:
            low = lines.tell()
        else:
            high = middle
    return False


def _first_line_from(lines: IO[bytes], at: int) -> int:
    """Where the first line begins that begins at ``at`` or later; the file stands there."""
    if at == 0:
        return lines.seek(0)
    lines.seek(at - 1)
    lines.readline()
    return lines.tell()
