"""What no one person does both of: one table, with its ground and what enforces it (R32, ADR 0026).

Each pair says what refuses it: services, the database, or only the table of roles. A nightly report
looks for pairs that happened nevertheless; features add their checks by ``register_check``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from privacy.access.policy import ROLE_PERMISSIONS, Permission

_P = Permission


@dataclass(frozen=True, slots=True)
class Pair:
    """Two acts or offices that are two people.

    ``services`` refuse it before anything is written, ``fences`` are the constraints and triggers
    that refuse it in the database; the nightly searches name the pair by its code. ``note`` says
    what of the pair nothing can refuse.
    """

    code: str
    one: Promise
    other: Promise
    ground: Promise | str
    fences: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    note: Promise | str = ""


_STAYS: Final = "user_role_stays"  # no account bears two roles, so no role table opens two offices
PAIRS: Final = (
    Pair("offices", _("Administers systems, security or the trail"), _("another of the three"),
         "MLPS 8.1.5; R32", ("user_has_known_role", _STAYS)),
    Pair("person", _("Holds an office under one account"), _("holds another under a second"),
         "MLPS 8.1.5; R32",
         note=_("Nothing can refuse it. Equal names and one browser are searched for.")),
    Pair("request", _("Asks to see a patient"), _("agrees to it"), "R30; S12",
         ("access_approval_is_anothers",), ("crm.access_requests.services.deciding.approve",)),
    Pair("guard", _("Proposes to guard a patient no longer"), _("ends the guard"), "T1; R18",
         ("guard_is_lifted_by_two",), ("crm.patients.services.guarding.decide_lift",)),
    Pair("break_glass", _("Breaks the glass"), _("judges it, or gives the right back"), "R30",
         ("verdict_is_anothers", "nobody_lifts_their_own"),
         ("crm.access_requests.services.breaking.judge",
          "crm.access_requests.services.breaking.lift_suspension")),
    Pair("account", _("Opens an account"), _("hands over its second factor"), "R29; ADR 0016",
         (_STAYS,), ("crm.staff.services.open_account_of_colleague", "crm.staff.enrolment.reset")),
    Pair("superior", _("Keeps accounts"), _("sets the own superior"), "T13", (),
         ("crm.staff.superiors.set_superior",),
         note=_("A table cannot tell who wrote a row: here the service refuses, and the search "
                "finds.")),
    Pair("role", _("Grants a role"), _("holds it"), "R30", ("user_has_known_role", _STAYS)),
    Pair("licence", _("Holds a licence"), _("checks it"), "S3", ("licence_checked_by_another",),
         ("crm.clearance.services.record_licence",)),
    Pair("alert", _("Is who an alert or incident is about"), _("closes it"), "R23",
         ("nobody_closes_alerts_about_oneself", "nobody_closes_incidents_about_oneself"),
         ("crm.alerts.services.close", "crm.incidents.services.close")),
    Pair("retirement", _("Asks to drop a month of the trail"), _("agrees to it"), "R25",
         ("retirement_by_two_people", "month_retired_by_two_offices",
          "two_people_retired_a_month"), ("crm.trail.retiring.approve",)),
    Pair("erasure", _("Asks to erase a patient's data"), _("confirms it"), "PIPL 47; R15",
         ("erasure_by_two_people", "erasure_by_two_offices"), ("crm.custody.erasing.confirm",)),
    Pair("keys", _("Keeps keys"), _("administers accounts or the database"), "MLPS 8.1.5; R32",
         (_STAYS,), ("crm.custody.services.rotate", "crm.custody.services.retire",
                     "crm.custody.services.rewrap"),
         note=_("Whoever holds the server or the password of the database stands outside: who that "
                "is stands on paper.")),
    Pair("consent", _("Records consents"), _("audits that ledger"), "PIPL 54",
         (_STAYS, "consent_recorder_audits_nothing"), ("crm.patients.services.consents.answer",)),
    Pair("mediation", _("Mediates"), _("edits the sealed set"), "S59",
         note=_("There are no sealed sets in the product yet. The role may change nothing about "
                "patients, and what it changed would be found.")),
    Pair("export", _("Exports patients' data"), _("agrees to it"), "PIPL 51",
         ("export_approval_is_anothers", "one_export_yes_a_side", "one_export_yes_each"),
         ("privacy.exports.services.deciding.approve",)),
    Pair("sign_off", _("Signs a joint review for quality control"), _("signs it for IT"),
         _("the clinic's own charter"),
         ("review_one_signature_a_side", "review_two_signers", "review_signature_is_due"),
         ("crm.joint_review.services.signing.sign",)),
    Pair("review", _("Is whom an event or finding of a review is about"), _("judges or closes it"),
         _("the clinic's own charter"), ("nobody_reviews_their_own", "nobody_closes_their_own"),
         ("crm.joint_review.services.judging.judge", "crm.joint_review.services.tickets.close")),
)  # fmt: skip

# No role carries both of a line: the same table for the policy (tests compare).
NEVER_IN_ONE_ROLE: Final = (
    (_P.MANAGE_STAFF, _P.RESET_FACTORS),
    (_P.MANAGE_STAFF, _P.MANAGE_KEYS),
    (_P.MANAGE_STAFF, _P.VIEW_AUDIT),
    (_P.MANAGE_KEYS, _P.EXPORT_AUDIT),
    (_P.MANAGE_KEYS, _P.VIEW_PATIENTS),
    (_P.MANAGE_STAFF, _P.VIEW_PATIENTS),
    (_P.ASK_RETIREMENT, _P.APPROVE_RETIREMENT),
    (_P.ASK_ERASURE, _P.CONFIRM_ERASURE),
    (_P.BREAK_GLASS, _P.JUDGE_BREAK_GLASS),
    (_P.JUDGE_BREAK_GLASS, _P.LIFT_SUSPENSION),
    (_P.REQUEST_EXPORT, _P.TRACE_EXPORT),
    (_P.RECORD_CONSENT, _P.VIEW_AUDIT),
    (_P.STOP_CONTACT, _P.VIEW_AUDIT),
    (_P.HANDLE_ALERTS, _P.EXPORT_AUDIT),
)


@dataclass(frozen=True, slots=True)
class Breach:
    """One person on both sides of a pair. ``target`` as the trail names things; no patient."""

    pair: str
    person: UUID
    target: str


Check = Callable[[datetime, datetime], list[Breach]]
_checks: dict[str, Check] = {}


def register_check(name: str, check: Check) -> None:
    """Add a search: ``check(since, until)`` gives what happened in this time; in ``ready()``."""
    _checks[name] = check


def breaches(since: datetime, until: datetime) -> list[Breach]:
    """What every check finds, each breach once."""
    found = (one for check in _checks.values() for one in check(since, until))
    return list(dict.fromkeys(found))


def checks() -> list[str]:
    """The names of the searches."""
    return sorted(_checks)


def is_searched(pair: Pair) -> bool:
    """Whether a nightly search looks for the pair."""
    return any(name.partition(":")[0] == pair.code for name in _checks)


def roles_in_conflict() -> list[tuple[str, Permission, Permission]]:
    """Roles that the policy gives both of a line; empty unless somebody changed the policy."""
    return [
        (role, one, other)
        for role, held in ROLE_PERMISSIONS.items()
        for one, other in NEVER_IN_ONE_ROLE
        if one in held and other in held
    ]
