"""Who may do what: one table, default closed (R30, R56), behind the clearance gate (S1, S3).

ADR 0041 holds it against the field groups of the access design, role by role.
"""

from collections.abc import Mapping
from enum import StrEnum

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.actors import Actor


class Role(models.TextChoices):
    """The eleven roles. Nobody holds two; nobody is a superuser."""

    FRONT_DESK = "front_desk", _("Front desk")
    CONSULTANT = "consultant", _("Consultant")
    DOCTOR = "doctor", _("Doctor")
    NURSE = "nurse", _("Nurse")
    FOLLOWUP_AGENT = "followup_agent", _("Follow-up agent")
    FINANCE = "finance", _("Finance")
    MEDICAL_QC = "medical_qc", _("Medical quality control")
    MEDIATION = "mediation", _("Mediation")
    SYSTEM_ADMIN = "system_admin", _("System administrator")
    SECURITY_ADMIN = "security_admin", _("Security administrator")
    AUDITOR = "auditor", _("Auditor")


class Permission(StrEnum):
    """One verb on one kind of record. G0-G10 are the field groups of the access design."""

    VIEW_PATIENTS = "patients.view"  # G0: code and queue
    SEARCH_PATIENTS = "patients.search"
    REGISTER_PATIENT = "patients.register"
    VIEW_HISTORY = "patients.view_history"  # the timeline, with reasons that staff typed
    VIEW_CONTACT = "patients.view_contact"  # G1, masked
    REVEAL_CONTACT = "patients.reveal_contact"  # G1, with reason
    REVEAL_IDENTITY = "patients.reveal_identity"  # G2, with reason
    VIEW_COMPLAINT = "patients.view_chief_complaint"  # G4
    EDIT_CARE_TEAM = "patients.edit_care_team"
    GUARD_PATIENT = "patients.guard"  # keep one to a named care team, or end that
    VIEW_HONEY = "honey.view"  # the invented patients that watch for harvests
    PLANT_HONEY = "honey.plant"
    VIEW_ACCESS_REQUESTS = "access.view"
    ASK_ACCESS = "access.ask"  # to see a patient for a time
    DECIDE_ACCESS = "access.decide"  # as one of the care team, or where it has nobody else
    BREAK_GLASS = "access.break_glass"
    JUDGE_BREAK_GLASS = "access.judge"
    LIFT_SUSPENSION = "access.lift"
    ISSUE_VISIT_CODE = "patients.issue_visit_code"
    MANAGE_ROOMS = "rooms.manage"  # G9
    VIEW_CONSENTS = "consents.view"  # G6
    RECORD_CONSENT = "consents.record"  # ask, and take down a yes
    STOP_CONTACT = "consents.stop"  # take down a no, a withdrawal, a pause: whoever hears it
    VIEW_CONSULTATIONS = "consultations.view"  # G3
    WRITE_CONSULTATION = "consultations.write"
    IMPORT_CONSULTATIONS = "consultations.import"
    VIEW_ESTIMATES = "estimates.view"  # G5
    EDIT_ESTIMATE = "estimates.edit"
    EDIT_PRICES = "prices.edit"
    VIEW_PLANS = "plans.view"
    MANAGE_PLANS = "plans.manage"
    VIEW_MESSAGES = "messages.view"
    SETTLE_MESSAGES = "messages.settle"
    VIEW_AUDIT = "audit.view"  # G8
    VIEW_OWN_AUDIT = "audit.view_own"
    VERIFY_AUDIT = "audit.verify"
    EXPORT_AUDIT = "audit.export"
    ASK_RETIREMENT = "audit.ask_retirement"  # of an archived month
    APPROVE_RETIREMENT = "audit.approve_retirement"
    VIEW_STAFF = "staff.view"
    MANAGE_STAFF = "staff.manage"  # G10: accounts
    END_SESSIONS = "staff.end_sessions"  # G10: everything somebody is signed in with
    RESET_FACTORS = "staff.reset_factors"  # G10: somebody's second factor
    MANAGE_TOKENS = "staff.tokens"
    PUBLISH_POLICIES = "policies.publish"  # G9: what staff sign and read
    VIEW_KEYS = "keys.view"  # numbers and days, never a secret
    MANAGE_KEYS = "keys.manage"
    VIEW_ERASURES = "erasures.view"  # by code
    ASK_ERASURE = "erasures.ask"  # that a patient's keys be destroyed
    CONFIRM_ERASURE = "erasures.confirm"  # as the second person: then they are
    VIEW_INVENTORY = "inventory.view"  # what is held at all: fields, no values
    VIEW_ALERTS = "alerts.view"  # alerts and incidents, by code
    HANDLE_ALERTS = "alerts.handle"
    VIEW_REVIEW = "review.view"  # sheets of the joint review, by code
    JUDGE_REVIEW = "review.judge"  # and sign them, for one's own side
    VIEW_EXPORTS = "exports.view"
    REQUEST_EXPORT = "exports.request"  # of fields that the role sees anyway
    APPROVE_EXPORT = "exports.approve"  # sees what is to leave, never its contents
    TRACE_EXPORT = "exports.trace"  # which export a leaked row came from
    VIEW_SEPARATION = "separation.view"  # of duties: the table, and where it was broken


_P = Permission
_QUEUE = {_P.VIEW_PATIENTS, _P.VIEW_HISTORY, _P.MANAGE_TOKENS}
_ASKING = {_P.VIEW_ACCESS_REQUESTS, _P.ASK_ACCESS}
_EXPORTING = {_P.VIEW_EXPORTS, _P.REQUEST_EXPORT}
_EXPORT_SIDE = {_P.VIEW_EXPORTS, _P.APPROVE_EXPORT}
_CARE = _QUEUE | {_P.SEARCH_PATIENTS, _P.VIEW_CONTACT, _P.VIEW_CONSENTS, _P.STOP_CONTACT}

ROLE_PERMISSIONS: Mapping[str, frozenset[Permission]] = {
    Role.FRONT_DESK: frozenset(
        _CARE
        | {
            _P.REGISTER_PATIENT,
            _P.REVEAL_CONTACT,
            _P.EDIT_CARE_TEAM,
            _P.ISSUE_VISIT_CODE,
            _P.RECORD_CONSENT,
            _P.VIEW_ESTIMATES,
        }
        | _ASKING
    ),
    Role.CONSULTANT: frozenset(
        _CARE
        | _ASKING
        | {
            _P.DECIDE_ACCESS,
            _P.GUARD_PATIENT,
            _P.REVEAL_CONTACT,
            _P.EDIT_CARE_TEAM,
            _P.VIEW_COMPLAINT,
            _P.RECORD_CONSENT,
            _P.VIEW_CONSULTATIONS,
            _P.WRITE_CONSULTATION,
            _P.VIEW_ESTIMATES,
            _P.EDIT_ESTIMATE,
            _P.VIEW_PLANS,
        }
    ),
    Role.DOCTOR: frozenset(
        _CARE
        | _ASKING
        | _EXPORTING
        | {
            _P.DECIDE_ACCESS,
            _P.GUARD_PATIENT,
            _P.BREAK_GLASS,
            _P.REVEAL_IDENTITY,
            _P.EDIT_CARE_TEAM,
            _P.VIEW_COMPLAINT,
            _P.VIEW_CONSULTATIONS,
            _P.WRITE_CONSULTATION,
            _P.VIEW_ESTIMATES,
            _P.EDIT_ESTIMATE,
            _P.VIEW_PLANS,
            _P.MANAGE_PLANS,
        }
    ),
    Role.NURSE: frozenset(
        _CARE
        | _ASKING
        | {
            _P.BREAK_GLASS,
            _P.REVEAL_CONTACT,
            _P.VIEW_COMPLAINT,
            _P.VIEW_CONSULTATIONS,
            _P.VIEW_PLANS,
            _P.MANAGE_PLANS,
            _P.VIEW_MESSAGES,
            _P.SETTLE_MESSAGES,
        }
    ),
    Role.FOLLOWUP_AGENT: frozenset(
        _CARE | _ASKING | {_P.VIEW_PLANS, _P.MANAGE_PLANS, _P.VIEW_MESSAGES, _P.SETTLE_MESSAGES}
    ),
    Role.FINANCE: frozenset(
        _QUEUE
        | _EXPORTING
        | _ASKING
        | {
            _P.SEARCH_PATIENTS,
            _P.VIEW_CONTACT,
            _P.REVEAL_IDENTITY,
            _P.VIEW_ESTIMATES,
            _P.EDIT_ESTIMATE,
            _P.EDIT_PRICES,
        }
    ),
    Role.MEDICAL_QC: frozenset(
        _QUEUE
        | _EXPORTING
        | _EXPORT_SIDE
        | {
            _P.VIEW_ACCESS_REQUESTS,
            _P.ASK_ACCESS,
            _P.DECIDE_ACCESS,
            _P.GUARD_PATIENT,
            _P.JUDGE_BREAK_GLASS,
            _P.VIEW_CONTACT,
            _P.VIEW_COMPLAINT,
            _P.VIEW_CONSULTATIONS,
            _P.VIEW_CONSENTS,
            _P.VIEW_MESSAGES,
            _P.VIEW_AUDIT,
            _P.VERIFY_AUDIT,
            _P.VIEW_REVIEW,
            _P.JUDGE_REVIEW,
            _P.VIEW_ERASURES,
            _P.CONFIRM_ERASURE,
        }
    ),
    Role.MEDIATION: frozenset(
        _QUEUE
        | _ASKING
        | {
            _P.VIEW_CONTACT,
            _P.REVEAL_CONTACT,
            _P.REVEAL_IDENTITY,
            _P.VIEW_CONSULTATIONS,
            _P.VIEW_CONSENTS,
            _P.VIEW_ESTIMATES,
        }
    ),
    Role.SYSTEM_ADMIN: frozenset(
        {
            _P.VIEW_STAFF,
            _P.MANAGE_STAFF,
            _P.MANAGE_ROOMS,
            _P.VIEW_OWN_AUDIT,
            _P.MANAGE_TOKENS,
            _P.IMPORT_CONSULTATIONS,
        }
    ),
    Role.SECURITY_ADMIN: frozenset(
        _EXPORT_SIDE
        | {
            _P.TRACE_EXPORT,
            _P.VIEW_STAFF,
            _P.END_SESSIONS,
            _P.RESET_FACTORS,
            _P.VIEW_ACCESS_REQUESTS,
            _P.LIFT_SUSPENSION,
            _P.VIEW_AUDIT,
            _P.ASK_RETIREMENT,
            _P.VERIFY_AUDIT,
            _P.MANAGE_TOKENS,
            _P.VIEW_KEYS,
            _P.MANAGE_KEYS,
            _P.VIEW_ERASURES,
            _P.ASK_ERASURE,
            _P.VIEW_INVENTORY,
            _P.VIEW_ALERTS,
            _P.HANDLE_ALERTS,
            _P.VIEW_REVIEW,
            _P.JUDGE_REVIEW,
            _P.VIEW_HONEY,
            _P.PLANT_HONEY,
            _P.VIEW_SEPARATION,
            _P.PUBLISH_POLICIES,
        }
    ),
    Role.AUDITOR: frozenset(
        _EXPORT_SIDE
        | {
            _P.VIEW_AUDIT,
            _P.VERIFY_AUDIT,
            _P.EXPORT_AUDIT,
            _P.APPROVE_RETIREMENT,
            _P.VIEW_KEYS,
            _P.VIEW_ERASURES,
            _P.VIEW_STAFF,
            _P.MANAGE_TOKENS,
            _P.VIEW_INVENTORY,
            _P.VIEW_ALERTS,
            _P.VIEW_REVIEW,
            _P.VIEW_HONEY,
            _P.VIEW_SEPARATION,
        }
    ),
}

# Who receives everybody, and so works with the whole clinic's patients; the others see those they
# care for, and those whom their work is about as the rooms that keep the records say (ADR 0037).
CLINIC_WIDE = frozenset({Role.FRONT_DESK})

# Roles that care for nobody: of a patient they see what an approved request opens, for its time and
# to look only, whatever care team names them (ADR 0041).
BY_REQUEST_ONLY = frozenset({Role.MEDIATION})

# Roles whose reveals stop at today's patients: the desk knows people by their visits (G1).
REVEALS_TODAY_ONLY = frozenset({Role.FRONT_DESK})


# What somebody without clearance keeps (S3): codes and queue (G0), the own account, and
# administration that needs no patient data. Whatever is not named here closes.
WITHOUT_CLEARANCE = frozenset(
    {
        _P.VIEW_PATIENTS,
        _P.ISSUE_VISIT_CODE,
        _P.MANAGE_ROOMS,
        _P.MANAGE_TOKENS,
        _P.VIEW_OWN_AUDIT,
        _P.VERIFY_AUDIT,
        _P.VIEW_STAFF,
        _P.MANAGE_STAFF,
        _P.END_SESSIONS,
        _P.RESET_FACTORS,
        _P.VIEW_KEYS,
        _P.MANAGE_KEYS,
        _P.PUBLISH_POLICIES,
    }
)


def can(actor: Actor, permission: Permission) -> bool:
    """Whether the actor may: the account is active, the role carries it, the gate is open for it.

    Every door, mask and panel asks here, so the gate stands here and nowhere else (ADR 0019). It
    reads what came with the account: no query.
    """
    return _role_carries(actor, permission) and (
        permission in WITHOUT_CLEARANCE or is_cleared(actor)
    )


def is_cleared(actor: Actor) -> bool:
    """Whether the actor is cleared on this clinic day; ``cleared_until`` is the last such day."""
    return actor.cleared_until is not None and timezone.localdate() <= actor.cleared_until


def waits_for_clearance(actor: Actor, permission: Permission) -> bool:
    """Whether it is the missing clearance alone that keeps the actor from it."""
    return _role_carries(actor, permission) and not can(actor, permission)


def _role_carries(actor: Actor, permission: Permission) -> bool:
    return actor.is_active and permission in ROLE_PERMISSIONS.get(actor.role, frozenset())


def roles_with(permission: Permission) -> frozenset[str]:
    """All roles that carry the permission: for the matrix of tests and the docs."""
    return frozenset(role for role, held in ROLE_PERMISSIONS.items() if permission in held)
