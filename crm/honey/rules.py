"""What counts as touching a record that nobody has a reason to touch (T2)."""

from collections.abc import Mapping
from typing import Final

MOST_AT_ONCE: Final = 20

# Seen among others, without having been asked for: a list, a hint while somebody registers, an
# export that two sides agreed to.
IN_PASSING: Final = frozenset(
    {"patient.listed", "patient.similar_shown", "patient.set_aside", "export.opened"}
)
# Whoever controls the trail or an alert looks at events, not at the patient.
OF_CONTROL: Final = ("audit", "trail", "alert", "incident", "honey", "rows", "keys")
# A name may be anybody's; a code or a number typed in full is somebody's.
SEARCHES: Final = "search.found"
EXACT: Final = frozenset({"code", "visit_code", "phone", "id_number"})


def is_touch(action: str, detail: Mapping[str, object]) -> bool:
    """Whether an event of a person that names the record means that they went for it."""
    if action in IN_PASSING or action.partition(".")[0] in OF_CONTROL:
        return False
    return action != SEARCHES or detail.get("by") in EXACT
