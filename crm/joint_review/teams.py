"""Who was on whose care team when: from the rows there are, and from the trail of those that ended.

Whoever joins after a look explains nothing by it, and whoever left since was on the team then.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from crm.patients.team_models import CareTeamMember
from crm.staff.models import Clinic, User
from privacy.audit.models import READER, AuditEvent, acting_as

EVER: Final = datetime.min.replace(tzinfo=UTC)
JOINED, LEFT, HANDED = "patient.joined_team", "patient.left_team", "patient.team_handed_over"


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

    In: ``patients`` key -> code. A place that ended began with the last joining before its end; of
    one as old as the record, or older than what the trail still holds, nothing tells a beginning.
    """
    found: dict[tuple[UUID, str], list[Place]] = defaultdict(list)
    rows = CareTeamMember.objects.filter(patient_id__in=patients)
    # A place that was handed over is the same row: it is the successor's since it was last written.
    for who, key, joined in rows.values_list("staff", "patient", "updated_at"):
        found[who, patients[key]].append(Place(joined))
    people = dict(User.objects.filter(clinic=clinic).values_list("staff_no", "pk"))
    ends = _told([LEFT, HANDED], people, set(patients.values()), since=since)
    joinings = _told([JOINED], people, {code for _who, code in ends})
    for pair, moments in ends.items():
        for end in moments:
            begun = [one for one in joinings.get(pair, ()) if one < end]
            found[pair].append(Place(begun[-1] if begun else EVER, end))
    return found


def _told(
    actions: list[str], people: Mapping[str, UUID], codes: set[str], *, since: datetime = EVER
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
