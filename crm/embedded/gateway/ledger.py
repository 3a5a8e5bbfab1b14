"""What the gateway took: the truth about who would have received what, and how often."""

import sqlite3
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

PROVIDER_ZONE: Final = ZoneInfo("Asia/Shanghai")
WAITING, FAILED, DELIVERED = 1, 2, 3

_TABLES = """
CREATE TABLE IF NOT EXISTS template (code TEXT PRIMARY KEY, name TEXT, content TEXT);
CREATE TABLE IF NOT EXISTS sent (
  id INTEGER PRIMARY KEY AUTOINCREMENT, out_id TEXT NOT NULL, phone TEXT NOT NULL,
  template TEXT NOT NULL, content TEXT NOT NULL, biz_id TEXT NOT NULL,
  sent_at TEXT NOT NULL, received_at TEXT NOT NULL DEFAULT '',
  status INTEGER NOT NULL, err_code TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS sent_by_phone ON sent (phone, sent_at);
"""
_COLUMNS = "out_id, phone, template, content, biz_id, sent_at, received_at, status, err_code"


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that was taken for delivery. Times are texts in the provider's zone."""

    out_id: str
    phone: str
    template: str
    content: str
    biz_id: str
    sent_at: str
    received_at: str
    status: int
    err_code: str


def provider_time() -> str:
    return f"{datetime.now(PROVIDER_ZONE):%Y-%m-%d %H:%M:%S}"


class Ledger:
    """One SQLite file, one connection, one lock: enough for one clinic."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(
            folder / "ledger.sqlite3", check_same_thread=False, isolation_level=None
        )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # survives a killed process
        self._db.executescript(_TABLES)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def add_template(self, name: str, content: str) -> str:
        """The code of a wording; the same wording keeps its code."""
        with self._lock:
            row = self._db.execute(
                "SELECT code FROM template WHERE name = ? AND content = ?", (name, content)
            ).fetchone()
            if row:
                return str(row[0])
            (count,) = self._db.execute("SELECT count(*) FROM template").fetchone()
            code = f"SMS_{100000001 + count}"
            self._db.execute("INSERT INTO template VALUES (?, ?, ?)", (code, name, content))
            return code

    def wording(self, code: str) -> str | None:
        with self._lock:
            row = self._db.execute(
                "SELECT content FROM template WHERE code = ?", (code,)
            ).fetchone()
        return str(row[0]) if row else None

    def take(self, *, out_id: str, phone: str, template: str, content: str, biz_id: str) -> None:
        """Note a message as taken. The same reference twice is two messages: no favours."""
        with self._lock:
            self._db.execute(
                "INSERT INTO sent (out_id, phone, template, content, biz_id, sent_at, status) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (out_id, phone, template, content, biz_id, provider_time(), WAITING),
            )

    def finish(self, biz_id: str, *, delivered: bool) -> Sent | None:
        """Deliver, or fail to; None for an unknown message."""
        status, code = (DELIVERED, "DELIVERED") if delivered else (FAILED, "MK:0001")
        with self._lock:
            self._db.execute(
                "UPDATE sent SET status = ?, err_code = ?, received_at = ? WHERE biz_id = ?",
                (status, code, provider_time(), biz_id),
            )
        rows = self._rows("WHERE biz_id = ?", biz_id)
        return rows[0] if rows else None

    def of_phone(self, phone: str, day: str) -> list[Sent]:
        """Messages to a phone on a day (YYYY-MM-DD, the provider's zone), newest first."""
        return self._rows(
            "WHERE phone = ? AND substr(sent_at, 1, 10) = ? ORDER BY id DESC", phone, day
        )

    def newest(self, limit: int) -> list[Sent]:
        return self._rows("ORDER BY id DESC LIMIT ?", limit)

    def _rows(self, rest: str, *values: str | int) -> list[Sent]:
        with self._lock:
            query = f"SELECT {_COLUMNS} FROM sent {rest}"  # noqa: S608  # both parts are literals above
            return [Sent(*row) for row in self._db.execute(query, values)]
