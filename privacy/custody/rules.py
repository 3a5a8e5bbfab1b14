"""How long records have to be kept, and the line that the outside ledger keeps. Pure."""

import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

CLINICAL_YEARS: Final = 15  # R38
# The last copy of keys that may exist: an erasure is complete once older ones are gone (ADR 0012).
OLDEST_COPY: Final = timedelta(days=35)


def kept_until(last_use: datetime) -> datetime:
    """When clinical records last used at ``last_use`` (aware) need not be kept any more (R38)."""
    year = last_use.year + CLINICAL_YEARS
    try:
        return last_use.replace(year=year)
    except ValueError:  # the 29th of February
        return last_use.replace(year=year, month=3, day=1)


def may_be_given_up(retired_at: datetime, now: datetime) -> bool:
    """Whether no copy of keys that the product knows of can still need a version (both aware)."""
    return now - retired_at >= OLDEST_COPY


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One erasure as the file outside the database keeps it: nothing that tells who it was."""

    code: str
    zone: str
    reason: str
    at: str  # ISO 8601, UTC

    @property
    def place(self) -> tuple[str, str]:
        """What was erased: (code, zone)."""
        return self.code, self.zone

    def signed(self, key: bytes) -> str:
        """One line of JSON with its MAC: a line slipped in would erase a patient."""
        return json.dumps({**asdict(self), "mac": self._mac(key)}, sort_keys=True)

    def _mac(self, key: bytes) -> str:
        text = json.dumps(asdict(self), sort_keys=True)
        return hmac.digest(key, text.encode(), "sha256").hex()

    @classmethod
    def read(cls, line: str) -> "tuple[LedgerLine, str] | None":
        """The line and the MAC that it bears; None if it is no such line."""
        try:
            row = json.loads(line)
            mac = str(row.pop("mac"))
            return cls(**{key: str(value) for key, value in row.items()}), mac
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def is_signed(self, key: bytes, mac: str) -> bool:
        """Whether ``mac`` is this line's own."""
        return hmac.compare_digest(self._mac(key).encode(), mac.encode())
