"""How often one person may do a thing that harvests: so many within so long (T2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

CAP_REACHED: Final = "cap_reached"  # why the trail says that somebody was refused


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``most`` within any stretch of ``span``."""

    most: int
    span: timedelta


def free_again(done: Sequence[datetime], now: datetime, caps: Sequence[Cap]) -> datetime | None:
    """When the next one is free; None if it is free now.

    In: ``done`` newest first, aware, as far back as the longest span (more does no harm).
    Source: T2.
    """
    full = (cap for cap in caps if len(done) >= cap.most)
    waits = [done[cap.most - 1] + cap.span for cap in full]
    return max((at for at in waits if at > now), default=None)
