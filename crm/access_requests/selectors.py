"""Who waits for whose word, what is open, what is to be judged."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    Func,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Now
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from crm.access_requests import rules
from crm.access_requests.models import (
    AccessApproval,
    AccessRequest,
    BreakGlassLift,
    BreakGlassVerdict,
)
from crm.patients import reach
from crm.patients.models import Patient, PatientGuard, oneself
from crm.patients.reach import Condition, Holds
from crm.patients.team_models import CareTeamMember
from crm.staff.models import User
from privacy.access.policy import Permission, Role, can, roles_with

LEADS: Final = (Role.CONSULTANT, Role.DOCTOR)  # of a care team: who may let others look
SHOWN: Final = 50
State = AccessRequest.State


# What is open at this moment. Two for whoever is guarded now: guarding ends what one person
# approved, but does not see the approval that is given at the same moment, so it is asked at
# every look. Break-glass opens by nobody's word.
OPEN_NOW: Final = (
    "asked.staff_id = %s AND asked.asked_at >= %s"
    " AND asked.state = 'approved' AND asked.until > statement_timestamp()"
)
BROKEN: Final = "asked.kind = 'break_glass'"
AGREED: Final = (
    "(NOT EXISTS (SELECT FROM crm_patientguard kept"
    " WHERE kept.patient_id = asked.patient_id AND kept.until IS NULL)"
    " OR (SELECT count(*) FROM crm_accessapproval given WHERE given.request_id = asked.id) >= %s)"
)
OF_PATIENT: Final = "EXISTS (SELECT FROM crm_accessrequest asked WHERE asked.patient_id = {key} AND"
ITSELF: Final = "EXISTS (SELECT FROM crm_accessrequest asked WHERE asked.id = {key} AND"


def _open(staff: User, of: str, kind: str) -> Condition:
    values = (staff.pk, staff.joined_at, rules.FOR_GUARDED)
    return Condition(f"{of} {OPEN_NOW} AND {kind})", values)


def open_to(staff: User) -> Condition:
    """The way in: what opens a patient to ``staff`` at this moment of the database.

    What was asked before somebody left and came back opens nothing: they start anew (W14).
    """
    return _open(staff, OF_PATIENT, f"({BROKEN} OR {AGREED})")


def agreed_to(staff: User) -> Condition:
    """The same without break-glass: what opens a patient by the word of others."""
    return _open(staff, OF_PATIENT, f"NOT {BROKEN} AND {AGREED}")


def broken_open(staff: User) -> Condition:
    """Break-glass alone: it holds for a restricted record too (ADR 0040)."""
    return Condition(f"{OF_PATIENT} {OPEN_NOW} AND {BROKEN})", (staff.pk, staff.joined_at))


def patients_of_clinic(staff: User, codes: Iterable[str]) -> dict[str, Patient]:
    """By code, whoever may see them: for passing a request on, never for showing.

    One's own record is nobody's here: a colleague who is a patient has no way into it.
    """
    found = Patient.objects.known_to(staff).filter(subject__code__in=list(codes))
    return {one.code: one for one in found.select_related("subject")}


def codes_cared_for(staff: User, codes: Iterable[str]) -> list[str]:
    """Those of the codes whose patients ``staff`` sees anyway."""
    mine = Patient.objects.cared_for_by(staff).filter(subject__code__in=list(codes))
    return sorted(mine.values_list("subject__code", flat=True))


def _rows() -> QuerySet[AccessRequest]:
    return AccessRequest.objects.select_related(
        "patient__subject", "staff", "decided_by", "verdict__judge"
    )


# --- deciding ---------------------------------------------------------------------------------


def _on_team(staff: User) -> Holds:
    return Holds(reach.on_team(staff), key="patient_id")


def _of_another(staff: User) -> Holds:
    """About somebody else than the member of staff as a patient."""
    return Holds(~oneself(staff), key="patient_id")


def _below(person: Any, other: str | OuterRef | Value) -> Func:
    """Whether ``person`` stands below ``other`` in line: the same function as the trigger asks."""
    return Func(person, other, function="stands_below", output_field=BooleanField())


def _number_of(rows: QuerySet[Any, Any], by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))


def _leads_beside_asker() -> Coalesce:
    team = (
        CareTeamMember.objects.live()
        .filter(
            patient_id=OuterRef("patient_id"),
            staff__is_active=True,
            staff__role__in=LEADS,
            staff__cleared_until__gte=timezone.localdate(),
        )
        .exclude(staff_id=OuterRef("staff_id"))
    )
    team = team.exclude(_below("staff_id", OuterRef("staff_id")))
    return _number_of(team, "patient_id")


def needed() -> Greatest:
    """How many have to agree: as many as when it was asked for, and two for whoever is guarded
    since."""
    live = PatientGuard.objects.live().filter(patient_id=OuterRef("patient_id"))
    guarded = Case(When(Exists(live), then=Value(rules.FOR_GUARDED)), default=Value(1))
    return Greatest(F("needed"), guarded, output_field=IntegerField())


def _agreed_by_control() -> Coalesce:
    given = AccessApproval.objects.filter(request_id=OuterRef("pk"), approver__role=Role.MEDICAL_QC)
    return _number_of(given, "request_id")


def _decides(staff: User) -> Q:
    """What waits for this person: as a lead of the patient's care team; as quality control where
    the team has too few others, and for as many as it lacks. Never what was asked by somebody
    above them in line, and who stands below the asker counts as nobody."""
    if not can(staff, Permission.DECIDE_ACCESS):
        return Q(pk__in=())
    open_to_me = Q(
        ~Q(staff_id=staff.pk),
        Q(_of_another(staff)),
        Q(Holds(~reach.RESTRICTED, key="patient_id")),  # nobody lets anybody in (R15)
        ~Exists(AccessApproval.objects.filter(request_id=OuterRef("pk"), approver_id=staff.pk)),
        clinic_id=staff.clinic_id,
        state=State.ASKED,
        patient__isnull=False,
        wanted_until__gt=Now(),
        staff__is_active=True,
        asked_at__gte=F("staff__joined_at"),
    ) & ~Q(_below(Value(staff.pk), "staff_id"))
    if staff.role in LEADS:
        return open_to_me & Q(_on_team(staff))
    return open_to_me & Q(GreaterThan(needed(), _leads_beside_asker() + _agreed_by_control()))


def asks_in_vain(asker: User) -> bool:
    """Whether all who decide in this clinic stand below the asker in line, whoever is asked for: of
    the patient's own team nothing is told (T18)."""
    deciders = User.objects.filter(
        clinic_id=asker.clinic_id, is_active=True, role__in=roles_with(Permission.DECIDE_ACCESS)
    ).exclude(pk=asker.pk)
    below = Q(_below("pk", Value(asker.pk)))
    return deciders.exists() and not deciders.exclude(below).exists()


def decidable_by(staff: User) -> QuerySet[AccessRequest]:
    """Requests that wait for this person's word, the oldest first."""
    return _rows().filter(_decides(staff)).order_by("asked_at", "pk")


def endable_by(staff: User) -> QuerySet[AccessRequest]:
    """What is open now and this person may end: leads of the care team, who agreed, control."""
    live = _rows().filter(
        state=State.APPROVED,
        until__gt=Now(),
        clinic_id=staff.clinic_id,
        patient__in=Patient.objects.known_to(staff),
    )
    live = live.exclude(staff_id=staff.pk).order_by("until")
    if not can(staff, Permission.DECIDE_ACCESS):
        return live.none()
    if staff.role not in LEADS:
        return live
    agreed = AccessApproval.objects.filter(request_id=OuterRef("pk"), approver_id=staff.pk)
    return live.filter(Q(_on_team(staff)) | Q(Exists(agreed)))


def shown_to(staff: User, request_id: UUID) -> AccessRequest:
    """A request with what is needed to decide on it, or to read how it was decided.

    Raises: AccessRequest.DoesNotExist also for one of a patient whom ``staff`` does not care for.
    """
    mine = Q(patient__in=Patient.objects.cared_for_by(staff))
    if staff.role == Role.MEDICAL_QC:  # decides where a team has too few, by code alone
        mine = Q(patient__in=Patient.objects.known_to(staff))
    return _rows().filter(mine, clinic_id=staff.clinic_id).get(pk=request_id)


def ended_by(staff: User, request_id: UUID) -> AccessRequest:
    """One that ``staff`` may end, or knows of. Raises: AccessRequest.DoesNotExist."""
    return endable_by(staff).filter(pk=request_id).first() or shown_to(staff, request_id)


def own_request(staff: User, request_id: UUID) -> AccessRequest:
    """A request of one's own. Raises: AccessRequest.DoesNotExist for anybody else's."""
    return AccessRequest.objects.get(pk=request_id, staff_id=staff.pk)


def requests_of(staff: User) -> list[AccessRequest]:
    """One's own, newest first, the uses of break-glass included."""
    return list(_rows().filter(staff_id=staff.pk).order_by("-asked_at", "code")[:SHOWN])


def earlier_grant(staff: User, code: str) -> AccessRequest | None:
    """The last access of ``staff`` to this patient that was asked for and approved."""
    granted = AccessRequest.objects.filter(
        staff_id=staff.pk, code=code, kind=AccessRequest.Kind.ASKED,
        state__in=[State.APPROVED, State.ENDED],
    )  # fmt: skip
    return granted.order_by("-asked_at").first()


# --- break-glass ------------------------------------------------------------------------------


def _unjudged(staff: User) -> Q:
    """Uses without a verdict that this person is to know of: of the patients they care for, and
    for quality control of the whole clinic."""
    there = Q(
        ~Q(staff_id=staff.pk),
        Q(_of_another(staff)),
        clinic_id=staff.clinic_id,
        kind=AccessRequest.Kind.BREAK_GLASS,
        verdict__isnull=True,
    )
    if can(staff, Permission.JUDGE_BREAK_GLASS):
        return there
    return there & Q(_on_team(staff))


def unjudged_for(staff: User) -> QuerySet[AccessRequest]:
    """The same as rows, the oldest first: it is due first."""
    return _rows().filter(_unjudged(staff)).order_by("asked_at")


def judged_in(staff: User) -> list[AccessRequest]:
    """The last verdicts of the clinic, but on looks at one's own record."""
    known = Patient.objects.known_to(staff)
    uses = _rows().filter(clinic_id=staff.clinic_id, verdict__isnull=False, patient__in=known)
    return list(uses.order_by("-verdict__created_at")[:SHOWN])


def use_shown_to(staff: User, request_id: UUID) -> AccessRequest:
    """A use of break-glass in the viewer's clinic. Raises: AccessRequest.DoesNotExist."""
    return (
        _rows()
        .filter(kind=AccessRequest.Kind.BREAK_GLASS)
        .get(pk=request_id, clinic_id=staff.clinic_id, patient__in=Patient.objects.known_to(staff))
    )


def lifted_at(person: User) -> datetime | None:
    """When the right was last given back after strikes."""
    lifts = BreakGlassLift.objects.filter(staff=person, unjudged=False)
    last: datetime | None = lifts.aggregate(at=Max("created_at"))["at"]
    return last


def uses_since(staff: User, since: datetime) -> int:
    """How often ``staff`` has broken the glass since then."""
    return AccessRequest.objects.uses().filter(staff_id=staff.pk, asked_at__gt=since).count()


def overdue_uses(now: datetime) -> QuerySet[AccessRequest]:
    """Uses of every clinic without the verdict they should have by ``now`` (aware), the oldest
    first (T19)."""
    late = AccessRequest.objects.uses().filter(
        verdict__isnull=True, asked_at__lt=now - rules.VERDICT_WITHIN
    )
    return late.order_by("asked_at")


def overdue_use_of(person: User) -> AccessRequest | None:
    """The oldest of them of this person: until it is judged, the right rests; or until it is given
    back, for not every use finds somebody who may judge it."""
    return _uses_it_rests_for().filter(staff_id=person.pk).first()


def _uses_it_rests_for() -> QuerySet[AccessRequest]:
    overdue_from = OuterRef("asked_at") + Value(rules.VERDICT_WITHIN)
    given_back = BreakGlassLift.objects.filter(
        staff_id=OuterRef("staff_id"), created_at__gte=overdue_from
    )
    return overdue_uses(timezone.now()).exclude(Exists(given_back))


def resting_in(viewer: User) -> list[User]:
    """Everybody of the clinic whose right rests for want of a verdict."""
    uses = _uses_it_rests_for().filter(clinic_id=viewer.clinic_id)
    return list(User.objects.filter(pk__in=uses.values("staff")).order_by("staff_no"))


def is_suspended(person: User) -> bool:
    """Whether the right to break the glass is taken from this person."""
    verdicts = BreakGlassVerdict.objects.filter(request__staff=person, justified=False)
    moments = list(verdicts.values_list("created_at", flat=True))
    return rules.is_suspended(moments, lifted_at=lifted_at(person))


def open_uses_of(person: User) -> QuerySet[AccessRequest]:
    """This person's uses of break-glass that are open at this moment of the database."""
    uses = AccessRequest.objects.filter(staff=person, kind=AccessRequest.Kind.BREAK_GLASS)
    return uses.filter(state=State.APPROVED, until__gt=Now())


def suspended_in(viewer: User) -> list[User]:
    """Everybody of the clinic from whom the right is taken."""
    verdicts = BreakGlassVerdict.objects.filter(
        request__clinic_id=viewer.clinic_id, justified=False
    )
    moments: dict[UUID, list[datetime]] = defaultdict(list)
    for person, at in verdicts.values_list("request__staff_id", "created_at"):
        moments[person].append(at)
    lifts = dict(
        BreakGlassLift.objects.filter(staff_id__in=moments, unjudged=False)
        .values_list("staff_id")
        .annotate(at=Max("created_at"))
    )
    taken = [
        one for one, ats in moments.items() if rules.is_suspended(ats, lifted_at=lifts.get(one))
    ]
    return list(User.objects.filter(pk__in=taken).order_by("staff_no"))


# --- what is shown elsewhere ------------------------------------------------------------------


def waiting_for(staff: User) -> QuerySet[AccessRequest]:
    """What of all this waits for this person: the number in the side column."""
    return AccessRequest.objects.filter(_decides(staff) | _unjudged(staff))


def count_waiting_for(staff: User) -> int:
    """The same as a number."""
    return waiting_for(staff).count()


def of_note_on(patient: Patient, staff: User) -> list[AccessRequest]:
    """What the patient's page says: the access one looks by, and uses still to be judged."""
    mine = Holds(_open(staff, ITSELF, f"({BROKEN} OR {AGREED})"))
    rows = _rows().filter(Q(mine) | _unjudged(staff), patient=patient)
    return list(rows.order_by("asked_at"))


def approvers_of(request: AccessRequest) -> list[User]:
    """Who has agreed so far, in order."""
    given = request.approvals.select_related("approver").order_by("created_at")
    return [one.approver for one in given]
