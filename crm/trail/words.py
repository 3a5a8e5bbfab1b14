"""What purposes and reasons are called on the console: one table over the codes of all features."""

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.access_requests.models import AccessRequest
from crm.access_requests.services.breaking import SUSPENDED, UNJUDGED
from crm.messaging.models import Reason
from crm.patients.models import PatientGuard
from crm.patients.services.revealing import NOT_OF_TODAY
from crm.patients.services.writing import ONLY_LOOKS, RESTRICTED
from crm.patients.team_models import CareTeamMember
from crm.patients.words import (
    ID_PURPOSES,
    OFF_HOURS_PURPOSES,
    RESTRICTION_GROUNDS,
    REVEAL_PURPOSES,
    SET_ASIDE_REASONS,
)
from crm.staff.networks import OUTSIDE
from crm.web.refusals import NO_PAGE_SENDS
from followup.plans.models import Plan
from privacy.access.caps import CAP_REACHED
from privacy.access.policy import Permission
from privacy.consent.models import Purpose
from privacy.custody.erasure import REASON_CHOICES
from privacy.exports.models import Export
from privacy.exports.rules import Objection

Words = str | Promise


def _labels(choices: Iterable[tuple[str, Words]]) -> dict[str, Words]:
    return dict(choices)


# What somebody would have needed who was refused.
NEEDED: Final[Mapping[str, Words]] = {
    Permission.VIEW_PATIENTS: _("needs: see patients"),
    Permission.VIEW_HISTORY: _("needs: see what happened to a patient"),
    Permission.SEARCH_PATIENTS: _("needs: search patients"),
    Permission.REGISTER_PATIENT: _("needs: register patients"),
    Permission.VIEW_CONTACT: _("needs: see masked contact data"),
    Permission.REVEAL_CONTACT: _("needs: see a phone in plain text"),
    Permission.REVEAL_IDENTITY: _("needs: see an ID number in plain text"),
    Permission.VIEW_COMPLAINT: _("needs: see the chief complaint"),
    Permission.EDIT_CARE_TEAM: _("needs: change the care team"),
    Permission.GUARD_PATIENT: _("needs: guard patients"),
    Permission.VIEW_HONEY: _("needs: see the honey records"),
    Permission.PLANT_HONEY: _("needs: plant honey records"),
    Permission.VIEW_ACCESS_REQUESTS: _("needs: see access requests"),
    Permission.ASK_ACCESS: _("needs: ask to see a patient"),
    Permission.DECIDE_ACCESS: _("needs: decide on access requests"),
    Permission.BREAK_GLASS: _("needs: break the glass"),
    Permission.JUDGE_BREAK_GLASS: _("needs: judge break-glass"),
    Permission.LIFT_SUSPENSION: _("needs: give back break-glass"),
    Permission.ISSUE_VISIT_CODE: _("needs: receive patients"),
    Permission.MANAGE_ROOMS: _("needs: set up rooms"),
    Permission.VIEW_CONSENTS: _("needs: see consents"),
    Permission.RECORD_CONSENT: _("needs: record consents"),
    Permission.STOP_CONTACT: _("needs: take down a no or a withdrawal"),
    Permission.VIEW_CONSULTATIONS: _("needs: read consultations"),
    Permission.WRITE_CONSULTATION: _("needs: write consultations"),
    Permission.IMPORT_CONSULTATIONS: _("needs: import consultations"),
    Permission.VIEW_ESTIMATES: _("needs: see estimates"),
    Permission.EDIT_ESTIMATE: _("needs: draw up estimates"),
    Permission.EDIT_PRICES: _("needs: change prices"),
    Permission.VIEW_PLANS: _("needs: see follow-up"),
    Permission.MANAGE_PLANS: _("needs: arrange follow-up"),
    Permission.VIEW_MESSAGES: _("needs: see messages"),
    Permission.SETTLE_MESSAGES: _("needs: settle messages"),
    Permission.VIEW_AUDIT: _("needs: read the audit trail"),
    Permission.VIEW_OWN_AUDIT: _("needs: read the own trail"),
    Permission.VERIFY_AUDIT: _("needs: verify the audit trail"),
    Permission.EXPORT_AUDIT: _("needs: export the audit trail"),
    Permission.ASK_RETIREMENT: _("needs: ask to drop a month of the trail"),
    Permission.APPROVE_RETIREMENT: _("needs: agree to drop a month of the trail"),
    Permission.VIEW_STAFF: _("needs: see staff"),
    Permission.MANAGE_STAFF: _("needs: manage accounts"),
    Permission.MANAGE_TOKENS: _("needs: manage own API tokens"),
    Permission.END_SESSIONS: _("needs: end somebody's sessions"),
    Permission.RESET_FACTORS: _("needs: reset a second factor"),
    Permission.PUBLISH_POLICIES: _("needs: publish policies"),
    Permission.VIEW_KEYS: _("needs: see the keys"),
    Permission.MANAGE_KEYS: _("needs: change keys"),
    Permission.VIEW_ERASURES: _("needs: see erasures"),
    Permission.ASK_ERASURE: _("needs: ask to erase a patient's data"),
    Permission.CONFIRM_ERASURE: _("needs: confirm erasures"),
    Permission.VIEW_INVENTORY: _("needs: see the data inventory"),
    Permission.VIEW_ALERTS: _("needs: see alerts and incidents"),
    Permission.VIEW_SEPARATION: _("needs: see the separation of duties"),
    Permission.HANDLE_ALERTS: _("needs: handle alerts and incidents"),
    Permission.VIEW_REVIEW: _("needs: see the joint review"),
    Permission.JUDGE_REVIEW: _("needs: review events and sign for one side"),
    Permission.VIEW_EXPORTS: _("needs: see exports"),
    Permission.REQUEST_EXPORT: _("needs: ask for exports"),
    Permission.APPROVE_EXPORT: _("needs: agree to exports"),
    Permission.TRACE_EXPORT: _("needs: trace exports"),
}

# By action, else by its first part: the same code may mean another thing elsewhere.
WORDS: Final[Mapping[str, Mapping[str, Words]]] = {
    "access": {
        **NEEDED,
        NOT_OF_TODAY: _("not one of today's patients"),
        ONLY_LOOKS: _("sees the patient for a time, to look only"),
        RESTRICTED: _("the record is restricted"),
        SUSPENDED: _("break-glass is suspended"),
        UNJUDGED: _("an earlier use of break-glass is not judged"),
        CAP_REACHED: _("the cap is reached"),
        NO_PAGE_SENDS: _("no page sends this"),
        OUTSIDE: _("from an address that is not listed"),
        "own_event": _("nobody reviews their own doings"),
        Objection.OWN: _("the own export"),
        Objection.RECIPIENT: _("is the recipient"),
        Objection.SAME_SIDE: _("of the asker's side"),
        Objection.NO_SIDE: _("of a side without a say"),
        Objection.GIVEN: _("that side has agreed already"),
        Objection.IN_LINE: _("superior or subordinate"),
    },
    "access_request": _labels(AccessRequest.Purpose.choices),
    "erasure": _labels(REASON_CHOICES),
    "export": _labels(Export.Purpose.choices),
    "keys": _labels(REASON_CHOICES),
    "consent": _labels(Purpose.choices),
    "message": {**_labels(Purpose.choices), **_labels(Reason.choices)},
    "patient.guarded": _labels(PatientGuard.Kind.choices),
    "patient.guard_kept": _labels(PatientGuard.Kind.choices),
    "patient.guard_lift_asked": _labels(PatientGuard.Kind.choices),
    "patient.guard_lifted": _labels(PatientGuard.Kind.choices),
    "patient.joined_at_desk": _labels(CareTeamMember.Reason.choices),
    "patient.joined_team": _labels(CareTeamMember.Reason.choices),
    "patient.off_hours": OFF_HOURS_PURPOSES,
    "patient.registered": ID_PURPOSES,
    "patient.revealed": REVEAL_PURPOSES,
    "patient.set_aside": SET_ASIDE_REASONS,
    "plan": _labels(Plan.Reason.choices),
    "restriction": RESTRICTION_GROUNDS,
}


def spoken(action: str, text: str) -> Words:
    """The words for a purpose or reason of an action; what somebody typed stays as it is."""
    table = WORDS.get(action) or WORDS.get(action.partition(".")[0], {})
    return table.get(text, text) if text else ""
