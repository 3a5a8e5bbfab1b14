"""Looks for plain text where there must be none: data files, WAL, a dump, the queue, the logs.

Run on the embedded clinic, where every file of every part lies under one folder. The gateway's
own folder is left out: it stands for the SMS company, which has to know the number it sends to.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

from crm.embedded.home import Home
from crm.embedded.keys import POSTGRES_PASSWORD, read_key
from crm.embedded.postgres import SUPERUSER, programs_folder

CHUNK = 8 * 1024 * 1024
LONGEST = 256  # bytes of overlap between chunks: no canary is longer
SLICE = 14  # characters of an imported text that make one canary
ENCODINGS = ("utf-8", "gb18030", "utf-16-le")


@dataclass(frozen=True)
class Canary:
    """A text that must stay sealed, and where it was taken from."""

    origin: str
    text: str

    def forms(self) -> list[bytes]:
        """Its bytes in the encodings a leak could have, as forms and JSON write it too."""
        plain = [self.text.encode(name) for name in ENCODINGS]
        return [*plain, quote_plus(self.text).encode(), json.dumps(self.text)[1:-1].encode()]


@dataclass(frozen=True)
class Leak:
    origin: str
    file: Path


def canaries_of_file(path: Path, *, count: int) -> list[Canary]:
    """Slices of texts spread over a JSON-lines file."""
    lines = path.read_bytes().splitlines()
    picked = lines[:: max(1, len(lines) // count)][:count]
    found = []
    for number, line in enumerate(picked):
        text = max(_texts(json.loads(line)), key=len)
        middle = max(0, len(text) // 2 - SLICE // 2)
        found.append(Canary(f"{path.name}#{number}", text[middle : middle + SLICE]))
    return found


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in {"source", "id"}:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def hunt(canaries: Sequence[Canary], files: Iterable[Path]) -> Iterator[Leak]:
    """Every (canary, file) where the plain text stands."""
    needles = [(one.origin, form) for one in canaries for form in one.forms()]
    for file in files:
        yield from (Leak(origin, file) for origin in sorted(_found(file, needles)))


def _found(file: Path, needles: list[tuple[str, bytes]]) -> set[str]:
    found: set[str] = set()
    try:
        stream = file.open("rb")
    except OSError:  # a data file that the server has just removed
        return found
    with stream:
        tail = b""
        while chunk := stream.read(CHUNK):
            block = tail + chunk
            found |= {origin for origin, form in needles if form in block}
            tail = block[-LONGEST:]
    return found


def places(home: Home) -> list[Path]:
    """All files of the clinic but the keys and the gateway's own."""
    apart = (home.keys, home.gateway)
    return [
        path
        for path in home.state.rglob("*")
        if path.is_file() and not any(path.is_relative_to(folder) for folder in apart)
    ]


def dump(home: Home, database_url: str, target: Path) -> None:
    """A full pg_dump, as whoever steals the server would take it.

    Raises: subprocess.CalledProcessError if pg_dump fails.
    """
    parts = urlsplit(database_url)
    subprocess.run(
        [
            programs_folder() / "pg_dump", "--format=plain", f"--file={target}",
            f"--host={parts.hostname}", f"--port={parts.port}", f"--username={SUPERUSER}",
            parts.path.lstrip("/"),
        ],
        env={**os.environ, "PGPASSWORD": read_key(home, POSTGRES_PASSWORD)},
        check=True,
        capture_output=True,
    )  # fmt: skip


def sweep(home: Home, database_url: str, canaries: Sequence[Canary]) -> tuple[int, list[Leak]]:
    """Dump, then look everywhere; returns how many files were read, and the leaks."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "dump.sql"
        dump(home, database_url, copy)
        files = [*places(home), copy]
        return len(files), list(hunt(canaries, files))


def finds_a_planted_one(home: Home) -> bool:
    """Whether a text laid in the logs on purpose is found; else a hunt proves nothing."""
    canary = Canary("planted", f"随安植入-{os.urandom(8).hex()}")
    file = home.logs / "planted.log"
    file.write_text(f"line before\n{canary.text}\n")
    try:
        return any(hunt([canary], places(home)))
    finally:
        file.unlink()
