"""Searches for one person on both sides: in the records, and in the trail (ADR 0026).

Each search reads tables as they are, whatever services and constraints should have refused.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from crm.access_requests.models import AccessApproval, BreakGlassLift, BreakGlassVerdict
from crm.alerts.models import Alert
from crm.clearance.models import Licence
from crm.custody.models import ErasureRequest
from crm.incidents.models import Incident
from crm.joint_review.models import ReviewFinding, ReviewItem, ReviewSignature
from crm.patients.models import PatientGuard
from crm.separation import one_person
from crm.separation.events import SeparationEvent
from crm.staff.models import User
from crm.trail.models import MonthRetirement
from privacy.access.policy import Role
from privacy.access.separation import Breach, Check, register_check
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.audit.selectors import Filter, find
from privacy.exports.models import ExportApproval

SHOWN: Final = 50
# (pair, name of the target, rows where both are one, the person, the column of the moment)
_Search = tuple[str, str, Callable[[], QuerySet[Any, Any]], str, str]
RECORDS: Final[tuple[_Search, ...]] = (
    ("request", "access",
     lambda: AccessApproval.objects.filter(approver=F("request__staff")), "approver", "created_at"),
    ("break_glass", "verdict",
     lambda: BreakGlassVerdict.objects.filter(judge=F("request__staff")), "judge", "created_at"),
    ("break_glass", "lift",
     lambda: BreakGlassLift.objects.filter(lifted_by=F("staff")), "lifted_by", "created_at"),
    ("guard", "guard",
     lambda: PatientGuard.objects.filter(lifted_by=F("lift_asked_by"))
     .exclude(kind__in=[PatientGuard.Kind.OTHER, PatientGuard.Kind.MINOR]), "lifted_by", "until"),
    ("licence", "licence",
     lambda: Licence.objects.filter(checked_by=F("staff")), "checked_by", "created_at"),
    ("alert", "alert",
     lambda: Alert.objects.filter(closed_by=F("staff")), "closed_by", "closed_at"),
    ("alert", "incident",
     lambda: Incident.objects.filter(closed_by=F("suspect")), "closed_by", "closed_at"),
    ("retirement", "retirement",
     lambda: MonthRetirement.objects.filter(approved_by=F("asked_by")), "approved_by",
     "approved_at"),
    ("erasure", "erasure",
     lambda: ErasureRequest.objects.filter(confirmed_by=F("asked_by")), "confirmed_by",
     "confirmed_at"),
    ("export", "export",
     lambda: ExportApproval.objects.filter(
         Q(approver=F("export__requester")) | Q(approver=F("export__recipient"))),
     "approver", "created_at"),
    ("sign_off", "signature",
     lambda: ReviewSignature.objects.filter(Exists(
         ReviewSignature.objects.filter(sheet=OuterRef("sheet"), signer=OuterRef("signer"))
         .exclude(pk=OuterRef("pk")))),
     "signer", "created_at"),
    ("review", "review-item",
     lambda: ReviewItem.objects.filter(actor=F("judged_by_id")), "judged_by", "judged_at"),
    ("review", "finding",
     lambda: ReviewFinding.objects.filter(closed_by_id=F("item__actor")), "closed_by",
     "closed_at"),
)  # fmt: skip
BACK: Final = timedelta(days=366)  # how far the other half of a pair may lie back
# In the trail: an actor who did one and the other. Placeholders: since, until. An office counts
# against the last one the actor was seen in, however long ago that was.
_TWO_OFFICES = """
    WITH seen AS (
      SELECT DISTINCT actor, role FROM privacy_auditevent
      WHERE at >= %s AND at < %s AND actor IS NOT NULL
    ), before AS (
      SELECT one.actor, last.role FROM (SELECT DISTINCT actor FROM seen) AS one
      CROSS JOIN LATERAL (
        SELECT role FROM privacy_auditevent
        WHERE actor = one.actor AND at < %s ORDER BY at DESC LIMIT 1
      ) AS last
    )
    SELECT actor, 'offices' FROM (SELECT * FROM seen UNION SELECT * FROM before) AS every
    GROUP BY actor HAVING count(DISTINCT role) > 1
"""
_ACCOUNT = """
    SELECT later.actor, later.target FROM privacy_auditevent AS later
    JOIN privacy_auditevent AS earlier
      ON earlier.actor = later.actor AND earlier.target = later.target
    WHERE later.at >= %s AND later.at < %s AND later.action = ANY(%s)
      AND earlier.action = ANY(%s)
      AND (earlier.action = 'staff.factor_reset') <> (later.action = 'staff.factor_reset')
"""
_ACCOUNT_ACTS: Final = ["staff.created", "staff.password_reset", "staff.factor_reset"]
# One half now, the other now or up to a year before; actions by LIKE.
_BOTH = """
    SELECT DISTINCT now.actor, %(target)s FROM privacy_auditevent AS now
    WHERE now.at >= %(since)s AND now.at < %(until)s AND now.actor IS NOT NULL
      AND (
        now.action LIKE ANY(%(ones)s) AND EXISTS (
          SELECT FROM privacy_auditevent AS other
          WHERE other.actor = now.actor AND other.at >= %(back)s AND other.at < %(until)s
            AND other.action LIKE ANY(%(others)s))
        OR now.action LIKE ANY(%(others)s) AND EXISTS (
          SELECT FROM privacy_auditevent AS other
          WHERE other.actor = now.actor AND other.at >= %(back)s AND other.at < %(until)s
            AND other.action LIKE ANY(%(ones)s)))
"""
_RECORDS_CONSENT: Final = [
    *("consent.granted", "consent.refused", "consent.withdrawn"),
    *("consent.paused", "consent.resumed"),
]
_KEEPS_KEYS: Final = [
    *("keys.rotated", "keys.rewrapped", "keys.retired", "keys.given_up", "keys.erased"),
    "keys.escrowed",
]
_KEEPS_ACCOUNTS: Final = [
    *("staff.created", "staff.suspended", "staff.superior_changed", "staff.password_reset"),
]
_MEDIATION = """
    SELECT actor, target FROM privacy_auditevent
    WHERE at >= %s AND at < %s AND role = %s AND kind = 'change'
      AND (action LIKE 'consultation.%%' OR action LIKE 'patient.%%')
"""
_ROLE = """
    SELECT row_key::uuid, 'staff:' || row_key FROM privacy_rowchange
    WHERE at >= %s AND at < %s AND relation = 'crm_user' AND operation = 'U'
      AND 'role' = ANY(columns)
"""


def _in_records(search: _Search) -> Check:
    pair, name, rows, person, moment = search

    def check(since: datetime, until: datetime) -> list[Breach]:
        found = rows().filter(**{f"{moment}__gte": since, f"{moment}__lt": until})
        return [Breach(pair, who, f"{name}:{key}") for key, who in found.values_list("pk", person)]

    return check


def _asked(pair: str, statement: str, values: Any) -> list[Breach]:
    with acting_as(READER), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Breach(pair, who, target) for who, target in cursor.fetchall()]


def _in_trail(pair: str, statement: str, *more: Any) -> Check:
    return lambda since, until: _asked(pair, statement, [since, until, *more])


def two_offices(since: datetime, until: datetime) -> list[Breach]:
    """Who acted in another role than in their last act before, or in two of them."""
    return _asked("offices", _TWO_OFFICES, [since, until, since])


def _both(pair: str, target: str, ones: Sequence[str], others: Sequence[str]) -> Check:
    """An actor who did one of each, the later of them in the time searched."""

    def check(since: datetime, until: datetime) -> list[Breach]:
        values = {
            "target": target, "since": since, "until": until, "back": since - BACK,
            "ones": list(ones), "others": list(others),
        }  # fmt: skip
        return _asked(pair, _BOTH, values)

    return check


def _on_oneself(pair: str, actions: Sequence[str]) -> Check:
    """Acts on accounts by their own owner."""

    def check(since: datetime, until: datetime) -> list[Breach]:
        with acting_as(READER):
            rows = AuditEvent.objects.filter(at__gte=since, at__lt=until, action__in=actions)
            acts = list(rows.filter(actor__isnull=False).values_list("actor", "target"))
        people = User.objects.in_bulk({actor for actor, _target in acts if actor})
        return [
            Breach(pair, actor, target)
            for actor, target in acts
            if actor and actor in people and target == f"staff:{people[actor].staff_no}"
        ]

    return check


def register_all() -> None:
    """The searches of this house; others register their own beside them."""
    for search in RECORDS:
        register_check(f"{search[0]}: {search[1]}", _in_records(search))
    register_check("account: by its owner", _on_oneself("account", _ACCOUNT_ACTS))
    register_check("superior: one's own", _on_oneself("superior", ["staff.superior_changed"]))
    both = _in_trail("account", _ACCOUNT, _ACCOUNT_ACTS, _ACCOUNT_ACTS)
    register_check("account: both halves", both)
    register_check("offices: two of one account", two_offices)
    register_check("role: changed in place", _in_trail("role", _ROLE))
    consents = _both("consent", "consents", _RECORDS_CONSENT, ["audit.%"])
    register_check("consent: recorded and audited", consents)
    keys = _both("keys", "keys", _KEEPS_KEYS, _KEEPS_ACCOUNTS)
    register_check("keys: kept with accounts", keys)
    register_check("mediation: edited", _in_trail("mediation", _MEDIATION, Role.MEDIATION.value))
    register_check("person: two accounts of one name", one_person.same_name)
    register_check("person: two offices at one browser", one_person.same_browser)


def last_check() -> AuditEvent | None:
    """The newest nightly search, as the trail tells it."""
    found = find(Filter(action=SeparationEvent.CHECKED.value), limit=1).events
    return found[0] if found else None


def found_lately(viewer: User) -> list[AuditEvent]:
    """What was found in the last 90 days, of the viewer's clinic or of nobody's, newest first."""
    wanted = Filter(
        clinic=viewer.clinic_id,
        action=SeparationEvent.BREACH.value,
        since=timezone.now() - timedelta(days=90),
    )
    return find(wanted, limit=SHOWN).events


def people_of(events: list[AuditEvent]) -> dict[str, str]:
    """Names of the staff whom events name in their details, by key."""
    keys = {str(event.detail.get("person", "")) for event in events} - {""}
    return {str(one.pk): one.display_name for one in User.objects.filter(pk__in=keys)}
