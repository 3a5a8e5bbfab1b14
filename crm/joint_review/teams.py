"""Who was on whose care team when: from the rows there are, and from the trail of those that ended.

Whoever joins after a look explains nothing by it, and whoever left since was on the team then.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from crm.patients.team_models import CareTeamMember
from crm.staff.models import Clinic, User
from privacy.audit.models import READER, AuditEvent, acting_as

EVER: Final = datetime.min.replace(tzinfo=UTC)
JOINED: Final = ("patient.joined_team", "patient.joined_at_desk")
ENDED: Final = ("patient.left_team", "patient.team_handed_over")


@dataclass(frozen=True, slots=True)
class Place:
    """A place on a care team: ``since`` <= t < ``until``, aware; until None: still held."""

    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


Places = Mapping[tuple[UUID, str], list[Place]]


def places(clinic: Clinic, patients: Mapping[UUID, str], *, since: datetime) -> Places:
    """The places beside some patients that were held at or after ``since`` (aware):
    (person, code) -> spans.

    In: ``patients`` key -> code. A place that was left began with the first joining since the end
    before it (later ones only prolonged it); of one as old as the record, or older than what the
    trail still holds, nothing tells a beginning.
    """
    found: dict[tuple[UUID, str], list[Place]] = defaultdict(list)
    rows = CareTeamMember.objects.filter(patient_id__in=patients)
    held = rows.values_list("staff", "patient", "joined_at", "created_at", "until")
    for who, key, joined, came, until in held:  # rows older than the column have no joining
        found[who, patients[key]].append(Place(joined or came, until))
    people = dict(User.objects.filter(clinic=clinic).values_list("staff_no", "pk"))
    codes = set(patients.values())
    left = _told(ENDED, people, codes, since=since)
    named = {code for _who, code in left}
    joinings, ends = _told(JOINED, people, named), _told(ENDED, people, named)
    for pair, moments in left.items():
        for end in moments:
            before = max((one for one in ends[pair] if one < end), default=EVER)
            begun = [one for one in joinings.get(pair, ()) if before <= one < end]
            found[pair].append(Place(min(begun, default=EVER), end))
    return found


def _told(
    actions: Sequence[str], people: Mapping[str, UUID], codes: set[str], *, since: datetime = EVER
) -> dict[tuple[UUID, str], list[datetime]]:
    """When the trail tells one of these acts: (person, code) -> moments, the oldest first."""
    found: dict[tuple[UUID, str], list[datetime]] = defaultdict(list)
    if not codes:
        return found
    with acting_as(READER):
        rows = AuditEvent.objects.filter(action__in=actions, codes__overlap=sorted(codes))
        told = rows.filter(at__gte=since).order_by("at", "id")
        acts = list(told.values_list("target", "codes", "at"))
    for target, named, at in acts:
        who = people.get(target.removeprefix("staff:"))
        if who is not None:
            for code in codes.intersection(named):
                found[who, code].append(at)
    return found
