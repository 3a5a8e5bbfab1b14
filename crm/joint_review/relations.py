"""What the records say of staff and patients: who had to do with whom, who may be a relative."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from crm.access_requests.models import AccessRequest
from crm.joint_review import teams
from crm.joint_review.events import ReviewEvent
from crm.patients.models import Patient, PatientContact
from crm.patients.rules import TokenKind, fold_name, surname
from crm.scheduling.models import Visit
from crm.staff.models import Clinic, User
from privacy.access.policy import Role
from privacy.audit import services as audit

NEAR: Final = timedelta(days=7)  # a visit so near explains a look at the front desk
# Their work comes from lists of records, not from bookings: nothing can be said of it.
NOT_SAID: Final = frozenset(
    {Role.FINANCE, Role.MEDICAL_QC, Role.FOLLOWUP_AGENT, Role.MEDIATION, Role.AUDITOR}
)
PREFIXES: Final = {1: TokenKind.PREFIX_1, 2: TokenKind.PREFIX_2}


class Known:
    """Relations to some patients of a clinic, as far as the records hold them."""

    def __init__(self, clinic: Clinic, codes: set[str], *, since: datetime) -> None:
        rows = Patient.objects.filter(clinic=clinic, subject__code__in=codes)
        patients = dict(rows.values_list("pk", "subject__code"))
        self.codes = set(patients.values())
        self.registered = set(rows.values_list("registered_by", "subject__code"))
        self.team = teams.places(clinic, patients, since=since)
        self.visits: dict[str, list[date]] = defaultdict(list)
        for key, day in Visit.objects.filter(patient_id__in=patients).values_list("patient", "day"):
            self.visits[patients[key]].append(day)
        self.access: dict[tuple[UUID, str], list[tuple[datetime, datetime]]] = defaultdict(list)
        granted = AccessRequest.objects.filter(patient_id__in=patients, until__isnull=False)
        for who, code, start, end in granted.values_list("staff", "code", "decided_at", "until"):
            if start and end:
                self.access[who, code].append((start, end))

    def explains(self, person: UUID, code: str, *, role: str, at: datetime) -> bool:
        """Whether a look at ``at`` (aware) has a reason in the records: care team then, own
        registration, access for a time, or, at the front desk, a visit within a week."""
        if code not in self.codes or role in NOT_SAID:
            return True
        if (person, code) in self.registered:
            return True
        if any(one.holds(at) for one in self.team.get((person, code), ())):
            return True
        if any(start <= at < end for start, end in self.access.get((person, code), ())):
            return True
        day = timezone.localdate(at)
        near = any(abs(day - one) <= NEAR for one in self.visits.get(code, ()))
        return near and role == Role.FRONT_DESK


def same_surname(
    clinic: Clinic, people: Mapping[UUID, User], pairs: set[tuple[UUID, str]]
) -> list[tuple[UUID, str]]:
    """Pairs of (person, code) whose surnames may be the same.

    Compared by the keyed 16-bit search tokens of names: nothing is opened, no name is written, and
    no surname is told by the result that the person does not bear (ADR 0028). The look is booked.
    """
    by_surname: dict[str, set[tuple[UUID, str]]] = defaultdict(set)
    for person, code in pairs:
        if person in people and (name := _comparable(people[person].display_name)):
            by_surname[name].add((person, code))
    if not by_surname:
        return []
    found: list[tuple[UUID, str]] = []
    for name, asked in sorted(by_surname.items()):
        contacts = PatientContact.objects.filter(
            patient__clinic=clinic, patient__subject__code__in={code for _person, code in asked}
        )
        may_be = contacts.may_be_named([(PREFIXES[len(name)].value, name)])
        alike = set(may_be.values_list("patient__subject__code", flat=True))
        found += sorted(pair for pair in asked if pair[1] in alike)
    with transaction.atomic():
        audit.record(
            ReviewEvent.NAMES_COMPARED,
            process="joint-review",
            clinic=clinic.pk,
            detail={"people": len({who for who, _code in pairs}), "pairs": len(pairs),
                    "alike": len(found)},
        )  # fmt: skip
    return found


def _comparable(name: str) -> str:
    """A Chinese surname as it is in the tokens; "" for others, whose first letter says nothing."""
    folded = fold_name(surname(name))
    is_han = bool(folded) and all("\u3400" <= sign <= "\u9fff" for sign in folded)
    return folded if is_han and len(folded) in PREFIXES else ""
