"""The second sink's lines: one form for the writer, the comparison and the auditor (ADR 0024).

``{"s":stream,"n":1,"at":microseconds,"x":"xid","e":[["id","digest","mac"],…],"h":"…"}`` tells
events; ``{…,"void":[[stream,n],…],"h":"…"}`` takes lines back whose transaction did not commit.
``h`` chains each line of a stream, one process's run, to the line before it under a key.
"""

import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from privacy.receipts import Told

EVENTS_A_LINE = 20  # keeps a line below 4 KB: whole in one datagram, one page of the disk
LONGEST = 1 << 14
BEGIN = bytes(16)

Place = tuple[str, int]  # stream and number of a line


@dataclass(frozen=True, slots=True)
class Line:
    """One line as read. ``body`` is what ``chained`` vouches for."""

    stream: str
    number: int
    at: int
    xid: int
    events: tuple[tuple[UUID, bytes], ...]  # id, digest and MAC together
    void: tuple[Place, ...]
    body: bytes
    chain: bytes

    @property
    def place(self) -> Place:
        return self.stream, self.number


def told_body(stream: str, number: int, at: int, told: Sequence[Told]) -> bytes:
    """A line that tells events of one transaction, without its chain value."""
    rows = ",".join(f'["{one.id.hex}","{one.digest.hex()}","{one.mac.hex()}"]' for one in told)
    return f'{{"s":"{stream}","n":{number},"at":{at},"x":"{told[0].xid}","e":[{rows}]'.encode()


def void_body(stream: str, number: int, at: int, places: Sequence[Place]) -> bytes:
    """A line that takes back lines, without its chain value."""
    rows = ",".join(f'["{whose}",{which}]' for whose, which in places)
    return f'{{"s":"{stream}","n":{number},"at":{at},"void":[{rows}]'.encode()


def chained(key: bytes, before: bytes, body: bytes) -> bytes:
    """The chain value: 16 bytes of HMAC-SHA256 over the value before and the line."""
    return hmac.digest(key, before + body, "sha256")[:16]


def closed(body: bytes, chain: bytes) -> bytes:
    """The whole line without its newline."""
    return body + b',"h":"' + chain.hex().encode() + b'"}'


def read_line(raw: bytes) -> Line | None:
    """The line; None for what is torn or none. A syslog header before it is passed over."""
    text = raw[raw.find(b"{") :].rstrip(b"\r\n")
    try:
        row = json.loads(text)
        body, _mark, chain = text.rpartition(b',"h":"')
        return Line(
            stream=str(row["s"]),
            number=int(row["n"]),
            at=int(row["at"]),
            xid=int(row.get("x", 0)),
            events=tuple(
                (UUID(hex=ident), bytes.fromhex(digest) + bytes.fromhex(mac))
                for ident, digest, mac in row.get("e", ())
            ),
            void=tuple((str(whose), int(which)) for whose, which in row.get("void", ())),
            body=body,
            chain=bytes.fromhex(chain.decode().removesuffix('"}')),
        )
    except (ValueError, KeyError, TypeError):
        return None


def read_lines(path: Path) -> Iterator[Line | None]:
    """All lines of a file, None for a torn one. Blank ones are only there to end a torn one."""
    with path.open("rb") as file:
        while raw := file.readline(LONGEST):
            if raw.strip():
                yield read_line(raw)
